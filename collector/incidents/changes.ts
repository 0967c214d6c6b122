/** What one commit does to incidents: gathered while it goes on, numbered and told at its end. */
import { severities } from '#shared/vocabulary/levels.ts'
import { tell, type ChangedIncident, type Told } from '#collector/alerts/tell.ts'
import {
  changeIncident,
  insertIncident,
  stampRevisions,
  type AgentPlace,
  type IncidentChange,
  type IncidentRow,
} from '#collector/store/incidents.ts'
import { anchorsOf } from '#collector/store/boots.ts'
import type { Tx } from '#collector/store/schema.ts'
import type { Incident, IncidentKind } from './correlate/incident.ts'
import type { Anchor, Anchors } from './correlate/moment.ts'
import { bootsIn, deviceOf, incidentOf, picture } from './pictures.ts'
import { collectorActs, type CollectorAct } from './workflow/collector-acts.ts'

export interface Changes {
  readonly tx: Tx
  /** The clocks of these boots, as far as they are known. */
  readonly anchors: (boots: readonly number[]) => Promise<Anchors>
  /** A boot's clock has just become known. */
  readonly anchored: (boot: number, anchor: Anchor) => void
  /** Makes an incident; its number. */
  readonly open: (fresh: Fresh) => Promise<number>
  /** New facts of an incident; its picture follows. `boot`: of its newest event. */
  readonly update: (row: IncidentRow, facts: NewFacts) => Promise<void>
  /** An incident is no longer found in the entries; `into`: the one that has them now. */
  readonly withdraw: (row: IncidentRow, why: { into: number | null; reason: string }) => Promise<void>
  /** Numbers the changes, tells the mailboxes, writes what the collector did. Last in the transaction. */
  readonly finish: () => Promise<readonly string[]>
}

export interface Fresh {
  readonly id: string
  readonly kind: IncidentKind
  readonly place: AgentPlace
  readonly matterId: number | null
  readonly facts: string
  readonly boot: number
  /** ms since 1970. */
  readonly arrivedAt: number
  readonly linkedTo: number | null
}

export interface NewFacts {
  readonly facts: string
  readonly boot?: number
  readonly reopened?: boolean
}

interface Touched {
  readonly id: string
  readonly changed: ChangedIncident
}

export function openChanges(tx: Tx, told: Told): Changes {
  const touched = new Map<number, Touched>()
  const acts: CollectorAct[] = []
  const { now } = told

  const clocks = new Map<number, Anchor | undefined>() // a few boots a commit
  const anchors = async (boots: readonly number[]): Promise<Anchors> => {
    const unknown = [...new Set(boots)].filter((boot) => !clocks.has(boot))
    const found = await anchorsOf(tx, unknown)
    for (const boot of unknown) clocks.set(boot, found.get(boot))
    return new Map([...clocks].flatMap(([boot, anchor]) => (anchor === undefined ? [] : [[boot, anchor]])))
  }
  const shown = async (kind: string, facts: string): Promise<Incident> => {
    const made = picture(kind, facts, await anchors(bootsIn(kind, facts)))
    if (made === undefined) throw new Error(`An incident of kind ${kind} without a violation.`)
    return made
  }
  const touch = (number: number, id: string, change: ChangedIncident): void => {
    const earlier = touched.get(number)?.changed
    const what = change.what ?? earlier?.what
    touched.set(number, {
      id,
      changed: { ...change, before: earlier === undefined ? change.before : earlier.before, ...(what && { what }) },
    })
  }

  return {
    tx,
    anchors,
    anchored: (boot, anchor) => void clocks.set(boot, anchor),
    async open({ id, kind, place, matterId, facts, boot, arrivedAt, linkedTo }) {
      const after = await shown(kind, facts)
      const number = await insertIncident(tx, {
        id,
        kind,
        matter_id: matterId,
        agent_id: place.agentId,
        endpoint_id: place.endpointId,
        department: place.department,
        level: place.level,
        stage: 'open',
        arrived_at: arrivedAt,
        boot_id: boot,
        opening_entry: null,
        facts: kind === 'stay' ? null : facts,
        revision: 0,
        linked_to: linkedTo,
        withdrawn_into: null,
        ...columnsOf(after),
      })
      touch(number, id, { number, endpointId: place.endpointId, before: undefined, after })
      acts.push({ incident: number, kind: 'opened', at: now, ...(linkedTo !== null && { fields: { linkedTo } }) })
      return number
    },
    async update(row, { facts, boot, reopened = false }) {
      const before = incidentOf(row)
      const after = await shown(row.kind, facts)
      const change: IncidentChange = {
        ...columnsOf(after),
        ...(row.kind !== 'stay' && { facts }),
        ...(boot !== undefined && boot !== row.boot_id && { boot_id: boot }),
      }
      const isSame = Object.entries(change).every(([column, value]) => Reflect.get(row, column) === value)
      if (isSame && !reopened) return
      await changeIncident(tx, row.number, change)
      const what = reopened ? { what: 'reopened' as const } : {}
      touch(row.number, row.id, { number: row.number, endpointId: row.endpoint_id, before, after, ...what })
      if (reopened) acts.push({ incident: row.number, kind: 'reopened', at: now })
      else if (severities.indexOf(after.severity) < row.severity)
        acts.push({ incident: row.number, kind: 'raised', at: now, fields: { severity: after.severity } })
    },
    async withdraw(row, { into, reason }) {
      await changeIncident(tx, row.number, { withdrawn_into: into, ended_at: row.ended_at ?? row.last_at })
      const state = incidentOf(row)
      const change = { number: row.number, endpointId: row.endpoint_id, before: state, after: state }
      touch(row.number, row.id, { ...change, what: 'withdrawn' })
      acts.push({ incident: row.number, kind: 'withdrawn', at: now, reason, fields: { into } })
    },
    async finish() {
      if (acts.length > 0) await collectorActs(tx, acts)
      if (touched.size === 0) return []
      await tell(
        tx,
        [...touched.values()].map(({ changed }) => changed),
        told,
      )
      await stampRevisions(tx, [...touched.keys()])
      return [...touched.values()].map(({ id }) => id)
    },
  }
}

const columnsOf = (incident: Incident) => ({
  severity: severities.indexOf(incident.severity),
  opened_at: incident.openedAt,
  last_at: incident.lastAt,
  ended_at: incident.endedAt ?? null,
  state: JSON.stringify(incident),
  device: deviceOf(incident),
})
