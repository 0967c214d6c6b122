// Bundles each side into one file under dist/. Native addons cannot be bundled: their folders ship beside the bundle.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const ENTRIES = [
  ['agent/cli.ts', 'dist/agent/agent.mjs'],
  ['agent/platform/portable/links-child.ts', 'dist/agent/links-child.mjs'],
  ['agent/platform/portable/passport-child.ts', 'dist/agent/passport-child.mjs'],
  ['collector/cli.ts', 'dist/collector/collector.mjs'],
]
// CommonJS packages inside an ESM bundle still call require.
const BANNER = `import { createRequire as shoumiRequire } from 'node:module'
import { dirname as shoumiDirname } from 'node:path'
import { fileURLToPath as shoumiPath } from 'node:url'
const require = shoumiRequire(import.meta.url)
const __filename = shoumiPath(import.meta.url)
const __dirname = shoumiDirname(__filename)`

for (const [entry, outfile] of ENTRIES) {
  if (!existsSync(`${ROOT}${entry}`)) {
    console.log(`build: ${entry} is not there yet, skipped`)
    continue
  }
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    external: ['koffi', '@koromix/*', '@node-usb/*'],
    banner: { js: BANNER },
    legalComments: 'linked',
    metafile: true,
    logLevel: 'warning',
  })
  const sizeBytes = metafile.outputs[outfile]?.bytes ?? 0
  console.log(`build: ${outfile} (${(sizeBytes / 1024).toFixed(0)} KiB)`)
}
