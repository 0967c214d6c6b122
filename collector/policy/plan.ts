/** What publishing would change, compared with what is in force: pure, so that a look beforehand and the act agree. */
import { isDeepStrictEqual } from 'node:util'
import type { EndpointChange } from '#collector/ledgers/endpoints.ts'
import { nameOf } from '#collector/ledgers/tenancy.ts'
import { lookUp, type LedgerEndpoint } from '#collector/ledgers/register.ts'
import type { AgentRow } from '#collector/store/agents.ts'
import type { EndpointRow } from '#collector/store/endpoints.ts'
import type { RegisteredMedium } from '#shared/policy/documents.ts'
import { intoParts } from './parts.ts'
import type { InForce, PolicyContent } from './published.ts'
import { hashOf, nearsItsEnd } from './sign.ts'
import type { Written } from './written.ts'

/** How many things of one kind came, went, and are other than before, by name. */
export interface Difference {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

export interface PartPlan extends Difference {
  readonly part: number
  readonly media: readonly RegisteredMedium[]
}

export interface Plan {
  /** Absent: the policy in force says the same. */
  readonly policy?: Difference & { readonly content: PolicyContent }
  /** Those that change. */
  readonly parts: readonly PartPlan[]
  readonly approvals: Difference
  /** Lines of the ledger, by host name: of endpoints that there are and of those that have yet to enrol. */
  readonly ledger: Difference
  readonly endpoints: readonly EndpointChange[]
  /** How many living agents get at least one new document, of how many. */
  readonly concerned: number
  readonly living: number
}

const differenceOf = <T extends { readonly id: string }>(before: readonly T[], after: readonly T[]): Difference => {
  const old = new Map(before.map((each) => [each.id, each]))
  const ids = new Set(after.map(({ id }) => id))
  return {
    added: after.filter(({ id }) => !old.has(id)).map(({ id }) => id),
    removed: before.filter(({ id }) => !ids.has(id)).map(({ id }) => id),
    changed: after.filter((each) => old.has(each.id) && !isDeepStrictEqual(old.get(each.id), each)).map(({ id }) => id),
  }
}

const linesById = (lines: readonly LedgerEndpoint[]) => lines.map((line) => ({ id: line.host.toLowerCase(), ...line }))

const isEmpty = ({ added, removed, changed }: Difference): boolean =>
  added.length + removed.length + changed.length === 0

/** The endpoints and agents that there are, and what the ledger makes of them. */
export interface Machines {
  readonly endpoints: readonly EndpointRow[]
  readonly living: readonly AgentRow[]
  readonly changes: readonly EndpointChange[]
}

/** `inForce` undefined: nothing was published yet. `keys`: that may sign registers and receipts. What nears its end is
 *  signed anew. `now`: ms since 1970. */
export function planOf(
  inForce: InForce | undefined,
  { rules, ledger }: Written,
  keys: PolicyContent['keys'],
  { machines, now }: { readonly machines: Machines; readonly now: number },
): Plan {
  const content = { rules: [...rules], keys }
  const same = inForce?.policy.content_hash === hashOf(content) && !nearsItsEnd(inForce.policy, now)
  const policy = same ? undefined : content
  const before = inForce?.parts.map(({ media }) => media) ?? []
  const parts = intoParts(before, ledger.media)
    .map((media, part) => ({ part, media, ...differenceOf(before[part] ?? [], media) }))
    .filter((plan) => !isEmpty(plan) || isOld(inForce?.parts[plan.part], now))
  const isConcerned = policy ? () => true : concerns(parts.length > 0, inForce, ledger, machines)
  return {
    ...(policy && { policy: { content: policy, ...differenceOf(inForce?.policy.content.rules ?? [], policy.rules) } }),
    parts,
    approvals: differenceOf(inForce?.ledger.approvals ?? [], ledger.approvals),
    ledger: differenceOf(linesById(inForce?.ledger.endpoints ?? []), linesById(ledger.endpoints)),
    endpoints: machines.changes,
    concerned: machines.living.filter(isConcerned).length,
    living: machines.living.length,
  }
}

const isOld = (part: InForce['parts'][number] | undefined, now: number): boolean =>
  part !== undefined && nearsItsEnd(part, now)

/** Without a change of the policy: whose line, media or approvals change. */
function concerns(
  media: boolean,
  inForce: InForce | undefined,
  ledger: Written['ledger'],
  { endpoints, changes }: Machines,
): (agent: AgentRow) => boolean {
  const changed = new Set(changes.map(({ row }) => row.id))
  const rows = new Map(endpoints.map((row) => [row.id, row]))
  const [before, after] = [inForce?.lookup, lookUp(ledger)]
  return ({ endpoint_id: id }) => {
    const row = rows.get(id)
    if (changed.has(id)) return true
    if (row?.status !== 'confirmed') return false
    return media || !isDeepStrictEqual(before?.approvalsOf(row.host) ?? [], after.approvalsOf(row.host))
  }
}

const ANEW = 'signed anew'

/** For people: one line a thing that changes. */
export function linesOf(plan: Plan): string[] {
  const { policy, parts, approvals, ledger, endpoints, concerned, living } = plan
  const lines = [
    ...(policy ? [`policy: ${words(policy) || ANEW}`] : []),
    ...parts.map((each) => `media, part ${each.part}: ${words(each) || ANEW}`),
    ...(isEmpty(approvals) ? [] : [`approvals: ${words(approvals)}`]),
    ...(isEmpty(ledger) ? [] : [`ledger: ${words(ledger)}`]),
    ...endpoints.map(endpointLine),
  ]
  if (lines.length === 0) return ['What is written is what holds already.']
  return [...lines, `agents concerned: ${concerned} of ${living}`]
}

const SHOWN = 20

const words = ({ added, removed, changed }: Difference): string =>
  [...named('added', added), ...named('removed', removed), ...named('changed', changed)].join(', ')

function named(what: string, ids: readonly string[]): string[] {
  if (ids.length === 0) return []
  const more = ids.length > SHOWN ? ` and ${ids.length - SHOWN} more` : ''
  return [`${ids.length} ${what} (${ids.slice(0, SHOWN).join(', ')}${more})`]
}

function endpointLine({ row, registration, into }: EndpointChange): string {
  const name = nameOf(row)
  if (into !== undefined) return `endpoint ${name}: confirmed, it is #${into}`
  if (row.status !== registration.status)
    return `endpoint ${name}: ${registration.status === 'confirmed' ? 'confirmed' : 'pending, for the ledger has it no more'}`
  const fields = Object.entries(registration).filter(([field, value]) => Reflect.get(row, field) !== value)
  return `endpoint ${name}: ${fields.map(([field]) => field.replaceAll('_', ' ')).join(', ')} changed`
}
