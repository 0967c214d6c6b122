import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FIXTURE = `${ROOT}test/fixtures/walls`

interface Report {
  summary: { totalCruised: number; violations: { rule: { name: string }; from: string }[] }
}

/** The command that `npm run check` runs, over a tree whose files are named after the wall they break. */
async function cruise(): Promise<Report['summary']> {
  const cruiser = `${ROOT}node_modules/dependency-cruiser/bin/dependency-cruiser.mjs`
  const args = [
    '--config',
    `${ROOT}.dependency-cruiser.mjs`,
    '--output-type',
    'json',
    'agent',
    'base',
    'collector',
    'shared',
    'test',
  ]
  const { stdout } = await promisify(execFile)(process.execPath, [cruiser, ...args], {
    cwd: FIXTURE,
    maxBuffer: 64 << 20,
  })
  return (JSON.parse(stdout) as Report).summary
}

async function wallNames(): Promise<string[]> {
  const config = (await import(`${ROOT}.dependency-cruiser.mjs`)) as { default: { forbidden: { name: string }[] } }
  return config.default.forbidden.map((wall) => wall.name).toSorted()
}

test('every wall can be hit, and the file that breaks it is named', async () => {
  const { violations } = await cruise()
  const walls = await wallNames()
  expect([...new Set(violations.map(({ rule }) => rule.name))].toSorted()).toEqual(walls)
  const unnamed = walls.filter(
    (name) => !violations.some((v) => v.rule.name === name && v.from.endsWith(`/${name}.ts`)),
  )
  expect(unnamed).toEqual([])
  expect(violations.filter(({ from }) => from.endsWith('/allowed.ts'))).toEqual([])

  // `base`: only the two programs lean on it, and it on nothing.
  const leaning = violations.filter(({ from }) => /\/leans-on-[a-z-]+\.ts$/.test(from))
  expect(leaning.map(({ rule, from }) => `${rule.name}: ${from.slice(0, from.lastIndexOf('/'))}`).toSorted()).toEqual([
    'base-is-a-leaf: base',
    'console-knows-only-the-api: collector/console',
    'correlate-is-pure: collector/incidents/correlate',
    'independent-leans-on-nothing: test/independent',
    'media-is-pure: agent/media',
    'shared-is-a-leaf: shared',
  ])
})
