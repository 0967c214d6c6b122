/** The endpoint ledger and the machines that enrolled: which line a machine is, and what that makes of its endpoint. Pure. */
import { Value } from 'typebox/value'
import type { AgentRow } from '#collector/store/agents.ts'
import type { EndpointRow, Registration } from '#collector/store/endpoints.ts'
import { Endpoint } from '#shared/policy/documents.ts'
import { Passport } from '#shared/wire/enrolment.ts'
import { plainMac, type LedgerEndpoint, type LedgerLookup } from './register.ts'

/** What a machine shows of itself when it enrols. */
export interface Claim {
  readonly host: string
  readonly passport: Pick<Passport, 'macs' | 'serial'>
  /** Of its token, or of the endpoint that was made of it. */
  readonly level: string
}

/** The ledger's line of a machine: its host name, with one of its MAC addresses or its serial number, and the level that
 *  its token had. Whether somebody has that line already is not asked here. */
export function lineOf(ledger: LedgerLookup, { host, passport, level }: Claim): LedgerEndpoint | undefined {
  const line = ledger.lineOf(host)
  if (line === undefined || line.level !== level) return undefined
  const seen = new Set((passport.macs ?? []).map(plainMac))
  const byMac = line.macs.some((mac) => seen.has(plainMac(mac)))
  return byMac || (line.serial !== undefined && line.serial === passport.serial) ? line : undefined
}

const listed = (values: readonly string[] | undefined): string | null =>
  values === undefined ? null : JSON.stringify(values)

/** What an endpoint is by its line. */
export const registrationOf = (line: LedgerEndpoint): Registration => ({
  host: line.host,
  name: line.name ?? line.host,
  department: line.department,
  responsible: line.responsible ?? null,
  level: line.level,
  network_kind: line.networkKind,
  allowed_networks: listed(line.allowedNetworks),
  cards: listed(line.cards),
  gateway_macs: listed(line.gatewayMacs?.map(plainMac)),
  status: 'confirmed',
})

/** A row of the store as the register names it. Throws where the row was altered by hand. */
export const endpointIn = (row: EndpointRow): Endpoint =>
  Value.Parse(Endpoint, {
    name: row.name,
    level: row.level,
    networkKind: row.network_kind,
    department: row.department,
    ...(row.responsible !== null && { responsible: row.responsible }),
    ...(row.allowed_networks !== null && { allowedNetworks: JSON.parse(row.allowed_networks) }),
    ...(row.cards !== null && { cards: JSON.parse(row.cards) }),
    ...(row.gateway_macs !== null && { gatewayMacs: JSON.parse(row.gateway_macs) }),
    status: row.status,
  })

export interface EndpointChange {
  readonly row: EndpointRow
  readonly registration: Registration
  /** It turned out to be this line, which no living agent has. */
  readonly into?: number
}

/** What the ledger makes of the endpoints that there are: who is confirmed by it, who is another than before, and who is
 *  pending again, for it has no line any more. */
export function changesBy(
  ledger: LedgerLookup,
  rows: readonly EndpointRow[],
  living: readonly AgentRow[],
): EndpointChange[] {
  const agents = Map.groupBy(living, ({ endpoint_id }) => endpoint_id)
  const confirmed = new Map(
    rows.filter(({ status }) => status === 'confirmed').map((row) => [row.host.toLowerCase(), row]),
  )
  const taken = new Set([...confirmed].filter(([, { id }]) => agents.has(id)).map(([host]) => host))
  return rows.flatMap((row): EndpointChange[] => {
    if (row.status === 'retired') return []
    if (row.status === 'confirmed') {
      const line = ledger.lineOf(row.host)
      const registration = line === undefined ? pendingAgain(row) : registrationOf(line)
      return differs(row, registration) ? [{ row, registration }] : []
    }
    const [agent] = agents.get(row.id) ?? []
    const line = agent && lineOf(ledger, { host: row.host, level: row.level, passport: passportOf(agent) })
    const host = line?.host.toLowerCase() ?? ''
    if (line === undefined || taken.has(host)) return []
    taken.add(host)
    const into = confirmed.get(host)?.id
    return [{ row, registration: registrationOf(line), ...(into !== undefined && { into }) }]
  })
}

const passportOf = ({ passport }: AgentRow): Passport => Value.Parse(Passport, JSON.parse(passport))

const pendingAgain = (row: EndpointRow): Registration => ({
  host: row.host,
  name: row.name,
  department: row.department,
  responsible: row.responsible,
  level: row.level,
  network_kind: row.network_kind,
  allowed_networks: null,
  cards: null,
  gateway_macs: null,
  status: 'pending',
})

const differs = (row: EndpointRow, registration: Registration): boolean =>
  Object.entries(registration).some(([field, value]) => Reflect.get(row, field) !== value)
