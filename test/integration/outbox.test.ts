/** What goes out, when, and how often: from what an agent tells to what a channel is given. */
import { describe, expect, test } from 'vitest'
import { dismiss, sendAgain } from '#collector/alerts/actions.ts'
import { mailboxStates } from '#collector/alerts/lists.ts'
import { liftMute, muteRule } from '#collector/alerts/mutes.ts'
import type { Outbox } from '#collector/alerts/outbox.ts'
import { setMailbox } from '#collector/store/mailboxes.ts'
import { verdict } from '../support/events.ts'
import { stayIncident, tellOf } from '../support/incidents.ts'
import { CITY, OFFICE, openOutboxRig, soon, toldBy, type OutboxRig } from '../support/outbox-rig.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const LATER = { outcome: 'retry', reason: '451 later' } as const
const REFUSED = { outcome: 'refused', reason: '550 no such mailbox' } as const
const critical = verdict({ rule: 'unregistered-medium-on-classified', severity: 'critical' })

/** That many stays, each over. */
function plugs({ life }: OutboxRig, count: number, from = 0, verdicts = [verdict()]): void {
  for (let n = from; n < from + count; n++) {
    life.plug(n, verdicts)
    life.unplug(n)
  }
}
const repeated = <T>(times: number, value: T): T[] => Array.from({ length: times }, () => value)

/** A cable that comes, gets a foreign address, and goes. */
function flap({ life }: OutboxRig): void {
  life.link(1, 'up')
  life.address(1, 9, 'added')
  life.address(1, 9, 'removed')
  life.link(1, 'down')
  life.pass(80)
}

/** A stick's, delivered without any time passing. */
async function firstAlert(rig: OutboxRig, outbox: Outbox): Promise<void> {
  rig.life.plug(1)
  await rig.commit()
  outbox.wake()
  await soon(async () => expect(await rig.states()).toEqual(['delivered']))
}

test('an alert goes out when it is committed, without any time passing', async () => {
  await using rig = await openOutboxRig()
  const office = rig.channel(OFFICE)
  await using outbox = rig.outbox([office])
  await firstAlert(rig, outbox)
  expect(office.sent.map(toldBy)).toEqual([[1, 'opened']])
  expect(office.sent[0]?.letter).toMatchObject({ subject: { department: '财务科', level: 'secret' } })
})

test('a new incident goes out first though 2,000 wait; those go as one digest, the worst and newest named', async () => {
  await using rig = await openOutboxRig()
  plugs(rig, 1_000)
  plugs(rig, 1, 1_000, [critical])
  plugs(rig, 999, 1_001)
  await rig.commit(['mail']) // no mail is configured yet
  rig.clock.pass(HOUR)
  plugs(rig, 1, 2_000)
  await rig.commit()
  const office = rig.channel(OFFICE)
  await using _ = rig.outbox([office])
  await rig.until(() => expect(office.sent).toHaveLength(2))
  expect(office.sent.map(toldBy)).toEqual([
    [2001, 'opened'],
    ['digest', 2000],
  ])
  const [, digest] = office.sent
  expect(digest?.letter).toMatchObject({
    counts: [
      { severity: 'critical', count: 1 },
      { severity: 'high', count: 1999 },
    ],
  })
  const named = digest?.letter.about === 'digest' ? digest.letter.first.map(({ number }) => number) : []
  expect(named[0]).toBe(1001)
  expect(named).toHaveLength(20)
  await rig.until(async () => expect(new Set(await rig.states())).toEqual(new Set(['dismissed', 'delivered'])))
  expect(await rig.store.read(mailboxStates)).toEqual([])
  expect(office.sent).toHaveLength(2)
})

test('up to twenty go one by one, worst and newest first', async () => {
  await using rig = await openOutboxRig()
  plugs(rig, 3)
  plugs(rig, 1, 3, [critical])
  rig.life.plug(4)
  await rig.commit()
  const office = rig.channel(OFFICE)
  await using _ = rig.outbox([office])
  await rig.until(() => expect(office.sent).toHaveLength(5))
  expect(office.sent.map(toldBy)[0]).toEqual([4, 'opened'])
})

