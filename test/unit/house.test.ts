/** The limits of the house (scripts/house.mjs), each broken once. What imports may not reach is walls.test.ts. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const HOUSE = fileURLToPath(new URL('../../scripts/house.mjs', import.meta.url))
const lock = (entry: object): string => JSON.stringify({ packages: { 'node_modules/a': entry } })

function houseOf(files: Readonly<Record<string, string>>): { code: number | null; faults: string[] } {
  const root = `${mkdtempSync(join(tmpdir(), 'shoumi-house-'))}/`
  try {
    spawnSync('git', ['init', '--quiet'], { cwd: root })
    for (const [file, text] of Object.entries({ 'package-lock.json': lock({ version: '1' }), ...files })) {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), text)
    }
    const { status, stderr } = spawnSync(process.execPath, [HOUSE, root], { encoding: 'utf8' })
    return { code: status, faults: stderr.split('\n').filter(Boolean) }
  } finally {
    rmSync(root, { recursive: true })
  }
}

test.for([
  ['agent/long.ts', '\n'.repeat(401), '401 lines, more than 400; split it by idea'],
  ['collector/forced.ts', 'export const a = b as any\n', 'a type is forced'],
  ['shared/forced.ts', '// @ts-ignore\n', 'a type is forced'],
  ['base/forced.ts', '// @ts-expect-error\n', 'a type is forced'],
  ['test/independent/leans.ts', "import '#shared/event/event.ts'\n", 'leans on the product'],
  ['agent/script.mjs', '', 'JavaScript lives in scripts/ alone'],
  ['collector/utils.ts', '', 'a file is one named idea'],
  ['package-lock.json', lock({ resolved: 'https://mirror.example/a.tgz' }), 'node_modules/a names a registry'],
] as const)('%s is not taken', ([file, text, fault]) => {
  expect(houseOf({ [file]: text })).toEqual({ code: 1, faults: [`house: ${file}: ${fault}`] })
})

test('what keeps them is taken', () => {
  expect(houseOf({ 'agent/long.ts': '\n'.repeat(400), 'scripts/chore.mjs': '' })).toEqual({ code: 0, faults: [] })
})
