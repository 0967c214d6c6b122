/** Incidents put into a store by hand: for whoever reads them and does not care how they came about. */
import { randomBytes } from 'node:crypto'
import type { Event } from '#shared/event/event.ts'
import { severities, type Severity } from '#shared/vocabulary/levels.ts'
import { parseTime } from '#shared/vocabulary/clock.ts'
import type { Incident } from '#collector/incidents/correlate/incident.ts'
import { deviceOf } from '#collector/incidents/pictures.ts'
import { collectorActs } from '#collector/incidents/workflow/collector-acts.ts'
import { agentById } from '#collector/store/agents.ts'
import type { Store } from '#collector/store/database.ts'
import { endpointById } from '#collector/store/endpoints.ts'
import { bootOf } from '#collector/store/boots.ts'
import { insertLog } from '#collector/store/logs.ts'
import { insertIncident, stampRevisions } from '#collector/store/incidents.ts'
import type { Tx } from '#collector/store/schema.ts'
import { start } from './events.ts'

const incidentOf = (over: Partial<Incident> = {}): Incident => ({
  kind: 'stay',
  openedAt: start,
  firstAt: start,
  lastAt: start,
  unverified: false,
  severity: 'high',
  rules: [{ rule: 'unregistered-medium', clause: 'mb-4.2-5', severity: 'high', count: 1 }],
  events: 1,
  violations: 1,
  receivedLate: false,
  ...over,
})

export interface IncidentHere {
  /** Row number of the agent; its endpoint is where it is now. */
  readonly agent: number
  readonly incident?: Partial<Incident>
  readonly arrivedAt?: number
  readonly stage?: string
}

const rank = (severity: Severity): number => severities.indexOf(severity)

/** Its number. */
export async function putIncident(
  tx: Tx,
  { agent, incident, arrivedAt, stage = 'open' }: IncidentHere,
): Promise<number> {
  const row = await agentById(tx, agent)
  const endpoint = row && (await endpointById(tx, row.endpoint_id))
  if (endpoint === undefined) throw new Error(`There is no agent ${agent}.`)
  const state = incidentOf(incident)
  const number = await insertIncident(tx, {
    id: randomBytes(16).toString('hex'),
    kind: state.kind,
    matter_id: null,
    agent_id: agent,
    endpoint_id: endpoint.id,
    department: endpoint.department,
    level: endpoint.level,
    severity: rank(state.severity),
    stage,
    opened_at: state.openedAt,
    arrived_at: arrivedAt ?? state.openedAt,
    last_at: state.lastAt,
    ended_at: state.endedAt ?? null,
    boot_id: null,
    opening_entry: null,
    facts: null,
    state: JSON.stringify(state),
    device: deviceOf(state),
    revision: 0,
    linked_to: null,
    withdrawn_into: null,
  })
  await stampRevisions(tx, [number])
  await collectorActs(tx, [{ incident: number, kind: 'opened', at: arrivedAt ?? state.openedAt }])
  return number
}

export const addIncident = async (store: Store, here: IncidentHere): Promise<{ number: number; id: string }> =>
  store.write(async (tx) => {
    const number = await putIncident(tx, here)
    const { id } = await tx.selectFrom('incident').select('id').where('number', '=', number).executeTakeFirstOrThrow()
    return { number, id }
  })

/** A log of the agent with these events, all of one boot and of one incident. */
export async function addEvents(
  store: Store,
  { agent, epoch, incident, receivedAt }: { agent: number; epoch: string; incident: number; receivedAt?: number },
  events: readonly Event[],
): Promise<void> {
  const [first] = events
  if (first === undefined) return
  await store.write(async (tx) => {
    const boot = await bootOf(tx, agent, first.boot)
    const at = parseTime(first.at)
    const log = await insertLog(tx, {
      agent_id: agent,
      epoch,
      size: events.length,
      frontier: new Uint8Array(),
      checkpoint: '',
      boot_id: boot.id,
      branch: null,
      position: 1,
      first_mono: first.mono,
      last_mono: first.mono,
      first_wall: at,
      last_wall: at,
    })
    for (const [idx, event] of events.entries())
      await tx
        .insertInto('entry')
        .values({
          log_id: log,
          idx,
          at: parseTime(event.at),
          received_at: receivedAt ?? parseTime(event.at),
          state: 0,
          incident_number: incident,
          line: Buffer.from(JSON.stringify(event)),
        })
        .execute()
  })
}