describe('a cable that comes and goes', () => {
  test('200 times is one incident and two mails', async () => {
    await using rig = await openOutboxRig()
    const office = rig.channel(OFFICE)
    await using outbox = rig.outbox([office])
    for (let n = 0; n < 200; n++) {
      flap(rig)
      await rig.commit()
      outbox.wake()
    }
    await soon(() => expect(office.sent).toHaveLength(1))
    rig.clock.pass(15_000)
    await rig.until(async () => expect(await rig.states()).toEqual(['delivered']))
    expect(office.sent.map(toldBy)).toEqual([expect.arrayContaining([1, 'opened']), [1, 'contact']])
    expect(office.sent[1]?.letter).toMatchObject({ subject: { incident: { network: { contacts: 200 } } } })
  })

  test('for hours is told after 15 s, then after twice as long, up to every ten minutes', async () => {
    await using rig = await openOutboxRig()
    const office = rig.channel(OFFICE)
    await using outbox = rig.outbox([office])
    flap(rig)
    await rig.commit()
    outbox.wake()
    await soon(async () => expect(await rig.states()).toEqual(['delivered']))
    const pauses = [15_000, 30_000, MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE, 10 * MINUTE, 10 * MINUTE]
    for (const pause of pauses) {
      flap(rig)
      await rig.commit()
      expect(await rig.rows()).toMatchObject([{ state: 'waiting', nextAt: rig.clock.wall() + pause }])
      rig.clock.pass(pause)
      await soon(async () => expect(await rig.states()).toEqual(['delivered']))
    }
    const times = office.sent.map(({ at }) => at)
    expect(times.slice(1).map((at, n) => at - (times[n] ?? 0))).toEqual(pauses)
  })
})

test('what gets worse is told at once, in a pause', async () => {
  await using rig = await openOutboxRig()
  const office = rig.channel(OFFICE)
  await using outbox = rig.outbox([office])
  await firstAlert(rig, outbox)
  rig.life.copy(1, 1)
  await rig.commit()
  outbox.wake()
  expect(await rig.rows()).toMatchObject([{ state: 'waiting', nextAt: rig.clock.wall() + 15_000 }])
  rig.life.copy(1, 2, [critical])
  await rig.commit()
  outbox.wake()
  await soon(async () => expect(await rig.states()).toEqual(['delivered']))
  expect(office.sent.map(toldBy)).toEqual([
    [1, 'opened'],
    [1, 'files-left', 'raised-critical'],
  ])
  expect(office.sent[1]?.at).toBe(office.sent[0]?.at)
})

test('a mail shows the incident as it is when it goes, and all that is new by then', async () => {
  await using rig = await openOutboxRig()
  const office = rig.channel(OFFICE, LATER)
  await using _ = rig.outbox([office])
  rig.life.plug(1)
  await rig.commit()
  await rig.until(() => expect(office.sent).toHaveLength(1))
  rig.life.copy(1, 1)
  rig.life.copy(1, 2)
  rig.life.unplug(1)
  await rig.commit()
  await rig.until(async () => expect(await rig.states()).toEqual(['delivered']))
  expect(office.sent.map(toldBy)).toEqual([
    [1, 'opened'],
    [1, 'opened', 'files-left', 'ended'],
  ])
  expect(office.sent[1]?.letter).toMatchObject({ subject: { incident: { files: { copied: 2 }, events: 4 } } })
})

