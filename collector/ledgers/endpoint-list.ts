/** The endpoint ledger as people read it: each line with the agents on it. */
import type { Visible } from '#collector/access/visible.ts'
import { type AgentRow, livingAgents, livingAgentsOf } from '#collector/store/agents.ts'
import {
  endpointById as endpointRow,
  type EndpointRow,
  listEndpoints as endpointRows,
} from '#collector/store/endpoints.ts'
import type { Tx } from '#collector/store/schema.ts'

/** A computer, and the agents on it that are not retired, the newest first: as a rule one. */
export interface EndpointLine extends EndpointRow {
  readonly agents: readonly AgentRow[]
}

/** By department, then by name; what is out of use only where it is asked for. */
export async function listEndpoints(
  tx: Tx,
  visible: Visible,
  { retired }: { retired: boolean },
): Promise<EndpointLine[]> {
  if (visible === 'nothing') return []
  const agents = Map.groupBy(await livingAgents(tx), ({ endpoint_id }) => endpoint_id)
  const rows = (await endpointRows(tx)).filter(({ status }) => retired || status !== 'retired')
  return rows.map((row) => ({ ...row, agents: (agents.get(row.id) ?? []).toReversed() }))
}

export async function endpointById(tx: Tx, visible: Visible, id: number): Promise<EndpointLine | undefined> {
  const row = visible === 'all' ? await endpointRow(tx, id) : undefined
  return row && { ...row, agents: (await livingAgentsOf(tx, id)).toReversed() }
}
