/** What is stored that a new log's place among the agent's logs depends on. */
import { rootOf, unpackFrontier } from '#shared/evidence/merkle.ts'
import type { AgentPlace } from '#collector/store/incidents.ts'
import { logAfter, logByEpoch, logsNaming, newestLog, type KnownLogRow } from '#collector/store/logs.ts'
import { wasRefused } from '#collector/store/refusals.ts'
import type { Tx } from '#collector/store/schema.ts'
import type { LogBefore, KnownLogs } from './succession.ts'

/** Chains of logs that took each other's place are walked so far; one that is longer is looked at as it stands there. */
export const MAX_REPLACEMENTS = 16

/** `previous`: what its first entry names. */
export async function knownLogs(
  tx: Tx,
  { agentId, agent }: AgentPlace,
  previous: { epoch: string } | undefined,
): Promise<KnownLogs> {
  const last = await newestLog(tx, agentId)
  const newest = last && knownLog(last)
  const none = { newest, instead: undefined, replacement: undefined, successor: undefined, next: undefined }
  const named = previous && (await logByEpoch(tx, agentId, previous.epoch))
  if (previous === undefined) return { ...none, named: undefined }
  if (named === undefined) {
    if (!(await wasRefused(tx, agent, previous.epoch))) return { ...none, named }
    const [naming] = await logsNaming(tx, agentId, previous.epoch, 1)
    const instead = last?.ended === 'refused' || naming !== undefined ? newest : undefined
    return { ...none, named, instead, successor: naming && knownLog(naming) }
  }
  let [tip, successor] = [named, undefined as KnownLogRow | undefined]
  for (let walked = 0; walked < MAX_REPLACEMENTS; walked++) {
    const naming = await logsNaming(tx, agentId, tip.epoch, MAX_REPLACEMENTS)
    successor ??= naming.find(({ ended }) => ended !== 'refused')
    const instead = naming.findLast(({ ended }) => ended === 'refused')
    if (instead === undefined) break
    tip = instead
  }
  const next = await logAfter(tx, agentId, tip.position)
  return {
    ...none,
    named: knownLog(named),
    replacement: tip === named ? undefined : knownLog(tip),
    successor: successor && knownLog(successor),
    next: next && knownLog(next),
  }
}

const knownLog = ({ id, epoch, size: at, frontier, branch, position }: KnownLogRow): LogBefore => ({
  id,
  epoch,
  size: at,
  root: rootOf(unpackFrontier(at, frontier)).toString('hex'),
  branch,
  position,
})
