/** A stay: one medium in one endpoint, from plugging to pulling. Everything from connect to remove belongs to it, also
 *  what was only noted; it is an incident once a rule is broken. */
import type { Medium } from '#shared/event/subject.ts'
import { addVerdicts, worstFirst, type RuleCounts } from './broken-rules.ts'
import { isLate, type FileLeft, type Incident, type Sighting } from './incident.ts'
import { bootEnd, incidentId, type Matter } from './matter.ts'
import { compare, type Position } from './order.ts'

/** Files named in the incident itself; the timeline has all. */
const MAX_FILES = 20
const MAX_VOLUMES = 8

interface Facts {
  readonly boot?: string
  readonly events: number
  readonly violations: number
  readonly firstAt?: number
  readonly lastAt?: number
  readonly openedAt?: number
  readonly removedAt?: number
  readonly late: boolean
  readonly rules: RuleCounts
  /** The fullest description heard, of equally full ones the latest. */
  readonly medium?: { is: Medium; at: Position }
  readonly volumes: readonly string[]
  readonly started: number
  readonly copied: number
  readonly interrupted: number
  /** The first of those that came to an end, by their place in the log. */
  readonly files: readonly { file: FileLeft; at: Position }[]
}

const none: Facts = {
  events: 0,
  violations: 0,
  late: false,
  rules: {},
  volumes: [],
  started: 0,
  copied: 0,
  interrupted: 0,
  files: [],
}

const least = (a: number | undefined, b: number): number => (a === undefined ? b : Math.min(a, b))
const most = (a: number | undefined, b: number): number => (a === undefined ? b : Math.max(a, b))

function gain(facts: Facts, sighting: Sighting): Facts {
  const { event, at } = sighting
  const broke = event.verdicts.length > 0
  return {
    ...facts,
    boot: event.boot,
    events: facts.events + 1,
    violations: facts.violations + (broke ? 1 : 0),
    firstAt: least(facts.firstAt, at),
    lastAt: most(facts.lastAt, at),
    ...(broke && { openedAt: least(facts.openedAt, at) }),
    ...(event.kind === 'medium.removed' && { removedAt: most(facts.removedAt, at) }),
    late: facts.late || (broke && isLate(sighting)),
    rules: addVerdicts(facts.rules, event.verdicts),
    ...withMedium(facts, sighting),
    volumes: withVolume(facts.volumes, event.subject.volume?.mountPoint),
    started: facts.started + (event.kind === 'file.copy-started' ? 1 : 0),
    copied: facts.copied + (event.kind === 'file.copied' ? 1 : 0),
    interrupted: facts.interrupted + (event.kind === 'file.copy-interrupted' ? 1 : 0),
    files: withFile(facts.files, sighting),
  }
}

function withMedium({ medium }: Facts, { event, epoch, index }: Sighting): { medium?: NonNullable<Facts['medium']> } {
  const { kind, mono, subject } = event
  if (kind !== 'medium.connected' && kind !== 'medium.mounted' && kind !== 'medium.removed') return {}
  const candidate = { is: subject.medium, at: { mono, epoch, index } }
  if (!isWhole(candidate)) return {}
  if (medium === undefined) return { medium: candidate }
  const fuller = Object.keys(candidate.is).length - Object.keys(medium.is).length
  return fuller > 0 || (fuller === 0 && compare(candidate.at, medium.at) > 0) ? { medium: candidate } : {}
}

const isWhole = (candidate: { is: object | undefined; at: Position }): candidate is NonNullable<Facts['medium']> =>
  candidate.is !== undefined && 'score' in candidate.is

const withVolume = (volumes: readonly string[], mountPoint: string | undefined): readonly string[] =>
  mountPoint === undefined || volumes.includes(mountPoint)
    ? volumes
    : [...volumes, mountPoint].toSorted().slice(0, MAX_VOLUMES)

function withFile(files: Facts['files'], { event, epoch, index }: Sighting): Facts['files'] {
  if (event.kind !== 'file.copied' && event.kind !== 'file.copy-interrupted') return files
  const { file } = event.subject
  if (file === undefined) return files
  const { path, copy, sizeBytes } = file
  const outcome = event.kind === 'file.copied' ? 'copied' : 'interrupted'
  const left = {
    file: { path, outcome, ...(sizeBytes !== undefined && { sizeBytes }), copy } as const,
    at: { mono: event.mono, epoch, index },
  }
  return [...files, left].toSorted((a, b) => compare(a.at, b.at)).slice(0, MAX_FILES)
}

function incidents(
  facts: Facts,
  about: { agent: string; key: string },
  around: { boots: Record<string, number> },
): Incident[] {
  const rules = worstFirst(facts.rules)
  const [worst] = rules
  if (worst === undefined || facts.openedAt === undefined) return []
  const bootEndedAt = facts.boot === undefined ? undefined : bootEnd(facts.boot, around)
  const ended =
    facts.removedAt !== undefined
      ? { endedAt: facts.removedAt, endedBy: 'removed' as const }
      : bootEndedAt !== undefined && { endedAt: bootEndedAt, endedBy: 'boot-ended' as const }
  return [
    {
      id: incidentId(about.agent, 'stay', about.key),
      kind: 'stay',
      openedAt: facts.openedAt,
      firstAt: facts.firstAt ?? facts.openedAt,
      lastAt: facts.lastAt ?? facts.openedAt,
      ...ended,
      severity: worst.severity,
      rules,
      events: facts.events,
      violations: facts.violations,
      receivedLate: facts.late,
      ...(facts.medium && { medium: facts.medium.is }),
      volumes: [...facts.volumes],
      files: {
        started: facts.started,
        copied: facts.copied,
        interrupted: facts.interrupted,
        first: facts.files.map(({ file }) => file),
      },
    },
  ]
}

export const stay: Matter<Facts> = { kind: 'stay', key: ({ event }) => event.subject.plug, none, gain, incidents }
