/** The two documents in force: read from what people wrote, published, and handed out (CONTRACTS §5). */
import { Value } from 'typebox/value'
import type { Conditions } from '#collector/conditions.ts'
import type { CollectorConfig } from '#collector/config.ts'
import { emptyLedger, endpointOf, permissionsFor, readLedger, type Ledger } from '#collector/ledgers/register.ts'
import type { Store } from '#collector/store/database.ts'
import { listEndpoints, saveRegistration, type EndpointRow, type Registration } from '#collector/store/endpoints.ts'
import type { Trust } from '#collector/trust/trust.ts'
import { Endpoint, type Rule } from '#shared/policy/documents.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { Passport } from '#shared/wire/enrolment.ts'
import { readClauses, type Clause, type Clauses } from './clauses.ts'
import { publishPolicy, publishRegister, type Published } from './publish.ts'
import { readRules } from './rules.ts'

export interface Documents {
  readonly clause: (id: string) => Clause | undefined
  readonly ruleTitle: (rule: string) => Rule['title'] | undefined
  /** The newest, made anew where it nears its end. */
  readonly policy: () => Promise<Published>
  readonly registerFor: (endpoint: EndpointRow) => Promise<Published>
  /** What the ledger says of a machine; undefined where it does not know it. */
  readonly registrationOf: (host: string, passport: Passport) => Registration | undefined
  /** Reads every file again and publishes what changed. Throws ConfigError, and then the old stays in force. */
  readonly reload: () => Promise<void>
}

interface Written {
  readonly clauses: Clauses
  readonly rules: readonly Rule[]
  readonly ledger: Ledger
}

async function readWritten(
  config: Pick<CollectorConfig, 'clausesFile' | 'policyDir' | 'registerFile'>,
): Promise<Written> {
  const clauses = await readClauses(config.clausesFile)
  const rules = await readRules(config.policyDir, clauses)
  const ledger = config.registerFile === undefined ? emptyLedger : await readLedger(config.registerFile)
  return { clauses, rules, ledger }
}

/** Throws ConfigError with file, line and field where a file is not as it should be. */
export async function openDocuments(
  config: Parameters<typeof readWritten>[0],
  { store: { db }, trust, clock, conditions }: { store: Store; trust: Trust; clock: Clock; conditions: Conditions },
): Promise<Documents> {
  const publishRules = async ({ rules }: Written): Promise<Published> => {
    const published = await publishPolicy(db, trust, [...rules], clock.wall())
    tellUnrenewed(published, conditions)
    return published
  }
  const take = async (): Promise<Written> => {
    const fresh = await readWritten(config)
    await publishRules(fresh)
    await register(db, fresh.ledger)
    return fresh
  }
  let written = await take()
  return {
    clause: (id) => written.clauses.get(id),
    ruleTitle: (rule) => written.rules.find(({ id }) => id === rule)?.title,
    policy: () => publishRules(written),
    registerFor(endpoint) {
      const { agent, host, status } = endpoint
      const permissions = status === 'confirmed' ? permissionsFor(written.ledger, host) : { media: [], approvals: [] }
      const content = { agent, endpoint: endpointIn(endpoint), ...permissions }
      return publishRegister(db, trust, endpoint.id, content, clock.wall())
    },
    registrationOf: (host, passport) => registrationOf(written.ledger, host, passport),
    async reload() {
      written = await take()
    },
  }
}

function tellUnrenewed({ unrenewed }: Published, conditions: Conditions): void {
  if (unrenewed === undefined) return conditions.clear('policy.not-renewed')
  conditions.raise({
    code: 'policy.not-renewed',
    severity: 'moderate',
    text: `The policy nears its end and could not be signed anew: ${unrenewed}`.slice(0, 1024),
    todo: 'Put the office key and its passphrase back, send SIGHUP, and take them out again.',
  })
}

/** A row of the store as the register names it. Throws where the row was altered by hand. */
const endpointIn = (row: EndpointRow): Endpoint =>
  Value.Parse(Endpoint, {
    name: row.name,
    level: row.level,
    networkKind: row.network_kind,
    department: row.department,
    ...(row.responsible !== null && { responsible: row.responsible }),
    ...(row.allowed_networks !== null && { allowedNetworks: JSON.parse(row.allowed_networks) }),
    status: row.status,
  })

function registrationOf(ledger: Ledger, host: string, passport: Passport): Registration | undefined {
  const entry = endpointOf(ledger, host, passport)
  return (
    entry && {
      name: entry.name ?? entry.host,
      department: entry.department,
      responsible: entry.responsible ?? null,
      level: entry.level,
      network_kind: entry.networkKind,
      allowed_networks: entry.allowedNetworks === undefined ? null : JSON.stringify(entry.allowedNetworks),
      status: 'confirmed',
    }
  )
}

/** Copies what the ledger says to the endpoints that there are. One that it no longer knows is pending again. */
async function register(db: Store['db'], ledger: Ledger): Promise<void> {
  for (const endpoint of await listEndpoints(db)) {
    const { name, department, responsible, level, network_kind } = endpoint
    const left = {
      name,
      department,
      responsible,
      level,
      network_kind,
      status: 'pending' as const,
      allowed_networks: null,
    }
    const passport = Value.Parse(Passport, JSON.parse(endpoint.passport))
    const wanted = registrationOf(ledger, endpoint.host, passport) ?? left
    const differs = Object.entries(wanted).some(([field, value]) => Reflect.get(endpoint, field) !== value)
    if (differs) await saveRegistration(db, endpoint.id, wanted)
  }
}
