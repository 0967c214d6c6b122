import { expect, test } from 'vitest'
import { openConditions } from '#agent/conditions.ts'
import type { LogState } from '#agent/journal/journal.ts'
import { ourWords } from '#agent/uplink/our-words.ts'
import { readMessage, writeMessage, type HeaderOf } from '#shared/wire/messages.ts'
import { manualClock } from '../../support/manual-clock.ts'

const boot = '44444444-4444-4444-8444-444444444444'
const epochAt = (at: number): string => `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`

/** The pages of a greeting that lists so many logs, each as a collector reads it. */
function greeting(logs: readonly LogState[]): { pages: HeaderOf<'hello'>[]; body: string; listed: string[] } {
  const clock = manualClock()
  const { pages, body } = ourWords(
    { version: '1', boot },
    {
      journal: { logs: () => [...logs], newest: () => undefined, newestReceipt: () => 'receipt', fill: () => never() },
      documents: { versions: () => ({ policy: 3, register: 7, media: [4, 0, 9] }) },
      conditions: openConditions(clock),
      clock,
    },
  ).hello()
  const headers = pages.map((page) => {
    const header = readMessage(Buffer.from(writeMessage(page)))?.header
    if (header?.type !== 'hello') throw new Error('That is no greeting.')
    return header
  })
  return { pages: headers, body, listed: headers.flatMap(({ epochs }) => epochs.map(({ epoch }) => epoch)) }
}
const never = (): never => {
  throw new Error('Not asked for.')
}
const receipted = (at: number): LogState => ({ epoch: epochAt(at), size: 2, receipted: 2 })
const waiting = (at: number): LogState => ({ epoch: epochAt(at), size: 2, receipted: 1 })
const many = (count: number, log: (at: number) => LogState): LogState[] =>
  Array.from({ length: count }, (_, i) => log(i))

test.for([
  [0, 1],
  [1, 1],
  [4_096, 1],
  [4_097, 2],
  [9_000, 3],
] as const)('%i logs are greeted with %i pages, each but the last saying that more follow', ([count, expected]) => {
  const { pages, body, listed } = greeting(many(count, waiting))
  expect(pages.map(({ more }) => more)).toEqual([...Array<true>(expected - 1).fill(true), undefined])
  expect(pages.every(({ media, register }) => media.length === 3 && register === 7)).toBe(true)
  expect(listed).toEqual(many(count, waiting).map(({ epoch }) => epoch))
  expect(body).toBe('receipt')
})

test('of more than sixteen pages the oldest that are wholly receipted are left out', () => {
  const all = many(65_540, (at) => (at % 2 === 0 ? receipted(at) : waiting(at)))
  const { pages, listed } = greeting(all)
  expect(pages).toHaveLength(16)
  const left = [0, 2, 4, 6].map(epochAt)
  expect(listed).toEqual(all.map(({ epoch }) => epoch).filter((epoch) => !left.includes(epoch)))
})

test('of more than sixteen pages that all wait for a receipt the oldest are listed', () => {
  const { listed } = greeting(many(65_540, waiting))
  expect(listed).toEqual(many(65_536, waiting).map(({ epoch }) => epoch))
})
