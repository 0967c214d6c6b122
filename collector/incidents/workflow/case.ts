/** What was made of an incident, by people and by the collector: facts with their dates, from which its stage is derived.
 *  Pure: replaying an incident's actions gives its case again. */
import { type Stage, stages } from '../correlate/incident.ts'

/** What people do. The last two need a reason. */
export const peoplesKinds = ['acknowledge', 'false-alarm', 'close'] as const
export type PeoplesKind = (typeof peoplesKinds)[number]
/** What the collector does: it opened the incident, its severity rose, a violation came after people were done with it (or
 *  correlation finds again what it withdrew), or correlation found that there was no such incident. */
export const collectorsKinds = ['opened', 'raised', 'reopened', 'withdrawn'] as const
export type CollectorsKind = (typeof collectorsKinds)[number]
export type ActionKind = PeoplesKind | CollectorsKind

/** Somebody did it, then. */
export interface Dated {
  readonly at: number
  readonly by: string
}

export interface Action extends Dated {
  readonly kind: ActionKind
}

export interface Case {
  readonly opened?: Dated
  readonly acknowledged?: Dated
  readonly falseAlarm?: Dated
  readonly closed?: Dated
  readonly reopened?: Dated
  readonly withdrawn?: Dated
  /** How many actions there were since it was opened: whoever acts names the one that they saw. */
  readonly version: number
}

export const NEW_CASE: Case = { version: 0 }

export function stageOf({ acknowledged, falseAlarm, closed, withdrawn }: Case): Stage {
  if (withdrawn) return 'withdrawn'
  if (closed) return 'closed'
  if (falseAlarm) return 'false-alarm'
  return acknowledged ? 'acknowledged' : 'open'
}

const LONG_AGO: Dated = { at: 0, by: '' }
const factOf: Readonly<Record<Stage, Omit<Case, 'version'>>> = {
  open: {},
  acknowledged: { acknowledged: LONG_AGO },
  'false-alarm': { falseAlarm: LONG_AGO },
  closed: { closed: LONG_AGO },
  withdrawn: { withdrawn: LONG_AGO },
}
/** The least that a stored stage and version say of a case: enough to know what comes of the next action. A stage that is
 *  none waits for somebody, as an open one does. */
export const caseAt = (stage: string, version: number): Case => ({
  ...factOf[stages.find((name) => name === stage) ?? 'open'],
  version,
})

/** The stages in which a violation of a matter that has not ended opens the incident again. */
export const reopens = (stage: string): boolean => stage === 'false-alarm' || stage === 'closed'

const from: Readonly<Record<ActionKind, readonly Stage[]>> = {
  opened: ['open'],
  acknowledge: ['open'],
  'false-alarm': ['open', 'acknowledged'],
  close: ['open', 'acknowledged', 'false-alarm'],
  raised: ['open', 'acknowledged', 'false-alarm', 'closed'],
  reopened: ['false-alarm', 'closed', 'withdrawn'],
  withdrawn: ['open', 'acknowledged', 'false-alarm', 'closed'],
}

export const isPossible = (stage: Stage, kind: ActionKind): boolean => from[kind].includes(stage)

/** The case after that action; undefined where its stage does not allow it. */
export function next(before: Case, { kind, at, by }: Action): Case | undefined {
  if (!isPossible(stageOf(before), kind)) return undefined
  const done: Dated = { at, by }
  const then = { ...before, version: before.version + 1 }
  if (kind === 'opened') return { ...before, opened: done }
  if (kind === 'raised') return then
  if (kind === 'acknowledge') return { ...then, acknowledged: done }
  if (kind === 'false-alarm') return { ...then, falseAlarm: done }
  if (kind === 'close') return { ...then, closed: done }
  if (kind === 'withdrawn') return { ...then, withdrawn: done }
  const { acknowledged: _, falseAlarm: _falseAlarm, closed: _closed, withdrawn: _withdrawn, ...rest } = then
  return { ...rest, reopened: done }
}
