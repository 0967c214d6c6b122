/** The ledgers, until they come: one YAML file with endpoints by host name, media, and approvals. */
import { Type, type Static } from 'typebox'
import { readConfigFile } from '#collector/config.ts'
import { Approval, MAX_DOCUMENT_BYTES, RegisteredMedium } from '#shared/policy/documents.ts'
import { isNetwork } from '#shared/policy/networks.ts'
import { parseTime } from '#shared/vocabulary/clock.ts'
import { isClassified, Level, NetworkKind } from '#shared/vocabulary/levels.ts'
import { ConfigError, readYaml, type Problem } from '#shared/vocabulary/yaml.ts'
import type { Passport } from '#shared/wire/enrolment.ts'

const closed = { additionalProperties: false }
const Name = Type.String({ minLength: 1, maxLength: 256 })

const LedgerEndpoint = Type.Object(
  {
    host: Name,
    /** One of these, or the serial, has to agree with the machine's passport before the endpoint is confirmed. */
    macs: Type.Array(
      Type.String({
        pattern: '^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}$',
        description: 'a MAC address such as 52:54:00:12:34:56',
      }),
      { maxItems: 32, default: [] },
    ),
    serial: Type.Optional(Name),
    /** Absent: the host name. */
    name: Type.Optional(Name),
    level: Level,
    networkKind: NetworkKind,
    department: Name,
    responsible: Type.Optional(Name),
    allowedNetworks: Type.Optional(
      Type.Array(Type.String({ maxLength: 64, description: 'a network such as 10.0.2.0/24' }), { maxItems: 256 }),
    ),
  },
  closed,
)
export type LedgerEndpoint = Static<typeof LedgerEndpoint>

/** An approval is for one endpoint, by its host name. */
const LedgerApproval = Type.Object({ endpoint: Name, ...Approval.properties }, closed)

const Ledger = Type.Object(
  {
    endpoints: Type.Array(LedgerEndpoint, { maxItems: 20_000, default: [] }),
    media: Type.Array(RegisteredMedium, { maxItems: 4096, default: [] }),
    approvals: Type.Array(LedgerApproval, { maxItems: 4096, default: [] }),
  },
  closed,
)
export type Ledger = Static<typeof Ledger>

/** Media and approvals together; the rest of a register are its dates and one endpoint. */
const MAX_LISTED_BYTES = MAX_DOCUMENT_BYTES - 32 * 1024

export const emptyLedger: Ledger = { endpoints: [], media: [], approvals: [] }

/** Throws ConfigError with every fault. */
export async function readLedger(file: string): Promise<Ledger> {
  const read = readYaml(await readConfigFile(file), Ledger)
  if (!read.ok) throw new ConfigError(file, read.problems)
  const faults = faultsOf(read.value)
  if (faults.length === 0) return read.value
  throw new ConfigError(
    file,
    faults.map((fault) => ({ line: read.lineOf(fault.field), ...fault })),
  )
}

type Fault = Omit<Problem, 'line'>
const sameHost = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
const twiceIn = (names: readonly string[], at: number): boolean => names.indexOf(names[at] ?? '') < at

/** What no schema can see: what is named twice or nowhere, and what the regulations forbid to enter. */
function faultsOf({ endpoints, media, approvals }: Ledger): Fault[] {
  const hosts = endpoints.map(({ host }) => host.toLowerCase())
  const ids = media.map(({ id }) => id)
  return [
    ...endpoints.flatMap((endpoint, at) => [
      ...faultsOfEndpoint(endpoint, `/endpoints/${at}`),
      ...(twiceIn(hosts, at)
        ? [{ field: `/endpoints/${at}/host`, message: 'is there already (expected each host once)' }]
        : []),
    ]),
    ...ids.flatMap((_, at) =>
      twiceIn(ids, at) ? [{ field: `/media/${at}/id`, message: 'is there already (expected each id once)' }] : [],
    ),
    ...(Buffer.byteLength(JSON.stringify({ media, approvals })) > MAX_LISTED_BYTES
      ? [{ field: '/media', message: `and approvals are too large to be sent (expected ${MAX_LISTED_BYTES} bytes)` }]
      : []),
    ...approvals.flatMap((approval, at) => faultsOfApproval(approval, `/approvals/${at}`, hosts, ids)),
  ]
}

function faultsOfEndpoint(endpoint: LedgerEndpoint, field: string): Fault[] {
  const faults: Fault[] = []
  if (isClassified(endpoint.level) && endpoint.networkKind === 'internet')
    faults.push({
      field: `${field}/networkKind`,
      message: `is internet on a ${endpoint.level} endpoint (expected intranet or standalone: classified endpoints never join the internet)`,
    })
  if (endpoint.macs.length === 0 && endpoint.serial === undefined)
    faults.push({ field, message: 'has neither macs nor serial (expected one that confirms the machine)' })
  for (const [at, network] of (endpoint.allowedNetworks ?? []).entries())
    if (!isNetwork(network))
      faults.push({
        field: `${field}/allowedNetworks/${at}`,
        message: `is "${network}" (expected a network such as 10.0.2.0/24)`,
      })
  return faults
}

function faultsOfApproval(
  { endpoint, medium, from, to }: Ledger['approvals'][number],
  field: string,
  hosts: readonly string[],
  media: readonly string[],
): Fault[] {
  const faults: Fault[] = []
  if (!hosts.includes(endpoint.toLowerCase()))
    faults.push({ field: `${field}/endpoint`, message: `is "${endpoint}" (expected the host of an endpoint above)` })
  if ('id' in medium && !media.includes(medium.id))
    faults.push({ field: `${field}/medium/id`, message: `is "${medium.id}" (expected the id of a medium above)` })
  if (!(parseTime(from) < parseTime(to)))
    faults.push({ field: `${field}/to`, message: 'is not after its beginning (expected from < to)' })
  return faults
}

const plainMac = (mac: string): string => mac.toLowerCase().replaceAll('-', ':')

/** The ledger's endpoint with this host name and one of its MAC addresses or its serial number (CONTRACTS §5). */
export function endpointOf(
  ledger: Ledger,
  host: string,
  { macs = [], serial }: Pick<Passport, 'macs' | 'serial'>,
): LedgerEndpoint | undefined {
  const seen = new Set(macs.map(plainMac))
  return ledger.endpoints.find(
    (endpoint) =>
      sameHost(endpoint.host, host) &&
      (endpoint.macs.some((mac) => seen.has(plainMac(mac))) ||
        (endpoint.serial !== undefined && endpoint.serial === serial)),
  )
}

/** What the register of a confirmed endpoint lists besides the endpoint itself. */
export const permissionsFor = (ledger: Ledger, host: string): { media: RegisteredMedium[]; approvals: Approval[] } => ({
  media: ledger.media,
  approvals: ledger.approvals
    .filter(({ endpoint }) => sameHost(endpoint, host))
    .map(({ id, medium, allows, person, approvedBy, from, to }) => ({
      id,
      medium,
      allows,
      ...(person !== undefined && { person }),
      approvedBy,
      from,
      to,
    })),
})