test('what fails is tried for ever, what was said is shown, and it is logged once', async () => {
  await using rig = await openOutboxRig()
  const office = rig.channel(OFFICE, ...repeated(12, LATER))
  await using _ = rig.outbox([office])
  rig.life.plug(1)
  await rig.commit()
  await rig.until(async () => expect(await rig.rows()).toMatchObject([{ lastError: '451 later' }]))
  await soon(async () => {
    rig.clock.pass(5 * MINUTE)
    expect(await rig.states()).toEqual(['delivered'])
  })
  expect(office.sent).toHaveLength(13)
  expect(new Set(office.sent.map(({ letter }) => letter.id)).size).toBe(1)
  const ofOffice = rig.warnings.filter(([, fields]) => JSON.stringify(fields ?? '').includes(OFFICE))
  expect(ofOffice.map(([message]) => message)).toEqual(['Alerts do not go out, will retry', 'Alerts go out again'])
})

describe('refused for good', () => {
  async function refusedThree(rig: OutboxRig, office: ReturnType<OutboxRig['channel']>): Promise<void> {
    plugs(rig, 3)
    await rig.commit()
    await rig.until(async () => expect(await rig.states()).toEqual(repeated(3, 'refused')))
    rig.clock.pass(DAY)
    expect(office.sent).toHaveLength(3)
  }
  const mailboxes = [OFFICE]

  test('it is never tried again by itself; one is sent again, the others of the mailbox dismissed', async () => {
    await using rig = await openOutboxRig()
    const office = rig.channel(OFFICE, ...repeated(3, REFUSED))
    await using outbox = rig.outbox([office])
    await refusedThree(rig, office)
    const [first] = await rig.rows()
    const alert = first?.id ?? 0
    const now = rig.clock.wall()
    expect(await rig.store.write((tx) => sendAgain(tx, { alert }, { mailboxes, now }))).toEqual({
      alerts: 1,
      more: false,
    })
    outbox.wake()
    await soon(async () => expect(await rig.states()).toEqual(['delivered', 'refused', 'refused']))
    expect(await rig.store.write((tx) => dismiss(tx, { refusedOf: OFFICE }))).toEqual({ alerts: 2, more: false })
    expect(await rig.states()).toEqual(['delivered', 'dismissed', 'dismissed'])
    expect(await rig.store.write((tx) => dismiss(tx, { alert }))).toEqual({ alerts: 0, more: false })
    expect(office.sent).toHaveLength(4)
  })

  test('all of a mailbox are sent again, to whoever is named now where its address is corrected', async () => {
    await using rig = await openOutboxRig()
    const misspelt = rig.channel(OFFICE, ...repeated(3, REFUSED))
    {
      await using _ = rig.outbox([misspelt])
      await refusedThree(rig, misspelt)
    }
    const city = rig.channel(CITY)
    await using outbox = rig.outbox([city])
    const now = rig.clock.wall()
    await rig.store.write((tx) => sendAgain(tx, { refusedOf: OFFICE }, { mailboxes: [CITY], now }))
    outbox.wake()
    await rig.until(() => expect(city.sent).toHaveLength(3))
    expect(
      city.sent
        .map(toldBy)
        .map(([number]) => number)
        .toSorted((a, b) => Number(a) - Number(b)),
    ).toEqual([1, 2, 3])
    await rig.until(async () => expect(await rig.store.read(mailboxStates)).toEqual([]))
    expect(misspelt.sent).toHaveLength(3)
  })

  test('news try it again', async () => {
    await using rig = await openOutboxRig()
    const office = rig.channel(OFFICE, REFUSED)
    await using _ = rig.outbox([office])
    rig.life.plug(1)
    await rig.commit()
    await rig.until(async () => expect(await rig.states()).toEqual(['refused']))
    rig.life.copy(1, 1)
    await rig.commit()
    await rig.until(async () => expect(await rig.states()).toEqual(['delivered']))
    expect(office.sent.map(toldBy).at(-1)).toEqual([1, 'opened', 'files-left'])
  })
})

