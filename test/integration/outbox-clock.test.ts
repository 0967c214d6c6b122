/** What a clock that is set by days does to mails: they go out, and what waits is told of. */
import { expect, test } from 'vitest'
import { OFFICE, openOutboxRig, type OutboxRig } from '../support/outbox-rig.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const LATER = { outcome: 'retry', reason: '451 later' } as const
const later = (times: number) => Array.from({ length: times }, () => LATER)

async function plug({ life, commit }: OutboxRig, count: number): Promise<void> {
  for (let nth = 0; nth < count; nth++) life.plug(nth + 1)
  await commit()
}
const allDelivered = (rig: OutboxRig) => async () => expect(new Set(await rig.states())).toEqual(new Set(['delivered']))

test.each([
  [1, -3 * DAY],
  [20, -3 * DAY],
  [30, -3 * DAY],
  [30, -400 * DAY],
  [30, 3 * DAY],
])(
  '%i alerts wait while mail is down, and the clock is set by %i ms: all go out, and none twice',
  async (count, by) => {
    await using rig = await openOutboxRig()
    const office = rig.channel(OFFICE, ...later(6))
    await using _ = rig.outbox([office])
    await plug(rig, count)
    await rig.until(() => expect(office.sent).toHaveLength(4))
    const set = rig.clock.wall() + by
    rig.clock.setWall(set)
    await rig.until(allDelivered(rig))
    expect(rig.clock.wall()).toBeLessThan(set + HOUR)
    const done = office.sent.slice(6).flatMap(({ letter }) => letter.id)
    expect(new Set(done).size).toBe(done.length)
  },
)

test('a clock that goes forth by days and back again leaves nothing waiting', async () => {
  await using rig = await openOutboxRig()
  const office = rig.channel(OFFICE, ...later(4))
  await using _ = rig.outbox([office])
  const right = rig.clock.wall()
  rig.clock.setWall(right + 5 * DAY)
  await plug(rig, 25)
  await rig.until(() => expect(office.sent).toHaveLength(2))
  rig.clock.setWall(right)
  await rig.until(allDelivered(rig))
  expect(rig.clock.wall()).toBeLessThan(right + HOUR)
})

test('what waits since before the clock was set back is a condition still', async () => {
  await using rig = await openOutboxRig()
  const codes = () => rig.conditions.all().map(({ code }) => code)
  await using _ = rig.outbox([])
  await plug(rig, 2)
  await rig.until(() => expect(codes()).toContain('alerts.waiting'))
  const back = rig.clock.wall() - 3 * DAY
  rig.clock.setWall(back)
  await rig.until(() => expect(rig.clock.wall()).toBeGreaterThan(back + MINUTE)) // looks, each ten seconds
  expect(codes()).toContain('alerts.waiting')
})

test('the daily mail comes once a day over a clock that goes forth and back', async () => {
  await using rig = await openOutboxRig()
  const office = rig.channel(OFFICE)
  await using _ = rig.outbox([office], { at: '08:00', mailboxes: [OFFICE] })
  const dates = () => office.sent.map(({ letter }) => (letter.about === 'daily' ? letter.report.date : letter.about))
  const right = rig.clock.wall()
  rig.clock.setWall(right + DAY)
  await rig.until(() => expect(dates()).toHaveLength(1))
  rig.clock.setWall(right + 5 * DAY)
  await rig.until(() => expect(dates()).toHaveLength(2))
  rig.clock.setWall(right) // one of a day ahead counts as sent, one of five not
  await rig.until(() => expect(dates()).toHaveLength(3))
  for (let days = 1; days < 4; days++) {
    rig.clock.setWall(right + days * DAY)
    await rig.until(() => expect(dates()).toHaveLength(3 + days))
  }
  expect(dates().slice(2)).toEqual([...new Set(dates().slice(2))])
})
