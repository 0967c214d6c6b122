import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// The web console; `scripts/set-up.mjs --console` builds it, the collector serves dist/console.
export default defineConfig({
  root: 'collector/console',
  plugins: [react()],
  build: { outDir: '../../dist/console', emptyOutDir: true, chunkSizeWarningLimit: 4_000 },
})
