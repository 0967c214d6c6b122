/** What `--help` writes out, so that it loads nothing, is what the commands take. */
import { expect, test } from 'vitest'
import { program } from '#collector/commands/program.ts'
import { tokenCreate } from '#collector/commands/token.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { levels, networkKinds } from '#shared/vocabulary/levels.ts'

const usageOf = (name: string): string => program.commands.find((each) => each.name === name)?.usage ?? ''

test.for(program.commands.map(({ name }) => name))('%s says how it is typed, then what it does', (name) => {
  expect(usageOf(name).split('\n')[0]).toMatch(new RegExp(`^shoumi-collector ${name}( |$)`))
})

test('token create names the levels, the network kinds and the bounds', async () => {
  const usage = usageOf('token create')
  expect(usage).toContain(levels.join(', '))
  expect(usage).toContain(networkKinds.join(', '))

  const silent = () => undefined
  const io = { clock: systemClock, user: 'test', pagesDir: '', out: silent, err: silent, onHangUp: silent }
  const [, uses = '', days = ''] = /at most (\d+) \(.*at most (\d+)d/s.exec(usage) ?? []
  const refusal = (...more: string[]): Promise<number> =>
    tokenCreate(['--department', 'D', '--level', 'internal', ...more], io, new AbortController().signal)
  await expect(refusal('--uses', 'many')).rejects.toThrow(`from 1 to ${uses}.`)
  await expect(refusal('--expires', 'never')).rejects.toThrow(`at most ${days}d.`)
})
