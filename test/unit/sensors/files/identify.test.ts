import { expect, test } from 'vitest'
import type { Hashed } from '#agent/content/hash.ts'
import { identifier, type IdentifierDependencies } from '#agent/sensors/files/identify.ts'
import { manualClock } from '../../../support/manual-clock.ts'
import { eventually } from '../../../support/eventually.ts'

const expected = { sizeBytes: 1, mtimeMs: 1, dev: 1, ino: 1 }

function start(more: Partial<IdentifierDependencies> = {}) {
  const clock = manualClock()
  const stop = new AbortController()
  const gone = new AbortController()
  const asked: string[] = []
  const answers: [string, unknown][] = []
  const hash = async (path: string): Promise<Hashed> => (asked.push(path), { sha256: path })
  const told = (): Promise<void> => Promise.resolve()
  const identify = identifier({ hash, clock, told, isCrowded: () => false, signal: stop.signal, ...more })
  const add = (path: string): void =>
    identify.add({ path, expected, gone: gone.signal, answer: (answer) => answers.push([path, answer]) })
  return { clock, stop, gone, asked, answers, add, running: identify.run() }
}
const answered = (answers: unknown[], count: number): Promise<void> =>
  eventually(() => expect(answers).toHaveLength(count))

test('what does not fit is answered at once, all else once and in order', async () => {
  const { add, answers } = start({ maxWaiting: 2 })
  for (const path of ['a', 'b', 'c']) add(path)
  expect(answers).toEqual([['c', { why: 'too-many' }]])
  await answered(answers, 3)
  add('d')
  await answered(answers, 4)
  expect(answers.slice(1)).toEqual(['a', 'b', 'd'].map((path) => [path, { sha256: path }]))
})

test('hashing waits for a crowd to pass, but not for ever', async () => {
  const { add, asked, answers, clock } = start({ isCrowded: () => true })
  add('a')
  for (let waited = 0; waited < 4900; waited += 50) {
    await Promise.resolve()
    clock.pass(50)
    expect(asked).toEqual([])
  }
  await eventually(() => (clock.pass(50), expect(answers).toHaveLength(1)))
})

test('what cannot be read because its volume is going is removed, not unreadable', async () => {
  const { add, answers, gone } = start({ hash: async () => ({ why: 'unreadable' }) })
  add('a')
  await new Promise(setImmediate)
  expect(answers).toEqual([])
  gone.abort()
  await answered(answers, 1)
  expect(answers).toEqual([['a', { why: 'removed' }]])
})

test('ends when the agent stops, and answers no more', async () => {
  const { add, answers, stop, running } = start({ isCrowded: () => true })
  add('a')
  stop.abort()
  await running
  expect(answers).toEqual([])
})
