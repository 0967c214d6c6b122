import fc from 'fast-check'
import { expect, test } from 'vitest'
import { alertId, alertsDue, alertsFor } from '#collector/alerts/due.ts'
import { channelsOf } from '#collector/alerts/routes.ts'
import { severities } from '#shared/vocabulary/levels.ts'
import { putAlerts } from '#collector/store/alerts.ts'
import type { Incident } from '#collector/incidents/correlate/incident.ts'
import { openTestStore } from '../../support/collector-store.ts'
import { stayIncident } from '../../support/incidents.ts'

const files = (copied: number, interrupted = 0) => ({ files: { copied, interrupted, started: 9, first: [] } })
const quiet = stayIncident({ severity: 'high', ...files(0) })

test.for([
  ['a new incident', undefined, stayIncident({ endedAt: 1 }), ['opened']],
  ['only more events', quiet, { ...quiet, events: 99, violations: 9, lastAt: 1 }, []],
  ['a copy that has only started', quiet, { ...quiet, ...files(0), events: 8 }, []],
  ['the first file copied', quiet, { ...quiet, ...files(1) }, ['files-left']],
  ['the first file interrupted', quiet, { ...quiet, ...files(0, 1) }, ['files-left']],
  ['one file more', { ...quiet, ...files(1) }, { ...quiet, ...files(2, 1) }, []],
  ['a worse severity', quiet, { ...quiet, severity: 'critical' }, ['raised-critical']],
  ['a better severity', quiet, { ...quiet, severity: 'low' }, []],
  ['its end', quiet, { ...quiet, endedAt: 5 }, ['ended']],
  ['another end', { ...quiet, endedAt: 5 }, { ...quiet, endedAt: 6 }, []],
  [
    'all at once',
    quiet,
    { ...quiet, severity: 'critical', endedAt: 5, ...files(1) },
    ['raised-critical', 'files-left', 'ended'],
  ],
] as [string, Incident | undefined, Incident, string[]][])('%s', ([, before, after, reasons]) =>
  expect(alertsDue(before, after)).toEqual(reasons),
)

test('an alert’s id is its incident, reason and channel', () => {
  expect(alertId('i', 'r', 'c')).toMatch(/^[0-9a-f]{32}$/)
  expect(
    new Set(
      [
        ['i', 'r', 'c'],
        ['j', 'r', 'c'],
        ['i', 's', 'c'],
        ['i', 'r', 'd'],
      ].map(([i = '', r = '', c = '']) => alertId(i, r, c)),
    ).size,
  ).toBe(4)
})

test('without mail, alerts are due on the channel that waits', () => {
  expect(channelsOf()).toEqual(['mail'])
  expect(channelsOf([{ name: 'office', to: ['a@example.org', 'b@example.org'], level: 'secret' }])).toEqual([
    'mail/office/a@example.org',
    'mail/office/b@example.org',
  ])
})

const state = fc.record({
  severity: fc.constantFrom(...severities),
  endedAt: fc.option(fc.nat(), { nil: undefined }),
  copied: fc.nat(2),
  interrupted: fc.nat(2),
})

test('whatever an incident goes through, and however often, each reason is due once a channel', async () => {
  await using kept = await openTestStore()
  const { db } = kept.store
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(state, { minLength: 1, maxLength: 12 }), async (states) => {
      const id = String(run++).padStart(32, '0')
      let before: Incident | undefined
      for (const { severity, endedAt, copied, interrupted } of states) {
        const after = stayIncident({
          id,
          severity,
          ...files(copied, interrupted),
          ...(endedAt === undefined ? {} : { endedAt }),
        })
        const alerts = alertsFor(before, after, { channels: ['one', 'two'], at: 1 })
        await putAlerts(db, alerts)
        await putAlerts(db, alerts) // a commit that was retried
        before = after
      }
      const rows = await db.selectFrom('alert').selectAll().where('incident_id', '=', id).execute()
      const said = rows.map(({ reason, channel }) => `${reason} ${channel}`)
      expect(new Set(said).size).toBe(said.length)
      expect(said).toEqual(expect.arrayContaining(['opened one', 'opened two']))
    }),
    { numRuns: 50 },
  )
})
