// Adds to package-lock.json the optional packages of other platforms that the registry in use did not offer, so that
// `npm ci` accepts the file. docs/decisions/0001-lockfile.md says why. Run it after every change of a dependency.
import { readFileSync, writeFileSync } from 'node:fs'

const FILE = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(FILE, 'utf8'))
const packages = lock.packages

const SYSTEMS = {
  win32: 'win32',
  windows: 'win32',
  darwin: 'darwin',
  macos: 'darwin',
  linux: 'linux',
  linuxmusl: 'linux',
  android: 'android',
  freebsd: 'freebsd',
  openbsd: 'openbsd',
  netbsd: 'netbsd',
  openharmony: 'openharmony',
  sunos: 'sunos',
  aix: 'aix',
}
const PROCESSORS = {
  x64: 'x64',
  arm64: 'arm64',
  ia32: 'ia32',
  arm: 'arm',
  armv7: 'arm',
  ppc64: 'ppc64',
  s390x: 's390x',
  riscv64: 'riscv64',
  loong64: 'loong64',
  wasm32: 'wasm32',
  mips64el: 'mips64el',
}

/** `npm` skips an optional package by these fields, before it asks the registry for it. */
function platformOf(name) {
  const words = name.slice(name.indexOf('/') + 1).split('-')
  const system = words.map((word) => SYSTEMS[word]).find(Boolean)
  const processor = words.map((word) => PROCESSORS[word]).find(Boolean)
  const found = {}
  if (processor) found.cpu = [processor]
  if (system) found.os = [system]
  if (/musl/.test(name)) found.libc = ['musl']
  else if (system === 'linux' && /-gnu/.test(name)) found.libc = ['glibc']
  return found
}

/** Where Node would look for `name` from the package at `place`: its own node_modules, then each one above. */
function isLocked(place, name) {
  for (let at = place; ; at = at.slice(0, at.lastIndexOf('/node_modules/'))) {
    if (packages[`${at}/node_modules/${name}`]) return true
    if (!at.includes('/node_modules/')) return Boolean(packages[`node_modules/${name}`])
  }
}

const added = []
for (const [place, entry] of Object.entries(packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(place, name)) continue
    const platform = platformOf(name)
    if (!platform.cpu && !platform.os) {
      console.error(`complete-lockfile: ${name} (wanted by ${place}) names no platform; decide by hand`)
      process.exitCode = 1
      continue
    }
    const version = range.replace(/^[~^=]+/, '')
    packages[`node_modules/${name}`] = {
      version,
      ...(platform.cpu && { cpu: platform.cpu }),
      ...(entry.dev && { dev: true }),
      ...(platform.libc && { libc: platform.libc }),
      optional: true,
      ...(platform.os && { os: platform.os }),
    }
    added.push(`${name}@${version}`)
  }
}

const sorted = Object.fromEntries(Object.entries(packages).toSorted(([a], [b]) => a.localeCompare(b, 'en')))
if (added.length > 0) writeFileSync(FILE, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`)
console.log(`complete-lockfile: ${added.length} optional packages of other platforms added`)
for (const one of added) console.log(`  ${one}`)