test('mail that is down is a condition and figures that name nobody, until it works again', async () => {
  await using rig = await openOutboxRig()
  const office = rig.channel(OFFICE, ...repeated(30, LATER))
  await using outbox = rig.outbox([office])
  plugs(rig, 2)
  await rig.commit()
  const codes = () => rig.conditions.all().map(({ code }) => code)
  await rig.until(() => expect(codes().toSorted()).toEqual(['alerts.not-sent', 'alerts.waiting']))
  const lines = outbox.lines()
  expect(lines).toContain('shoumi_alerts{state="waiting"} 2')
  expect(lines).toContain('shoumi_mailboxes_failing 1')
  expect(lines.join('\n')).toMatch(/shoumi_alerts_oldest_seconds [3-9]\d\d/)
  for (const line of lines) expect(line).not.toMatch(/office|example|财务/)
  for (const { text } of rig.conditions.all()) expect(text).toContain(OFFICE)
  await rig.until(() => expect(codes()).toEqual([]))
  expect(outbox.lines()).toContain('shoumi_alerts{state="waiting"} 0')
  expect(outbox.lines()).toContain('shoumi_alert_mails_total{outcome="delivered"} 2')
})

test('while mail is down a try costs one row, however many wait; then one mail and the digest', async () => {
  await using rig = await openOutboxRig()
  const office = rig.channel(OFFICE, ...repeated(6, LATER))
  plugs(rig, 900)
  await rig.commit()
  rig.clock.pass(HOUR)
  await using _ = rig.outbox([office])
  await rig.until(() => expect(office.sent).toHaveLength(2)) // the first one could not know
  const changes = (): number => Number(rig.store.connection.prepare('SELECT total_changes() AS n').get()?.['n'])
  const before = changes()
  await rig.until(() => expect(office.sent).toHaveLength(6))
  expect(changes() - before).toBeLessThan(50)
  await rig.until(() => expect(office.sent).toHaveLength(8))
  expect(office.sent.map(({ letter }) => letter.about)).toEqual(['digest', ...repeated(6, 'incident'), 'digest'])
  expect(office.sent.map(toldBy)[1]).toEqual([900, 'opened']) // the newest
  await rig.until(async () => expect(new Set(await rig.states())).toEqual(new Set(['delivered'])))
})

test('a look at the mailboxes passes over nothing that a digest under way tells', async () => {
  await using rig = await openOutboxRig()
  const perIndex = (index: string) => () =>
    rig.store.connection.prepare(
      `SELECT count(*) FROM alert INDEXED BY ${index} WHERE mailbox = ? AND state = 'waiting'`,
    )
  expect(perIndex('alert_due')).toThrow('no query solution') // it has fewer than all that wait
  expect(perIndex('alert_since')).not.toThrow()
})

test('refused alerts are a condition until somebody sees to them', async () => {
  await using rig = await openOutboxRig()
  await using outbox = rig.outbox([rig.channel(OFFICE, REFUSED)])
  rig.life.plug(1)
  await rig.commit()
  await rig.until(() => expect(rig.conditions.all()).toMatchObject([{ code: 'alerts.refused' }]))
  expect(outbox.lines()).toContain('shoumi_alerts{state="refused"} 1')
  await rig.store.write((tx) => dismiss(tx, { refusedOf: OFFICE }))
  await rig.until(() => expect(rig.conditions.all()).toEqual([]))
})

test('a muted rule is noted and alerts nobody, until its mute ends or is lifted', async () => {
  await using rig = await openOutboxRig()
  const office = rig.channel(OFFICE)
  await using outbox = rig.outbox([office])
  const now = rig.clock.wall()
  const mute = { rule: 'foreign-network', endpointId: 1, until: now + DAY, reason: 'new cabling', by: 'admin' }
  const made = await rig.store.write((tx) => muteRule(tx, mute, { now, isRule: () => true }))
  flap(rig)
  await rig.commit()
  rig.life.plug(1) // another rule
  await rig.commit()
  outbox.wake()
  await soon(async () => expect(await rig.states()).toEqual(['delivered']))
  expect(office.sent.map(toldBy)).toEqual([[2, 'opened']])
  expect(await rig.store.write((tx) => liftMute(tx, made.ok ? made.id : 0, now))).toBe(true)
  flap(rig)
  await rig.commit()
  outbox.wake()
  await soon(async () => expect(await rig.states()).toEqual(['delivered', 'delivered']))
  expect(office.sent.map(toldBy).at(-1)?.[0]).toBe(1)
})

