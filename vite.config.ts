import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const OUT = join(import.meta.dirname, 'dist/console')

/** Beside every script and style lie its compressed forms, which the collector sends (collector/api/pages.ts): compressed once,
 *  as hard as can be, and not with every request. */
const compressed = (): Plugin => ({
  name: 'compressed',
  apply: 'build',
  async closeBundle() {
    const assets = join(OUT, 'assets')
    for (const name of await readdir(assets)) {
      if (!/\.(js|css|svg)$/.test(name)) continue
      const file = join(assets, name)
      const bytes = await readFile(file)
      const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY }
      await writeFile(`${file}.br`, await promisify(brotliCompress)(bytes, { params }))
      await writeFile(`${file}.gz`, await promisify(gzip)(bytes, { level: 9 }))
    }
  },
})

// The web console; `scripts/set-up.mjs --console` builds it, the collector serves dist/console.
export default defineConfig({
  root: 'collector/console',
  plugins: [react(), compressed()],
  // The collector puts a nonce of its own into every page that it serves (collector/api/pages.ts).
  html: { cspNonce: 'shoumi-nonce' },
  build: { outDir: OUT, emptyOutDir: true, chunkSizeWarningLimit: 4_000 },
})
