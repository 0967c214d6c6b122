import { expect, test } from 'vitest'
import { newsBut, newsOf } from '#collector/alerts/due.ts'
import { dailyOf, mailboxesOf } from '#collector/alerts/routes.ts'
import type { Incident } from '#collector/incidents/correlate/incident.ts'
import { episodeIncident, stayIncident } from '../../support/incidents.ts'

const files = (copied: number, interrupted = 0) => ({ files: { copied, interrupted, started: 9, first: [] } })
const quiet = stayIncident({ severity: 'high', ...files(0) })
const { network } = episodeIncident()
const contacts = (count: number): Partial<Incident> => (network ? { network: { ...network, contacts: count } } : {})
const { endedAt: _at, endedBy: _by, ...still } = episodeIncident()

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
  ['an end taken back by a further contact', { ...still, endedAt: 5 }, { ...still, ...contacts(3) }, ['contact']],
  ['a further contact that is over', still, { ...still, ...contacts(3), endedAt: 9 }, ['contact', 'ended']],
  [
    'more matters of a flood',
    { ...quiet, many: { of: 'stay', matters: 2 } },
    { ...quiet, many: { of: 'stay', matters: 3 } },
    [],
  ],
  [
    'all at once',
    quiet,
    { ...quiet, severity: 'critical', endedAt: 5, ...files(1) },
    ['raised-critical', 'files-left', 'ended'],
  ],
] as [string, Incident | undefined, Incident, string[]][])('%s', ([, before, after, reasons]) =>
  expect(newsOf(before, after)).toEqual(reasons),
)

test('a closed incident that is broken again, and one that is none any more', () => {
  expect(newsOf(quiet, { ...quiet, severity: 'critical' }, 'reopened')).toEqual(['reopened', 'raised-critical'])
  expect(newsOf(quiet, { ...quiet, endedAt: 5 }, 'withdrawn')).toEqual(['withdrawn'])
})

const rules = (...names: string[]) => ({
  rules: names.map((rule) => ({ rule, clause: 'c', severity: 'high' as const, count: 1 })),
})

test.for([
  ['its only rule is muted', undefined, rules('a'), []],
  ['all of its rules are muted', undefined, rules('a', 'b'), []],
  ['one of its rules is not', undefined, rules('a', 'c'), ['opened']],
  ['it breaks no rule by name', undefined, rules(), ['opened']],
  ['it was muted, and a rule that is not comes to it', rules('a'), rules('a', 'c'), ['opened']],
  ['it goes on in silence', rules('a'), { ...rules('a'), severity: 'critical' as const }, []],
] as const)('muted: %s', ([, before, after, reasons]) => {
  const change = {
    before: before && stayIncident({ severity: 'high', rules: [...before.rules] }),
    after: stayIncident({ severity: 'high', ...after, rules: [...after.rules] }),
  }
  expect(newsBut(new Set(['a', 'b']), change)).toEqual(reasons)
})

test('that it was withdrawn is told whether it is muted or not', () => {
  const change = { before: stayIncident(rules('a')), after: stayIncident(rules('a')), what: 'withdrawn' as const }
  expect(newsBut(new Set(['a']), change)).toEqual(['withdrawn'])
})

const routes = [
  { name: 'office', to: ['a@example.org', 'b@example.org'], level: 'secret' },
  { name: 'city', to: ['c@example.org'], level: 'public' },
] as const

test('without mail, alerts wait in a mailbox of their own', () => {
  expect(mailboxesOf({})).toEqual(['mail'])
  expect(mailboxesOf({ mail: { routes } })).toEqual([
    'mail/office/a@example.org',
    'mail/office/b@example.org',
    'mail/city/c@example.org',
  ])
})

test.for([
  [undefined, 3],
  [['city'], 1],
  [[], 0],
] as const)('the daily mail goes to the routes that are named (%j), without a name to all', ([to, count]) => {
  const { at, mailboxes } = dailyOf(routes, { at: '08:00', to })
  expect([at, mailboxes.length]).toEqual(['08:00', count])
})