test('a mute that ends while an incident is on: what breaks a rule afterwards is told, and what only ends is not', async () => {
  await using rig = await openOutboxRig()
  const office = rig.channel(OFFICE)
  await using outbox = rig.outbox([office])
  const now = rig.clock.wall()
  for (const rule of ['unregistered-medium', 'file-copied']) {
    const mute = { rule, endpointId: 1, until: now + HOUR, reason: 'an audit', by: 'admin' }
    await rig.store.write((tx) => muteRule(tx, mute, { now, isRule: () => true }))
  }
  for (const n of [1, 2]) {
    rig.life.plug(n)
    rig.life.copy(n, n)
  }
  await rig.commit()
  rig.clock.pass(2 * HOUR)
  rig.life.unplug(1)
  await rig.commit()
  rig.life.copy(2, 3) // as before it ended, and nothing else about it changes
  await rig.commit()
  outbox.wake()
  await soon(async () => expect(await rig.states()).toEqual(['delivered']))
  expect(office.sent.map(toldBy)).toEqual([[2, 'opened']])
  rig.life.copy(2, 4)
  await rig.commit()
  expect(await rig.states()).toEqual(['delivered']) // they have heard of it
})

test('that an incident is none any more is told to whoever had a mail of it, and to nobody else', async () => {
  await using rig = await openOutboxRig()
  const office = rig.channel(OFFICE)
  const city = rig.channel(CITY, ...repeated(40, LATER))
  await using outbox = rig.outbox([office, city])
  rig.life.plug(1)
  await rig.commit([OFFICE, CITY])
  outbox.wake()
  await soon(async () =>
    expect((await rig.rows()).toSorted((a, b) => a.mailbox.localeCompare(b.mailbox))).toMatchObject([
      { mailbox: CITY, state: 'waiting', lastError: '451 later' },
      { mailbox: OFFICE, state: 'delivered' },
    ]),
  )
  await tellOf(rig.store, [1], {
    mailboxes: [OFFICE, CITY],
    now: rig.clock.wall(),
    before: stayIncident(),
    what: 'withdrawn',
  })
  await rig.until(() => expect(office.sent).toHaveLength(2))
  expect(office.sent.map(toldBy)).toEqual([
    [1, 'opened'],
    [1, 'withdrawn'],
  ])
  await rig.until(async () => expect((await rig.states()).toSorted()).toEqual(['delivered', 'dismissed']))
  expect(city.sent.map(toldBy)).not.toContainEqual([1, 'withdrawn'])
})

describe('a crash between sending and recording', () => {
  test.for([
    ['the same mail', 1],
    ['the same summary', 30],
  ] as const)('sends %s again, under its name, and counts it', async ([, count]) => {
    await using rig = await openOutboxRig()
    plugs(rig, count)
    await rig.commit()
    const first = rig.channel(OFFICE, 'hang')
    const crashed = rig.outbox([first])
    await soon(() => expect(first.sent).toHaveLength(1))
    // It dies here: nothing of it is heard again, and another one starts on the same rows.
    const second = rig.channel(OFFICE)
    await using outbox = rig.outbox([second])
    await rig.until(async () => expect(new Set(await rig.states())).toEqual(new Set(['delivered'])))
    expect(second.sent.map(({ letter }) => letter.id)).toEqual(first.sent.map(({ letter }) => letter.id))
    await rig.until(() => expect(outbox.lines()).toContain('shoumi_mails_unseen 1'))
    const disposing = crashed[Symbol.asyncDispose]()
    await rig.until(() => Promise.race([disposing, Promise.reject(new Error('still there'))]))
    expect(new Set(await rig.states())).toEqual(new Set(['delivered']))
  })
})

