/** The ledgers, until they come: one YAML file with endpoints by host name, media, and approvals. */
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { readConfigFile } from '#collector/config.ts'
import { Approval, MAX_PART_MEDIA, RegisteredMedium } from '#shared/policy/documents.ts'
import { Level, NetworkKind } from '#shared/vocabulary/levels.ts'
import { ConfigError, readYaml } from '#shared/vocabulary/yaml.ts'
import { MAX_MEDIA_PARTS } from '#shared/wire/messages.ts'
import { faultsOfLedger } from './faults.ts'

const closed = { additionalProperties: false }
const Name = Type.String({ minLength: 1, maxLength: 256 })
const Mac = Type.String({
  pattern: '^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}$',
  description: 'a MAC address such as 52:54:00:12:34:56',
})

const LedgerEndpoint = Type.Object(
  {
    host: Name,
    /** One of these, or the serial, has to agree with the machine's passport before the endpoint is confirmed. */
    macs: Type.Array(Mac, { maxItems: 32, default: [] }),
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
    /** Its network cards, as its own events name them. Absent: nobody has said. */
    cards: Type.Optional(
      Type.Array(Type.String({ pattern: '^[0-9a-f]{32}$', description: '32 hex digits, as an event names a card' }), {
        maxItems: 64,
      }),
    ),
    gatewayMacs: Type.Optional(Type.Array(Mac, { maxItems: 64 })),
  },
  closed,
)
export type LedgerEndpoint = Static<typeof LedgerEndpoint>

/** An approval is for one endpoint, by its host name. */
const LedgerApproval = Type.Object({ endpoint: Name, ...Approval.properties }, closed)
export type LedgerApproval = Static<typeof LedgerApproval>

const endpointLines = Type.Array(LedgerEndpoint, { maxItems: 20_000, default: [] })
const approvalLines = Type.Array(LedgerApproval, { maxItems: 4096, default: [] })
const mediumLines = Type.Array(RegisteredMedium, { maxItems: MAX_MEDIA_PARTS * MAX_PART_MEDIA, default: [] })

/** What is published of it that is no document of its own. */
const Ledger = Type.Object({ endpoints: endpointLines, approvals: approvalLines }, closed)
export type Ledger = Static<typeof Ledger>

const LedgerFile = Type.Object({ endpoints: endpointLines, media: mediumLines, approvals: approvalLines }, closed)
export type LedgerFile = Static<typeof LedgerFile>

export const emptyLedger: LedgerFile = { endpoints: [], media: [], approvals: [] }

/** Throws ConfigError with every fault. */
export async function readLedger(file: string): Promise<LedgerFile> {
  const read = readYaml(await readConfigFile(file), LedgerFile)
  if (!read.ok) throw new ConfigError(file, read.problems)
  const faults = faultsOfLedger(read.value)
  if (faults.length === 0) return read.value
  throw new ConfigError(
    file,
    faults.map((fault) => ({ line: read.lineOf(fault.field), ...fault })),
  )
}

/** As it was published. Throws where the row was altered by hand. */
export const ledgerFrom = (content: string): Ledger => Value.Parse(Ledger, JSON.parse(content))

export const plainMac = (mac: string): string => mac.toLowerCase().replaceAll('-', ':')

/** A ledger, ready to be asked by host name, whatever its case. */
export interface LedgerLookup {
  readonly lineOf: (host: string) => LedgerEndpoint | undefined
  /** Those of the endpoint with this host name, as its register lists them. */
  readonly approvalsOf: (host: string) => Approval[]
}

export function lookUp({ endpoints, approvals }: Ledger): LedgerLookup {
  const lines = new Map(endpoints.map((line) => [line.host.toLowerCase(), line]))
  const byHost = Map.groupBy(approvals, ({ endpoint }) => endpoint.toLowerCase())
  return {
    lineOf: (host) => lines.get(host.toLowerCase()),
    approvalsOf: (host) => (byHost.get(host.toLowerCase()) ?? []).map(withoutEndpoint),
  }
}

const withoutEndpoint = ({
  id,
  for: about,
  medium,
  allows,
  persons,
  approvedBy,
  from,
  to,
}: LedgerApproval): Approval => ({
  id,
  for: about,
  medium,
  allows,
  ...(persons && { persons }),
  approvedBy,
  from,
  to,
})
