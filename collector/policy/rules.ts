/** The rules of a policy, as people write them: every `*.yaml` of one folder, each a list of rules. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { readConfigFile } from '#collector/config.ts'
import { MAX_DOCUMENT_BYTES, Rule } from '#shared/policy/documents.ts'
import { faultOfRule } from '#shared/policy/evaluate.ts'
import { ConfigError, readYaml, type YamlProblem } from '#shared/vocabulary/yaml.ts'
import type { Clauses } from './clauses.ts'

/** As many as one policy may carry. */
const MAX_RULES = 512
/** The rest of a policy are its dates and keys. */
const MAX_RULES_BYTES = MAX_DOCUMENT_BYTES - 32 * 1024

/** In the order of the files' names. Throws ConfigError with every fault of the first file that has one. */
export async function readRules(folder: string, clauses: Clauses): Promise<Rule[]> {
  const rules: Rule[] = []
  for (const name of await yamlFilesOf(folder)) {
    const file = join(folder, name)
    const read = readYaml(await readConfigFile(file), Type.Array(Rule))
    if (!read.ok) throw new ConfigError(file, read.problems)
    const problems: YamlProblem[] = []
    for (const [at, rule] of read.value.entries()) {
      for (const fault of faultsOf(rule, rules, clauses)) {
        const field = `/${at}${fault.field}`
        problems.push({ line: read.lineOf(field), field, message: fault.message })
      }
      rules.push(rule)
    }
    if (problems.length > 0) throw new ConfigError(file, problems)
  }
  if (rules.length === 0 || rules.length > MAX_RULES)
    throw new ConfigError(folder, [
      { line: 1, field: '', message: `has ${rules.length} rules in its *.yaml (expected 1 to ${MAX_RULES})` },
    ])
  if (Buffer.byteLength(JSON.stringify(rules)) > MAX_RULES_BYTES)
    throw new ConfigError(folder, [
      { line: 1, field: '', message: `has rules too large to be sent (expected ${MAX_RULES_BYTES} bytes of JSON)` },
    ])
  return rules
}

/** Their names, in order. Throws ConfigError where the folder cannot be read. */
export async function yamlFilesOf(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.yaml')).toSorted()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ConfigError(folder, [{ line: 1, field: '', message: `cannot be read: ${why} (expected a folder)` }])
  }
}

function faultsOf(rule: Rule, before: readonly Rule[], clauses: Clauses): Omit<YamlProblem, 'line'>[] {
  const faults: Omit<YamlProblem, 'line'>[] = []
  const fault = faultOfRule(rule)
  if (fault !== undefined) faults.push(fault)
  if (!clauses.has(rule.clause))
    faults.push({ field: '/clause', message: `is "${rule.clause}" (expected the id of a clause in the clauses file)` })
  if (before.some(({ id }) => id === rule.id))
    faults.push({ field: '/id', message: `is "${rule.id}" a second time (expected an id of its own)` })
  return faults
}
