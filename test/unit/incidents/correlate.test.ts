import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Event } from '#shared/event/event.ts'
import { parseTime } from '#shared/vocabulary/clock.ts'
import { correlate, matterOf, type Correlated } from '#collector/incidents/correlate/correlate.ts'
import type { Incident, Sighting } from '#collector/incidents/correlate/incident.ts'
import { boot, episodeEvents, event, plug, start, stayEvents, verdict } from '../../support/events.ts'

const agent = '11111111-1111-4111-8111-111111111111'
const epoch = '22222222-2222-4222-8222-222222222222'

const sightings = (events: readonly Event[], lateMs = 0): Sighting[] =>
  events.map((each, index) => {
    const at = parseTime(each.at)
    return { event: each, agent, epoch, index, at, receivedAt: at + lateMs }
  })

/** As the commit does it: batch by batch, each matter from the facts that the last batch left. */
function incidentsOf(
  batches: readonly (readonly Sighting[])[],
  boots: Record<string, number> = { [boot]: start },
): Incident[] {
  const matters = new Map<string, Correlated>()
  for (const batch of batches)
    for (const sighting of batch) {
      const matter = matterOf(sighting)
      if (matter === undefined) continue
      const name = `${matter.kind} ${matter.key}`
      matters.set(name, correlate({ ...matter, facts: matters.get(name)?.facts }, [sighting], { boots }))
    }
  return [...matters.values()].flatMap(({ incidents }) => incidents).toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

describe('a stay', () => {
  test('is one incident with everything from connect to remove', () => {
    const [incident, ...more] = incidentsOf([sightings(stayEvents())])
    expect(more).toEqual([])
    expect(incident).toMatchObject({
      kind: 'stay',
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
    expect(incident?.files?.first.map(({ path, outcome }) => [path, outcome])).toEqual([
      ['/media/stick/名单.docx', 'copied'],
      ['/media/stick/big.bin', 'interrupted'],
    ])
    expect(incident?.rules).toEqual([{ rule: 'unregistered-medium', clause: 'mb-4.2-5', severity: 'high', count: 2 }])
  })

  test('without a broken rule is no incident', () => {
    expect(incidentsOf([sightings(stayEvents({ verdicts: [] }))])).toEqual([])
  })

  test('that goes on when the endpoint starts again ends with its boot', () => {
    const going = sightings(stayEvents().slice(0, 4))
    const [incident] = incidentsOf([going], { [boot]: start, other: start + 60_000 })
    expect(incident).toMatchObject({ endedAt: start + 60_000, endedBy: 'boot-ended' })
  })

  test('whose violation came more than a minute after its time is received late', () => {
    const [incident] = incidentsOf([sightings(stayEvents(), 60_001)])
    expect(incident?.receivedLate).toBe(true)
  })

  test('two media at one time are two incidents', () => {
    const both = [...stayEvents(), ...stayEvents({ plug: 'f'.repeat(32) })]
    expect(incidentsOf([sightings(both)])).toHaveLength(2)
  })
})

describe('a network episode', () => {
  test('is one incident from link-up to link-down, with what broke a rule', () => {
    const [incident, ...more] = incidentsOf([sightings(episodeEvents())])
    expect(more).toEqual([])
    expect(incident).toMatchObject({
      kind: 'network-episode',
      severity: 'critical',
      endedBy: 'link-down',
      endedAt: start + 5002,
      events: 6,
      violations: 2,
      network: {
        interface: { name: 'enx0' },
        broke: [
          { what: 'address', text: '10.9.9.9/24', gone: true },
          { what: 'route', text: '0.0.0.0/0 via 10.9.9.1', gone: true },
        ],
      },
    })
  })

  test('of a second link-up is a second incident', () => {
    expect(incidentsOf([sightings([...episodeEvents(), ...episodeEvents(60_000)])])).toHaveLength(2)
  })

  test('keeps the second link-down, by which an interface says that it is gone', () => {
    const gone = event('net.link-down', 5002, { subject: episodeEvents()[0]?.subject, detail: { gone: true } })
    const [incident, ...more] = incidentsOf([sightings([...episodeEvents(), gone])])
    expect(more).toEqual([])
    expect(incident).toMatchObject({ events: 7, endedBy: 'link-down' })
    expect(incident?.span?.to).toBeUndefined()
  })

  test('is the same when the link is found present anew', () => {
    const present = event('net.link-up', 300, { found: 'present', subject: episodeEvents()[0]?.subject })
    expect(incidentsOf([sightings([...episodeEvents(), present])])).toHaveLength(1)
  })

  test('is over when all that broke a rule is gone', () => {
    const [incident] = incidentsOf([sightings(episodeEvents().slice(0, 5))])
    expect(incident).toMatchObject({ endedBy: 'cleared', endedAt: start + 5001 })
  })

  test('goes on while one thing that broke a rule is left', () => {
    const [incident] = incidentsOf([sightings(episodeEvents().slice(0, 4))])
    expect(incident?.endedAt).toBeUndefined()
  })
})

/** Histories of several stays and interfaces in one boot, with everything that correlation reads. */
const history = fc
  .array(
    fc.record({
      kind: fc.constantFrom('connected', 'copied', 'interrupted', 'removed', 'up', 'down', 'address', 'gone', 'route'),
      ms: fc.integer({ min: 0, max: 500_000 }),
      which: fc.integer({ min: 1, max: 2 }),
      broken: fc.boolean(),
      severe: fc.boolean(),
      lateMs: fc.constantFrom(0, 61_000),
    }),
    { maxLength: 40 },
  )
  .map((steps) => steps.toSorted((a, b) => a.ms - b.ms).map(sightingOf))

function sightingOf(
  step: { kind: string; ms: number; which: number; broken: boolean; severe: boolean; lateMs: number },
  index: number,
): Sighting {
  const verdicts = step.broken ? [verdict(step.severe ? { severity: 'critical' } : {})] : []
  const of = String(step.which).repeat(32)
  const stay = { c: 'medium.connected', o: 'file.copied', i: 'file.copy-interrupted', r: 'medium.removed' }
  const link = { index: step.which, name: `eth${step.which}`, type: 'ethernet' }
  const address = { family: 'ipv4', address: `10.0.0.${step.which}`, prefix: 24 }
  const make = (): Event => {
    const template = (kind: string): Event | undefined => stayEvents({ plug: of }).find((each) => each.kind === kind)
    switch (step.kind) {
      case 'up':
        return event('net.link-up', step.ms, { subject: { interface: link }, verdicts })
      case 'down':
        return event('net.link-down', step.ms, { subject: { interface: link }, detail: { gone: false } })
      case 'address':
        return event('net.address', step.ms, {
          subject: { interface: link, address },
          verdicts,
          detail: { change: 'added' },
        })
      case 'gone':
        return event('net.address', step.ms, { subject: { interface: link, address }, detail: { change: 'removed' } })
      case 'route':
        return event('net.route-changed', step.ms, {
          subject: { interface: link, route: { family: 'ipv4', destination: '0.0.0.0/0', table: 254 } },
          verdicts,
          detail: { change: 'added' },
        })
      default: {
        const kind = { connected: stay.c, copied: stay.o, interrupted: stay.i, removed: stay.r }[step.kind] ?? stay.c
        const { subject, detail } = template(kind) ?? {}
        return event(kind, step.ms, { subject, detail, verdicts })
      }
    }
  }
  const made = make()
  const at = parseTime(made.at)
  return { event: made, agent, epoch, index, at, receivedAt: at + step.lateMs }
}

test('any order and any batches of the same events give the same incidents', () => {
  fc.assert(
    fc.property(history, fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 7 }), (inOrder, random, size) => {
      const order = inOrder
        .map((sighting) => ({ sighting, rank: random.next().value }))
        .toSorted((a, b) => a.rank - b.rank)
      const shuffled = order.map(({ sighting }) => sighting)
      const batches = Array.from({ length: Math.ceil(shuffled.length / size) }, (_, i) =>
        shuffled.slice(i * size, (i + 1) * size),
      )
      expect(incidentsOf(batches)).toEqual(incidentsOf([inOrder]))
    }),
    { numRuns: 300 },
  )
})

test('an event without a medium or an interface belongs to no matter', () => {
  const [sighting] = sightings([event('agent.stopped', 0, { detail: { reason: 'service-stop' } })])
  expect(sighting && matterOf(sighting)).toBeUndefined()
  expect(plug).toHaveLength(32)
})
