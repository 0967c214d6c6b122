/** A stay: one medium in one endpoint, from plugging to pulling. Everything from connect to remove belongs to it, also
 *  what was only noted; it is an incident once a rule is broken. */
import { createHash } from 'node:crypto'
import type { Event } from '#shared/event/event.ts'
import type { Medium } from '#shared/event/subject.ts'
import { addVerdicts, worstFirst, type RuleCounts } from './broken-rules.ts'
import type { EndedBy, FileLeft, Incident } from './incident.ts'
import type { Matter, Step, Surroundings } from './matter.ts'
import { betweenOf, isVerified, spanOf, timeOf, type Anchors, type Moment, type Span } from './moment.ts'

/** Files named in the incident itself; the timeline has all. */
const MAX_FILES = 20
const MAX_VOLUMES = 8
/** Connections and mounts that are known to have been told, so that a second telling counts nothing: × 16 bytes. Beyond it
 *  a telling counts as new. */
const MAX_TOLD = 256

interface Facts {
  readonly events: number
  readonly violations: number
  readonly first: Moment
  readonly last: Moment
  /** Absent while no rule was broken. */
  readonly opened?: Moment
  readonly ended?: { readonly by: EndedBy; readonly at: Moment; readonly span?: Span }
  readonly late: boolean
  readonly rules: RuleCounts
  readonly told: readonly string[]
  /** The fullest description heard, of equally full ones the latest. */
  readonly medium?: Medium
  readonly volumes: readonly string[]
  readonly started: number
  readonly copied: number
  readonly interrupted: number
  /** The first of those that came to an end. */
  readonly files: readonly FileLeft[]
}

const begin = (at: Moment): Facts => ({
  events: 0,
  violations: 0,
  first: at,
  last: at,
  late: false,
  rules: {},
  told: [],
  volumes: [],
  started: 0,
  copied: 0,
  interrupted: 0,
  files: [],
})

function step(before: Facts | undefined, { event }: { event: Event }, around: Surroundings): Step<Facts> {
  const { at, isClosed, opensAnew, late } = around
  const told = toldAs(event)
  const counts = event.verdicts.length > 0 && (told === undefined || before?.told.includes(told) !== true)
  const opened = before?.opened !== undefined
  const isLinked = counts && opened && (opensAnew || (isClosed && before.ended !== undefined))
  const facts = gain(isLinked ? anew(before, at) : (before ?? begin(at)), event, { at, counts, told, late })
  if (facts.opened === undefined) return { facts, belongs: 'matter' }
  return {
    facts,
    belongs: 'incident',
    ...(counts && { counts }),
    ...(counts && !opened && { opens: 'new' as const }),
    ...(isLinked && { opens: 'linked' as const }),
    ...(counts && opened && !isLinked && isClosed && { reopens: true as const }),
  }
}

/** People closed what was there, and it had ended: what comes now is counted by itself. */
function anew({ medium, volumes, ended, told }: Facts, at: Moment): Facts {
  return { ...begin(at), told, volumes, ...(medium && { medium }), ...(ended && { ended }) }
}

interface Gained {
  readonly at: Moment
  readonly counts: boolean
  readonly told: string | undefined
  readonly late: boolean
}

function gain(facts: Facts, event: Event, { at, counts, told, late }: Gained): Facts {
  const isFirst = facts.events === 0
  const ended = endOf(event, at)
  return {
    ...facts,
    events: facts.events + 1,
    violations: facts.violations + (counts ? 1 : 0),
    first: isFirst || at.mono < facts.first.mono ? at : facts.first,
    last: isFirst || at.mono >= facts.last.mono ? at : facts.last,
    // Logs of two branches may tell of one stay, and come in either order: the earliest counts.
    ...(counts && (facts.opened === undefined || at.mono < facts.opened.mono) && { opened: at }),
    ...(ended && isBetter(ended, facts.ended) && { ended }),
    late: facts.late || (counts && late),
    rules: counts ? addVerdicts(facts.rules, event.verdicts) : facts.rules,
    ...(counts && told !== undefined && facts.told.length < MAX_TOLD && { told: [...facts.told, told] }),
    ...withMedium(facts, event),
    volumes: withVolume(facts.volumes, event.subject.volume?.mountPoint),
    started: facts.started + (event.kind === 'file.copy-started' ? 1 : 0),
    copied: facts.copied + (event.kind === 'file.copied' ? 1 : 0),
    interrupted: facts.interrupted + (event.kind === 'file.copy-interrupted' ? 1 : 0),
    files: withFile(facts.files, event),
  }
}

