import { expect, test } from 'vitest'
import { createFirstAccount } from '#collector/access/accounts.ts'
import { openAccess, type Actor } from '#collector/access/acting.ts'
import { openFailures } from '#collector/access/failures.ts'
import { openSessions } from '#collector/access/sessions.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { auditOf } from '../../support/audit.ts'
import { openTestStore } from '../../support/collector-store.ts'
import { eventually } from '../../support/eventually.ts'

const testing: Actor = { kind: 'command', id: 'test', name: 'test' }
const HOUR = 3_600_000

test('a session whose time is over counts no more at once, and is recorded as ended within a minute', async () => {
  await using tested = await openTestStore()
  let now = Date.UTC(2026, 0, 5)
  let minute = Promise.withResolvers<void>()
  const passed = (signal?: AbortSignal): Promise<void> =>
    Promise.race([minute.promise, new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()))])
  const clock = { ...systemClock, wall: () => now, sleep: (_ms: number, signal?: AbortSignal) => passed(signal) }
  const access = openAccess(tested.store, clock)
  const first = await createFirstAccount(access, testing, clock)
  const counted: string[] = []
  const counts = { signIn: () => undefined, sessionEnded: (how: string) => void counted.push(how) }
  await using sessions = openSessions(access, clock, counts)
  const ended: string[] = []
  sessions.onEnd((hash) => void ended.push(hash))
  const begun = await sessions.signIn('admin', first?.password ?? '', '10.0.0.1')
  if (!begun.ok) throw new Error(begun.reason)
  expect(await sessions.byCookie(begun.cookie)).toMatchObject({ account: { name: 'admin', mustChange: true } })
  now += 12 * HOUR
  expect(await sessions.byCookie(begun.cookie)).toBeUndefined()
  const before = minute
  minute = Promise.withResolvers()
  before.resolve()
  await eventually(() => expect(ended).toEqual([begun.session.hash]))
  expect(counted).toEqual(['expired'])
  expect((await auditOf(tested.store)).at(-1)).toMatchObject({
    act: 'session.end',
    reason: 'expired',
    actor: { name: 'admin' },
  })
})

test('what was counted of failed sign-ins is recorded when the collector stops', async () => {
  await using tested = await openTestStore()
  const access = openAccess(tested.store, systemClock)
  const counts = { signIn: () => undefined, sessionEnded: () => undefined }
  const sessions = openSessions(access, systemClock, counts)
  await Promise.all(Array.from({ length: 13 }, (_, n) => sessions.signIn(`nobody ${n}`, 'wrong', '10.0.0.1')))
  await sessions[Symbol.asyncDispose]()
  const trail = await auditOf(tested.store)
  expect(trail).toHaveLength(11)
  expect(trail.at(-1)).toMatchObject({ act: 'session.refused', count: 3, subject: { kind: 'address', id: '10.0.0.1' } })
})

test('failed sign-ins that are counted while the store takes nothing are recorded once it does again', async () => {
  await using tested = await openTestStore()
  let isFull = false
  const write: typeof tested.store.write = (run) =>
    isFull ? Promise.reject(new Error('disk is full')) : tested.store.write(run)
  const failures = openFailures(openAccess({ read: tested.store.read, write }, systemClock), systemClock)
  for (let n = 0; n < 13; n++) await failures.failed(testing, '10.0.0.1')
  isFull = true
  await expect(failures.settle('all')).rejects.toThrow('disk is full')
  isFull = false
  await failures.settle('all')
  const trail = await auditOf(tested.store)
  expect(trail).toHaveLength(11)
  expect(trail.at(-1)).toMatchObject({ act: 'session.refused', count: 3 })
})
