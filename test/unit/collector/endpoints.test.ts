/** What publishing a ledger makes of the endpoints that there are. */
import { expect, test } from 'vitest'
import { changesBy } from '#collector/ledgers/endpoints.ts'
import { lookUp } from '#collector/ledgers/register.ts'
import type { AgentRow } from '#collector/store/agents.ts'
import type { EndpointRow } from '#collector/store/endpoints.ts'

const MAC = '52:54:00:00:00:01'
const ledger = lookUp({
  endpoints: [{ host: 'PC-1', macs: [MAC], level: 'secret', networkKind: 'standalone', department: '财务科' }],
  approvals: [],
})

const row = (id: number, status: EndpointRow['status']): EndpointRow => ({
  id,
  host: 'pc-1',
  name: 'pc-1',
  department: '综合科',
  responsible: null,
  level: 'secret',
  network_kind: 'standalone',
  allowed_networks: null,
  cards: null,
  gateway_macs: null,
  status,
  merged_into: null,
  made_at: 0,
  retired_at: null,
})

/** On the endpoint of its own number, with the line's MAC address. */
const agentOn = (id: number): AgentRow => ({
  id,
  agent: '',
  verifier_key: '',
  certificate_serial: '',
  endpoint_id: id,
  host: 'pc-1',
  passport: JSON.stringify({ macs: [MAC] }),
  machine: '{}',
  enrolled_at: 0,
  retired_at: null,
  connected_since: null,
  last_seen_at: null,
  last_address: null,
  version: null,
  policy_version: 0,
  register_version: 0,
  media_versions: '[]',
  health: null,
})

const confirmed = (
  rows: readonly EndpointRow[],
  living: readonly number[],
): (readonly [number, number | undefined])[] =>
  changesBy(ledger, rows, living.map(agentOn))
    .filter(({ registration }) => registration.status === 'confirmed')
    .map(({ row: { id, status }, into }) => [status === 'pending' ? id : -id, into] as const)

test('a machine that waited for its line gets it', () => {
  expect(confirmed([row(1, 'pending')], [1])).toEqual([[1, undefined]])
})

test('of two that claim one line the first gets it, and the other waits on', () => {
  expect(confirmed([row(1, 'pending'), row(2, 'pending')], [1, 2])).toEqual([[1, undefined]])
})

test('a line that a living agent has is nobody else’s; one that nobody living has is taken over', () => {
  const rows = [row(1, 'confirmed'), row(2, 'pending')]
  expect(confirmed(rows, [1, 2]).filter(([id]) => id > 0)).toEqual([])
  expect(confirmed(rows, [2]).filter(([id]) => id > 0)).toEqual([[2, 1]])
})
