// Makes a fresh clone ready; every npm script calls it first. Runs on Node 20 as well as on the 24 that it installs.
// Once installed it needs no network: `npm ci` runs only when package-lock.json is another than the one installed.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const INSTALLED = join(ROOT, 'node_modules/.shoumi-lock')
const CONSOLE = join(ROOT, 'collector/console')
const BUILT = join(ROOT, 'dist/console/.shoumi-source')
const WINDOWS = process.platform === 'win32'

const started = Date.now()
const say = (line) => console.log(`set-up [${((Date.now() - started) / 1000).toFixed(1)} s] ${line}`)
const stop = (line) => {
  console.error(`set-up: ${line}`)
  process.exit(1)
}
const remembered = (file) => (existsSync(file) ? readFileSync(file, 'utf8').trim() : '')
const run = (command, args, env) =>
  spawnSync(command, args, { cwd: ROOT, env, stdio: 'inherit', shell: WINDOWS }).status === 0

function hashOf(files) {
  const hash = createHash('sha256')
  for (const file of files)
    hash
      .update(`${file.slice(ROOT.length)}\0`)
      .update(readFileSync(file))
      .update('\0')
  return hash.digest('hex')
}

/** Sorted, so that the hash does not hang on the order of the directory. */
function filesUnder(directory) {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .toSorted()
}

/** What an outer npm hands down of its own settings would change what the inner one installs (`--omit`, `--global`, …). */
function withoutNpm(environment) {
  const meansOf = /^npm_config_(cache|registry|https?_proxy|proxy|noproxy|cafile|userconfig|globalconfig)$/i
  const kept = Object.entries(environment).filter(([name]) => !/^npm_/i.test(name) || meansOf.test(name))
  const { NODE_ENV: _, ...rest } = Object.fromEntries(kept)
  return rest
}

function install() {
  const wanted = hashOf([join(ROOT, 'package-lock.json')])
  if (remembered(INSTALLED) === wanted) return
  say('installing the packages of package-lock.json (about a minute, needs the network) …')
  const arguments_ = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  if (!run('npm', arguments_, withoutNpm(process.env)))
    stop('`npm ci` failed; its reason stands above. Check the network and run the same command again.')
  writeFileSync(INSTALLED, `${wanted}\n`)
  say('packages installed')
}

/** Every npm script runs on this Node, because npm puts node_modules/.bin first on PATH. */
function checkNode() {
  const node = join(ROOT, 'node_modules/.bin', WINDOWS ? 'node.cmd' : 'node')
  let version
  try {
    version = execFileSync(node, ['-v'], { encoding: 'utf8', shell: WINDOWS }).trim()
  } catch {
    version = 'missing'
  }
  if (version.startsWith('v24.')) return
  stop(
    `node_modules/.bin/node is ${version}, not v24: delete node_modules and run again; it comes from node-${process.platform}-${process.arch}, which npm must not omit as optional.`,
  )
}

function buildConsole() {
  if (!existsSync(join(CONSOLE, 'index.html')))
    return say('collector/console/index.html is not there yet: no console built')
  const others = ['package-lock.json', 'vite.config.ts', 'tsconfig.json'].map((name) => join(ROOT, name))
  const wanted = hashOf([...filesUnder(CONSOLE), ...filesUnder(join(ROOT, 'shared')), ...others])
  if (remembered(BUILT) === wanted) return
  say('building the console into dist/console …')
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js')
  const node = join(ROOT, 'node_modules/.bin', WINDOWS ? 'node.cmd' : 'node')
  if (!run(node, [vite, 'build', '--logLevel', 'warn'], withoutNpm(process.env)))
    stop('the console did not build; the reason stands above.')
  mkdirSync(join(ROOT, 'dist/console'), { recursive: true })
  writeFileSync(BUILT, `${wanted}\n`)
  say('console built')
}

install()
checkNode()
if (process.argv.includes('--console')) buildConsole()
