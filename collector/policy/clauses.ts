/** The clauses that rules enforce: `config/clauses.yaml`, words quoted as they stand in the regulation. */
import { Type, type Static } from 'typebox'
import { readConfigFile } from '#collector/config.ts'
import type { Words } from '#shared/vocabulary/labels.ts'
import { ConfigError, readYaml } from '#shared/vocabulary/yaml.ts'

const closed = { additionalProperties: false }
const Text = Type.String({ minLength: 1, maxLength: 4096 })

const Clause = Type.Object(
  { id: Text, document: Text, article: Text, text: Text, summary: Type.Object({ zh: Text, en: Text }, closed) },
  closed,
)
export type Clause = Static<typeof Clause>
export type Clauses = ReadonlyMap<string, Clause>

/** The words of rules and clauses, by id; undefined where the policy or the clauses know it no more. */
export interface RuleTexts {
  readonly ruleTitle: (rule: string) => Words | undefined
  readonly clause: (id: string) => Clause | undefined
}

/** Throws ConfigError with every fault. */
export async function readClauses(file: string): Promise<Clauses> {
  const read = readYaml(await readConfigFile(file), Type.Array(Clause, { maxItems: 1024 }))
  if (!read.ok) throw new ConfigError(file, read.problems)
  const clauses = new Map<string, Clause>()
  for (const [at, clause] of read.value.entries()) {
    const field = `/${at}/id`
    if (clauses.has(clause.id))
      throw new ConfigError(file, [
        { line: read.lineOf(field), field, message: `is "${clause.id}" a second time (expected an id of its own)` },
      ])
    clauses.set(clause.id, clause)
  }
  return clauses
}
