import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// The web console; `scripts/set-up.mjs --console` builds it, the collector serves dist/console.
export default defineConfig({
  root: 'collector/console',
  plugins: [react()],
  // The collector puts a nonce of its own into every page that it serves (collector/api/pages.ts).
  html: { cspNonce: 'shoumi-nonce' },
  build: { outDir: '../../dist/console', emptyOutDir: true, chunkSizeWarningLimit: 4_000 },
})
