/** What no schema can see in the ledgers: what is named twice or nowhere, what the regulations forbid to enter, and what is
 *  too large to be sent. */
import { MAX_DOCUMENT_BYTES, MAX_PART_MEDIA, type RegisteredMedium } from '#shared/policy/documents.ts'
import { faultOfNetwork } from '#shared/policy/networks.ts'
import { parseTime } from '#shared/vocabulary/clock.ts'
import { isClassified } from '#shared/vocabulary/levels.ts'
import type { YamlProblem } from '#shared/vocabulary/yaml.ts'
import type { LedgerApproval, LedgerEndpoint, LedgerFile } from './register.ts'

export type Fault = Omit<YamlProblem, 'line'>

/** A part of the media list is sent whole; 4 KiB of the document are its dates and signature. */
const MAX_MEDIUM_BYTES = Math.floor((MAX_DOCUMENT_BYTES - 4 * 1024) / MAX_PART_MEDIA)
/** The approvals of one endpoint; the rest of its register are its dates and its own line. */
const MAX_APPROVALS_BYTES = MAX_DOCUMENT_BYTES - 64 * 1024

export function faultsOfLedger({ endpoints, media, approvals }: LedgerFile): Fault[] {
  const hosts = endpoints.map(({ host }) => host.toLowerCase())
  const ids = media.map(({ id }) => id)
  const known = { hosts: new Set(hosts), media: new Set(ids) }
  return [
    ...endpoints.flatMap((endpoint, at) => faultsOfEndpoint(endpoint, `/endpoints/${at}`)),
    ...twice(hosts, (at) => `/endpoints/${at}/host`, 'each host once'),
    ...media.flatMap((medium, at) => faultsOfMedium(medium, `/media/${at}`)),
    ...twice(ids, (at) => `/media/${at}/id`, 'each id once'),
    ...approvals.flatMap((approval, at) => faultsOfApproval(approval, `/approvals/${at}`, known)),
    ...twice(
      approvals.map(({ id }) => id),
      (at) => `/approvals/${at}/id`,
      'each id once',
    ),
    ...tooLarge(approvals),
  ]
}

function twice(names: readonly string[], field: (at: number) => string, expected: string): Fault[] {
  const seen = new Set<string>()
  return names.flatMap((name, at) => {
    if (seen.has(name)) return [{ field: field(at), message: `is there already (expected ${expected})` }]
    seen.add(name)
    return []
  })
}

function faultsOfEndpoint(endpoint: LedgerEndpoint, field: string): Fault[] {
  const faults: Fault[] = []
  const { level, networkKind, allowedNetworks = [] } = endpoint
  if (isClassified(level) && networkKind === 'internet')
    faults.push({
      field: `${field}/networkKind`,
      message: `is internet on a ${level} endpoint (expected intranet or standalone: classified endpoints never join the internet)`,
    })
  if (isClassified(level) && networkKind !== 'standalone' && allowedNetworks.length === 0)
    faults.push({
      field: `${field}/allowedNetworks`,
      message: `names none (expected the networks that a ${level} endpoint may touch, such as 10.0.2.0/24, or networkKind standalone)`,
    })
  if (endpoint.macs.length === 0 && endpoint.serial === undefined)
    faults.push({ field, message: 'has neither macs nor serial (expected one that confirms the machine)' })
  for (const [at, network] of allowedNetworks.entries()) {
    const fault = faultOfNetwork(network)
    if (fault !== undefined)
      faults.push({ field: `${field}/allowedNetworks/${at}`, message: `is "${network}": ${fault}` })
  }
  return faults
}

function faultsOfMedium(medium: RegisteredMedium, field: string): Fault[] {
  const bytes = Buffer.byteLength(JSON.stringify(medium))
  if (bytes <= MAX_MEDIUM_BYTES) return []
  return [{ field, message: `has ${bytes} bytes as it would be sent (expected ${MAX_MEDIUM_BYTES} at most)` }]
}

function faultsOfApproval(
  { endpoint, medium, from, to }: LedgerApproval,
  field: string,
  known: { readonly hosts: ReadonlySet<string>; readonly media: ReadonlySet<string> },
): Fault[] {
  const faults: Fault[] = []
  if (!known.hosts.has(endpoint.toLowerCase()))
    faults.push({ field: `${field}/endpoint`, message: `is "${endpoint}" (expected the host of an endpoint above)` })
  if ('id' in medium && !known.media.has(medium.id))
    faults.push({ field: `${field}/medium/id`, message: `is "${medium.id}" (expected the id of a medium above)` })
  if (!(parseTime(from) < parseTime(to)))
    faults.push({ field: `${field}/to`, message: 'is not after its beginning (expected from < to)' })
  return faults
}

/** Of one endpoint, together. */
function tooLarge(approvals: readonly LedgerApproval[]): Fault[] {
  const bytes = new Map<string, number>()
  return approvals.flatMap((approval, at) => {
    const host = approval.endpoint.toLowerCase()
    const before = bytes.get(host) ?? 0
    const after = before + Buffer.byteLength(JSON.stringify(approval))
    bytes.set(host, after)
    if (before > MAX_APPROVALS_BYTES || after <= MAX_APPROVALS_BYTES) return []
    const message = `and those before it are too large for "${approval.endpoint}" to be sent (expected ${MAX_APPROVALS_BYTES} bytes)`
    return [{ field: `/approvals/${at}`, message }]
  })
}
