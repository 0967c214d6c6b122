/** A stored endpoint → what the API shows of it. */
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { Level, NetworkKind } from '#shared/vocabulary/levels.ts'
import { Condition } from '#shared/wire/messages.ts'
import type { EndpointRow } from '#collector/store/endpoints.ts'
import type { EndpointView, Machine } from './shapes/endpoint.ts'

const Words = Compile(Type.Object({ level: Level, networkKind: NetworkKind }))
const Health = Type.Object({
  conditions: Type.Optional(Type.Array(Condition)),
  journal: Type.Optional(Type.Object({ unreceipted: Type.Integer() })),
})
const health = Compile(Health)

/** Throws where the store holds a word that is none: nothing writes one. */
export function machineOf(row: EndpointRow): Machine {
  const { agent, name, host, department, responsible } = row
  const words = Words.Parse({ level: row.level, networkKind: row.network_kind })
  return { agent, name, host, department, ...words, ...(responsible !== null && { responsible }) }
}

function healthOf({ health: text }: EndpointRow): Static<typeof Health> {
  const value: unknown = text === null ? {} : JSON.parse(text)
  return health.Check(value) ? value : {}
}

export function endpointView(row: EndpointRow): EndpointView {
  const { conditions = [], journal } = healthOf(row)
  return {
    ...machineOf(row),
    status: row.status,
    enrolledAt: row.enrolled_at,
    ...(row.connected_since !== null && { connectedSince: row.connected_since }),
    ...(row.last_seen_at !== null && { lastSeenAt: row.last_seen_at }),
    ...(row.version !== null && { version: row.version }),
    policyVersion: row.policy_version,
    registerVersion: row.register_version,
    conditions,
    ...(journal && { unreceipted: journal.unreceipted }),
  }
}