test('a restart in the middle changes nothing: each goes out once', async () => {
  await using rig = await openOutboxRig()
  plugs(rig, 12)
  await rig.commit()
  const before = rig.channel(OFFICE)
  {
    await using _ = rig.outbox([before])
    await soon(() => expect(before.sent.length).toBeGreaterThan(2))
  }
  const after = rig.channel(OFFICE)
  await using _ = rig.outbox([after])
  await rig.until(async () => expect(await rig.states()).toEqual(repeated(12, 'delivered')))
  const all = [...before.sent, ...after.sent]
  expect(all).toHaveLength(12)
  expect(new Set(all.map((sent) => toldBy(sent)[0])).size).toBe(12)
})

test('a mailbox that hangs is given up in time and delays no other', async () => {
  await using rig = await openOutboxRig()
  plugs(rig, 3)
  await rig.commit([CITY, OFFICE])
  const stuck = rig.channel(CITY, 'hang')
  const office = rig.channel(OFFICE)
  await using _ = rig.outbox([stuck, office])
  await soon(() => expect(office.sent).toHaveLength(3)) // while its clock stands
  expect(stuck.sent).toHaveLength(1)
  await rig.until(async () => expect(await rig.states()).toEqual(repeated(6, 'delivered')))
})

test('a dozen mailboxes that failed and hang leave room for one that works', async () => {
  await using rig = await openOutboxRig()
  const names = Array.from({ length: 12 }, (_, n) => `mail/hanging/${n}@example`)
  plugs(rig, 1)
  await rig.commit(names)
  const hanging = names.map((name) => rig.channel(name, LATER, 'hang'))
  const office = rig.channel(OFFICE)
  await using outbox = rig.outbox([...hanging, office])
  await soon(() => expect(hanging.every(({ sent }) => sent.length === 1)).toBe(true)) // each has failed once
  const stuck = (): number => hanging.filter(({ sent }) => sent.length === 2).length
  await rig.until(() => expect(stuck()).toBeGreaterThanOrEqual(4))
  let seconds = 0
  await rig.until(() => expect(++seconds).toBeGreaterThan(5)) // by then all of them are due again
  plugs(rig, 1, 1)
  await rig.commit([OFFICE])
  outbox.wake()
  await soon(() => expect(office.sent).toHaveLength(1)) // while its clock stands, and they hang
  expect(stuck()).toBe(4)
  await rig.until(async () => expect(await rig.states()).toEqual(repeated(13, 'delivered')))
})

test('a clock that is set back delays nothing by more than the longest pause', async () => {
  await using rig = await openOutboxRig()
  const office = rig.channel(OFFICE, LATER)
  await using outbox = rig.outbox([office])
  rig.life.plug(1)
  await rig.commit()
  await rig.until(async () => expect(await rig.rows()).toMatchObject([{ lastError: '451 later' }]))
  const back = rig.clock.wall() - DAY
  rig.clock.setWall(back)
  outbox.wake()
  await rig.until(async () => expect(await rig.states()).toEqual(['delivered']))
  expect(office.sent.at(-1)?.at).toBeLessThan(back + 10 * MINUTE)
})

test('a test mail goes to that mailbox at once, says how that went, and nothing is kept of it', async () => {
  await using rig = await openOutboxRig()
  const office = rig.channel(OFFICE, { outcome: 'delivered' }, REFUSED, 'hang')
  await using outbox = rig.outbox([office])
  expect(await outbox.test('mail/nobody', 'admin')).toBe('unknown-mailbox')
  expect(await outbox.test(OFFICE, 'admin')).toEqual({ outcome: 'delivered' })
  expect(office.sent[0]?.letter).toMatchObject({ about: 'test', by: 'admin' })
  expect(await outbox.test(OFFICE, 'admin')).toEqual(REFUSED)
  const hanging = outbox.test(OFFICE, 'admin')
  expect(await outbox.test(OFFICE, 'admin')).toBe('busy')
  await rig.until(() => Promise.race([hanging, Promise.reject(new Error('not yet'))]))
  expect(await hanging).toMatchObject({ outcome: 'unseen' })
  expect(await rig.rows()).toEqual([])
})

