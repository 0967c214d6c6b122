import { describe, expect, test } from 'vitest'
import type { Event } from '#shared/event/event.ts'
import { endMatter, fold, matterOf, pictureOf, type Placed } from '#collector/incidents/correlate/correlate.ts'
import type { Incident, MatterKind } from '#collector/incidents/correlate/incident.ts'
import { momentOf, timeOf } from '#collector/incidents/correlate/moment.ts'
import { episodeEvents, event, start, stayEvents } from '../../support/events.ts'

const placed = (events: readonly Event[], over: Partial<Placed> = {}): Placed[] =>
  events.map((each, index) => ({
    sighting: { event: each, epoch: 'e', index, receivedAt: start + 10_000 },
    at: momentOf(each, 1, start + 10_000),
    judgedAnew: false,
    opensAnew: false,
    late: false,
    ...over,
  }))

const incident = (kind: MatterKind, events: readonly Event[], over: Partial<Placed> = {}): Incident | undefined =>
  pictureOf(
    kind,
    fold({ kind, facts: '', goesOn: false, isClosed: false }, placed(events, over), () => false).facts,
    new Map(),
  )

describe('a stay', () => {
  test('is one incident with everything from connect to remove', () => {
    const found = incident('stay', stayEvents())
    expect(found).toMatchObject({
      severity: 'high',
      openedAt: start,
      endedAt: start + 4002,
      endedBy: 'removed',
      events: 8,
      violations: 2,
      receivedLate: false,
      medium: { label: 'STICK', usbSerial: 'SN0001AB', status: 'unregistered' },
      volumes: ['/media/stick'],
      files: { started: 2, copied: 1, interrupted: 1 },
    })
    expect(found?.files?.first.map(({ path, outcome }) => [path, outcome])).toEqual([
      ['/media/stick/名单.docx', 'copied'],
      ['/media/stick/big.bin', 'interrupted'],
    ])
    expect(found?.rules).toEqual([{ rule: 'unregistered-medium', clause: 'mb-4.2-5', severity: 'high', count: 2 }])
  })

  test('has ended when that was seen, though it was found ended first', () => {
    const [removed] = stayEvents().slice(-1)
    const found = { ...parts(removed), found: 'recovered' as const }
    const events = [...stayEvents().slice(0, -1), event('medium.removed', 4_002, found)]
    expect(incident('stay', events)).toMatchObject({ endedBy: 'recovered', endedAt: start + 4_002 })
    const seen = incident('stay', [...events, event('medium.removed', 5_000, parts(removed))])
    expect(seen).toMatchObject({ endedBy: 'removed', endedAt: start + 5_000 })
    const again = incident('stay', [
      ...events,
      event('medium.removed', 5_000, parts(removed)),
      event('medium.removed', 6_000, found),
    ])
    expect(again).toMatchObject({ endedBy: 'removed', endedAt: start + 5_000 })
  })

  test('without a broken rule is no incident', () => {
    expect(incident('stay', stayEvents({ verdicts: [] }))).toBeUndefined()
  })

  test('whose violation came more than a minute after its time is received late', () => {
    expect(incident('stay', stayEvents(), { late: true })?.receivedLate).toBe(true)
  })

  test.for([
    ['that has not ended goes on', 4, { reopened: true, linked: false, incidents: 1 }],
    ['that had ended is followed by another, linked to it', 8, { reopened: false, linked: true, incidents: 1 }],
  ] as const)('which people closed, and %s', ([, until, { reopened, linked, incidents }]) => {
    const before = fold(
      { kind: 'stay', facts: '', goesOn: false, isClosed: false },
      placed(stayEvents().slice(0, until)),
      () => false,
    )
    const late = event('file.copied', 9_000, { ...parts(stayEvents()[3]), verdicts: stayEvents()[0]?.verdicts })
    const after = fold(
      { kind: 'stay', facts: before.facts, goesOn: before.goesOn, isClosed: true },
      placed([late]),
      () => false,
    )
    expect(after.incidents).toHaveLength(incidents)
    expect(after.incidents[0]).toMatchObject({ reopened, linked })
  })
})

const parts = (of: Event | undefined) => ({ subject: of?.subject, detail: of?.detail })

describe('a network episode', () => {
  test('names what broke a rule, and that it is gone', () => {
    expect(incident('network-episode', episodeEvents())).toMatchObject({
      severity: 'critical',
      endedBy: 'gone',
      endedAt: start + 5001,
      violations: 2,
      network: {
        interface: { name: 'enx0' },
        contacts: 1,
        newest: [{ began: 'live', from: start + 100, to: start + 5001, ended: 'gone' }],
        broke: [
          { what: 'address', text: '10.9.9.9/24', gone: true },
          { what: 'route', text: '0.0.0.0/0 via 10.9.9.1', gone: true },
        ],
      },
    })
  })

  test.for([
    ['live', { found: 'live' }, false, 'live'],
    ['present', { found: 'present' }, false, 'present'],
    ['present after a document was applied', { found: 'present' }, true, 'rule'],
    ['recovered', { found: 'recovered' }, false, 'recovered'],
  ] as const)('begins as it was found: %s', ([, found, judgedAnew, began]) => {
    const [, address] = episodeEvents()
    const told = event('net.address', 100, { ...parts(address), verdicts: address?.verdicts, ...found })
    expect(incident('network-episode', [told], { judgedAnew })?.network?.newest).toMatchObject([{ began }])
  })

  test('of what has no lasting part is a contact of the moment it was seen', () => {
    const [up] = episodeEvents()
    const removed = event('net.address', 9, { ...parts(episodeEvents()[3]), verdicts: episodeEvents()[1]?.verdicts })
    const found = incident('network-episode', [...(up ? [up] : []), removed])
    expect(found).toMatchObject({ violations: 1, endedAt: start + 9, network: { contacts: 1 } })
  })

  test('ends as unknown where nobody will say when', () => {
    const { facts } = fold(
      { kind: 'network-episode', facts: '', goesOn: false, isClosed: false },
      placed(episodeEvents().slice(0, 2)),
      () => false,
    )
    const [moment] = placed(episodeEvents().slice(1)).map(({ at }) => at)
    if (moment === undefined) throw new Error('no moment')
    const ended = endMatter('network-episode', facts, { by: 'unknown', span: { after: moment, before: moment } })
    expect(pictureOf('network-episode', ended, new Map())).toMatchObject({ endedBy: 'unknown' })
  })
})

test.for([
  [
    'its own stamp',
    { trusted: '2026-01-05T01:00:00.000+00:00' },
    new Map([[1, { mono: 0, at: 5 }]]),
    Date.UTC(2026, 0, 5, 1),
  ],
  ['its boot’s anchor', {}, new Map([[1, { mono: 900_000, at: 5_000_000 }]]), 5_100_000],
  ['the machine’s clock', {}, new Map(), start],
  [
    'a clock that is ahead no further than a day beyond the receipt',
    { at: '2030-01-01T00:00:00.000+00:00' },
    new Map(),
    start + 86_410_000,
  ],
] as const)('an event’s time is %s', ([, over, anchors, time]) => {
  const moment = momentOf({ ...event('agent.stopped', 0, { detail: { reason: 'x' } }), ...over }, 1, start + 10_000)
  expect(timeOf(moment, anchors)).toBe(time)
})

test('an event without a medium or an interface belongs to no matter', () => {
  expect(matterOf(event('agent.stopped', 0, { detail: { reason: 'service-stop' } }), 1)).toBeUndefined()
})
