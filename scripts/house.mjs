// The limits of the house that no other tool checks: small rooms, types not forced, nothing of this machine committed.
// test/unit/house.test.ts breaks every one of them once, in a folder that it gives as the argument.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url))
const MOST_LINES = 400
const MANY_LINES = 250

// Also what is not yet added: the fault is best seen before the commit.
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file && existsSync(`${ROOT}${file}`))
const sources = tracked.filter((file) => /^(agent|base|collector|shared)\/.*\.tsx?$/.test(file))
const textOf = (file) => readFileSync(`${ROOT}${file}`, 'utf8')

const faults = []
let lines = 0
let many = 0
for (const file of sources) {
  const text = textOf(file)
  const count = text.split('\n').length - 1
  lines += count
  if (count > MANY_LINES) many += 1
  if (count > MOST_LINES) faults.push(`${file}: ${count} lines, more than ${MOST_LINES}; split it by idea`)
  if (/as any|@ts-ignore|@ts-expect-error/.test(text)) faults.push(`${file}: a type is forced`)
}
for (const file of tracked.filter((name) => name.startsWith('test/independent/'))) {
  if (/#(agent|base|collector|shared)\/|\.\.\/\.\.\/(agent|base|collector|shared)\//.test(textOf(file)))
    faults.push(`${file}: leans on the product`)
}
for (const file of tracked.filter((name) => /\.[cm]?jsx?$/.test(name))) {
  if (!/^scripts\/[^/]+\.mjs$|^\.[^/]+\.mjs$|^install-scripts\/|^test\/fixtures\//.test(file))
    faults.push(`${file}: JavaScript lives in scripts/ alone`)
}
for (const file of tracked.filter(
  (name) => /(^|\/)(utils|helpers|common|index)\.tsx?$/.test(name) && !name.startsWith('test/fixtures/'),
))
  faults.push(`${file}: a file is one named idea`)
const lock = JSON.parse(textOf('package-lock.json'))
for (const [place, entry] of Object.entries(lock.packages))
  if (entry.resolved) faults.push(`package-lock.json: ${place} names a registry`)

for (const fault of faults) console.error(`house: ${fault}`)
console.log(`house: ${sources.length} files, ${lines} lines, ${many} over ${MANY_LINES}`)
if (faults.length > 0) process.exitCode = 1