describe('the daily mail', () => {
  const daily = { at: '08:00', mailboxes: [OFFICE] } // it is 09:00
  const dates = ({ sent }: ReturnType<OutboxRig['channel']>) =>
    sent.flatMap(({ letter }) => (letter.about === 'daily' ? [letter.report.date] : []))
  const connected = (rig: OutboxRig) =>
    rig.store.write((tx) => tx.updateTable('agent').set({ connected_since: rig.clock.wall() }).execute())

  test('comes once a day, over restarts too, and says that all is well', async () => {
    await using rig = await openOutboxRig()
    await connected(rig)
    const office = rig.channel(OFFICE)
    for (let day = 0; day < 3; day++) {
      await using _ = rig.outbox([office], daily)
      await rig.until(() => expect(dates(office)).toHaveLength(day))
      rig.clock.pass(DAY)
      await rig.until(() => expect(dates(office)).toHaveLength(day + 1))
    }
    expect(dates(office)).toEqual(['2026-01-06', '2026-01-07', '2026-01-08'])
    expect(office.sent[0]?.letter).toMatchObject({ report: { conditions: [], unseen: { count: 0 }, refused: 0 } })
  })

  test('that was missed is caught up with one, and goes before anything else', async () => {
    await using rig = await openOutboxRig()
    const office = rig.channel(OFFICE)
    {
      await using outbox = rig.outbox([office], daily)
      await soon(async () =>
        expect(await rig.store.read((tx) => tx.selectFrom('mailbox').select('daily_for').execute())).toEqual([
          { daily_for: '2026-01-05' },
        ]),
      )
      outbox.wake()
    }
    plugs(rig, 2)
    await rig.commit()
    rig.clock.pass(5 * DAY)
    await using _ = rig.outbox([office], daily)
    await rig.until(() => expect(office.sent).toHaveLength(3))
    expect(office.sent.map(({ letter }) => letter.about)).toEqual(['daily', 'incident', 'incident'])
    expect(dates(office)).toEqual(['2026-01-10'])
  })

  test('says what is not well, is tried until it is out, and does not come twice', async () => {
    await using rig = await openOutboxRig()
    const office = rig.channel(OFFICE, REFUSED)
    await using outbox = rig.outbox([office], daily)
    rig.life.plug(1)
    await rig.commit()
    await rig.until(() => expect(rig.conditions.all()).toMatchObject([{ code: 'alerts.refused' }]))
    office.answer(LATER, LATER)
    rig.clock.pass(DAY)
    await rig.until(async () =>
      expect(await rig.store.read((tx) => tx.selectFrom('mailbox').select('daily_for').execute())).toEqual([
        { daily_for: '2026-01-06' },
      ]),
    )
    outbox.wake()
    expect(dates(office)).toEqual(repeated(3, '2026-01-06'))
    expect(new Set(office.sent.slice(1).map(({ letter }) => letter.id)).size).toBe(1)
    expect(office.sent[1]?.letter).toMatchObject({
      report: {
        conditions: [{ code: 'alerts.refused' }],
        open: expect.arrayContaining([{ severity: 'high', count: 1 }]),
        unseen: { count: 1, first: [{ name: '办公-1' }] },
        refused: 1,
      },
    })
  })

  test('of a clock that was set back goes on', async () => {
    await using rig = await openOutboxRig()
    const office = rig.channel(OFFICE)
    {
      await using outbox = rig.outbox([office], daily)
      outbox.wake()
    }
    await rig.store.write((tx) => setMailbox(tx, OFFICE, { daily_for: '2027-01-01' }))
    await using _ = rig.outbox([office], daily)
    await rig.until(() => expect(dates(office)).toEqual(['2026-01-05']))
  })
})
