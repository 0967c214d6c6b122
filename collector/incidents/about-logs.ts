/** An agent's logs do not fit together: one incident for each log, and what comes again is counted in it. */
import { levels, isClassified, type Severity } from '#shared/vocabulary/levels.ts'
import { hasMoreGoingOn, incidentById, type AgentPlace } from '#collector/store/incidents.ts'
import type { Changes } from './changes.ts'
import type { LogFacts } from './correlate/about-logs.ts'
import { incidentId } from './correlate/matter.ts'
import { MAX_OPEN_OF_A_KIND } from './apply-folded.ts'
import { logFacts } from './pictures.ts'
import { reopens } from './workflow/case.ts'

export interface Misfit extends Pick<LogFacts, 'kind' | 'at' | 'epoch' | 'expected' | 'given'> {
  /** ms since 1970. */
  readonly receivedAt: number
}

export async function tellOfLog(
  changes: Changes,
  place: AgentPlace,
  { kind, at, epoch, expected, given, receivedAt }: Misfit,
): Promise<void> {
  const severity = severityOn(place.level)
  const facts: LogFacts = { kind, at, severity, epoch, expected, given, times: 1 }
  // An agent that begins a thousand logs of that sort tells nothing new by the next one: it is counted in the first.
  const isFlood = await hasMoreGoingOn(changes.tx, place.agentId, kind, MAX_OPEN_OF_A_KIND - 1)
  const id = incidentId(place.agent, kind, isFlood ? 'many' : epoch)
  const known = await incidentById(changes.tx, id)
  if (known === undefined) {
    const about = { kind, place, matterId: null, boot: at.boot, arrivedAt: receivedAt, linkedTo: null }
    await changes.open({ id, ...about, facts: JSON.stringify(facts) })
    return
  }
  const before = logFacts(known.facts)
  const again: LogFacts = before === undefined ? facts : { ...before, times: before.times + 1 }
  await changes.update(known, { facts: JSON.stringify(again), reopened: reopens(known.stage) })
}

/** A clone or an altered journal weighs as what may have been hidden by it. */
const severityOn = (level: string): Severity =>
  levels.some((known) => known === level && isClassified(known)) ? 'critical' : 'high'
