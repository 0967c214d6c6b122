// Bundles each side into a folder under dist/. Native addons cannot be bundled: their folders ship beside the bundle.
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** What a command does not need lies in a file of its own, so that it is not read: `--help` answers at once. */
const SIDES = [
  {
    outdir: 'dist/agent',
    entryPoints: {
      agent: 'agent/cli.ts',
      'links-child': 'agent/platform/portable/links-child.ts',
      'passport-child': 'agent/platform/portable/passport-child.ts',
    },
  },
  { outdir: 'dist/collector', entryPoints: { collector: 'collector/cli.ts' } },
]
// CommonJS packages inside an ESM bundle still call require.
const BANNER = `import { createRequire as shoumiRequire } from 'node:module'
import { dirname as shoumiDirname } from 'node:path'
import { fileURLToPath as shoumiPath } from 'node:url'
const require = shoumiRequire(import.meta.url)
const __filename = shoumiPath(import.meta.url)
const __dirname = shoumiDirname(__filename)`

for (const { outdir, entryPoints } of SIDES) {
  rmSync(`${ROOT}${outdir}`, { recursive: true, force: true })
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints,
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    external: ['koffi', '@koromix/*', '@node-usb/*'],
    banner: { js: BANNER },
    legalComments: 'linked',
    metafile: true,
    logLevel: 'warning',
  })
  const sizes = Object.values(metafile.outputs).map(({ bytes }) => bytes)
  const allBytes = sizes.reduce((sum, bytes) => sum + bytes, 0)
  console.log(`build: ${outdir} (${(allBytes / 1024).toFixed(0)} KiB in ${sizes.length} files)`)
}
