// `npm run check`: everything that reads the code without running it. All of it is run, then all faults are shown.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const ROOMS = ['agent', 'base', 'collector', 'shared', 'test'].filter((room) => existsSync(`${ROOT}${room}`))
const AT_ONCE = 2

const steps = [
  ['types', 'tsc', ['--noEmit']],
  ['types of the console', 'tsc', ['--noEmit', '-p', 'collector/console'], 'collector/console/main.tsx'],
  ['types of the browser tests', 'tsc', ['--noEmit', '-p', 'test/browser'], 'test/browser/console.test.ts'],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['format', 'oxfmt', ['--check']],
  ['walls', 'depcruise', ['--config', '.dependency-cruiser.mjs', ...ROOMS]],
  ['unused', 'knip', ['--no-progress']],
  ['house', 'node', ['scripts/house.mjs']],
]

function run([name, command, args, needs]) {
  if (needs && !existsSync(`${ROOT}${needs}`)) {
    console.log(`check: ${name} skipped, ${needs} is not there yet`)
    return Promise.resolve(true)
  }
  const started = Date.now()
  const child = spawn(command, args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  })
  const output = []
  child.stdout.on('data', (chunk) => output.push(chunk))
  child.stderr.on('data', (chunk) => output.push(chunk))
  return new Promise((resolve) => {
    child.on('error', (error) => output.push(Buffer.from(`${error.message}: run \`npm run set-up\` first\n`)))
    child.on('close', (code) => {
      const seconds = ((Date.now() - started) / 1000).toFixed(1)
      console.log(`check: ${name} ${code === 0 ? 'well' : 'FAILED'} (${seconds} s)`)
      if (code !== 0) process.stdout.write(Buffer.concat(output))
      resolve(code === 0)
    })
  })
}

const waiting = [...steps]
const results = []
async function worker() {
  for (let step = waiting.shift(); step; step = waiting.shift()) results.push(await run(step))
}
await Promise.all(Array.from({ length: AT_ONCE }, worker))
if (results.includes(false)) process.exitCode = 1