/** What was seen is better than what was only found, and the earlier of two that were seen. */
const isBetter = (end: NonNullable<Facts['ended']>, than: Facts['ended']): boolean =>
  than?.by !== 'removed' || (end.by === 'removed' && end.at.mono < than.at.mono)

/** What one telling of a connection or a mount is known by; a file event is always one of its own. */
function toldAs({ kind, subject: { volume }, verdicts }: Event): string | undefined {
  if (kind !== 'medium.connected' && kind !== 'medium.mounted') return undefined
  const rules = verdicts.map(({ rule, severity }) => `${rule} ${severity}`).toSorted()
  const parts = [kind, volume?.device ?? '', volume?.mountPoint ?? '', ...rules]
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12)
}

function endOf(event: Event, at: Moment): Facts['ended'] {
  if (event.kind !== 'medium.removed') return undefined
  const span = spanOf(event.detail.between, at)
  return { by: event.found === 'recovered' ? 'recovered' : 'removed', at, ...(span && { span }) }
}

function withMedium({ medium }: Facts, { kind, subject }: Event): { medium?: Medium } {
  if (kind !== 'medium.connected' && kind !== 'medium.mounted' && kind !== 'medium.removed') return {}
  const candidate = subject.medium
  if (!isWhole(candidate)) return {}
  return medium === undefined || Object.keys(candidate).length >= Object.keys(medium).length
    ? { medium: candidate }
    : {}
}
const isWhole = (medium: object | undefined): medium is Medium => medium !== undefined && 'score' in medium

const withVolume = (volumes: readonly string[], mountPoint: string | undefined): readonly string[] =>
  mountPoint === undefined || volumes.includes(mountPoint) || volumes.length >= MAX_VOLUMES
    ? volumes
    : [...volumes, mountPoint]

function withFile(files: Facts['files'], event: Event): Facts['files'] {
  if (files.length >= MAX_FILES) return files
  if (event.kind !== 'file.copied' && event.kind !== 'file.copy-interrupted') return files
  const { file } = event.subject
  if (file === undefined) return files
  const { path, copy, sizeBytes } = file
  const outcome = event.kind === 'file.copied' ? ('copied' as const) : ('interrupted' as const)
  return [...files, { path, outcome, ...(sizeBytes !== undefined && { sizeBytes }), copy }]
}

function picture(facts: Facts, anchors: Anchors): Incident | undefined {
  const rules = worstFirst(facts.rules)
  const [worst] = rules
  if (worst === undefined || facts.opened === undefined) return undefined
  const { ended, medium } = facts
  return {
    kind: 'stay',
    openedAt: timeOf(facts.opened, anchors),
    firstAt: timeOf(facts.first, anchors),
    lastAt: timeOf(facts.last, anchors),
    ...(ended && {
      endedAt: timeOf(ended.at, anchors),
      endedBy: ended.by,
      ...(ended.span && { endedBetween: betweenOf(ended.span, anchors) }),
    }),
    unverified: !isVerified(facts.opened, anchors),
    severity: worst.severity,
    rules,
    events: facts.events,
    violations: facts.violations,
    receivedLate: facts.late,
    ...(medium && { medium }),
    volumes: [...facts.volumes],
    files: {
      started: facts.started,
      copied: facts.copied,
      interrupted: facts.interrupted,
      first: [...facts.files],
    },
  }
}

export const stay: Matter<Facts> = {
  kind: 'stay',
  key: ({ subject }) => subject.plug,
  partOf: () => undefined,
  step,
  end: (facts, { by, span }) =>
    facts.ended === undefined ? { ...facts, ended: { by, at: span.before, span } } : facts,
  goesOn: ({ ended }) => ended === undefined,
  picture,
  boots: ({ first, last, ended }) => [first.boot, last.boot, ...(ended ? [ended.at.boot] : [])],
}
