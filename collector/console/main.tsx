/** The console's entry. */
import { createRoot } from 'react-dom/client'
import { App } from './pages/app.tsx'
import { styleWithNonce } from './parts/nonce.ts'
import './style.css'

styleWithNonce(document)

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root.')
createRoot(root).render(<App />)
