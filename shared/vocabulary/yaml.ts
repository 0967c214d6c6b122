/** YAML that people write (config, rules, register) → a checked value, or every fault with its line, field, and what was
 *  expected. Touches no disk: whoever read the file gives its text. */
import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { isNode, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml'

/** `field` is a JSON pointer; empty is the whole file. */
export interface YamlProblem {
  readonly line: number
  readonly field: string
  readonly message: string
}

/** What unwinds when a file that a person wrote cannot be used: one line a fault, `file:line field message`. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly problems: readonly YamlProblem[]
  constructor(file: string, problems: readonly YamlProblem[]) {
    super(problems.map(({ line, field, message }) => `${file}:${line} ${field || '/'} ${message}`).join('\n'))
    this.problems = problems
  }
}

export type ReadYaml<T> =
  /** `lineOf`: where a field stands, for faults that only the reader can find. */
  | { readonly ok: true; readonly value: T; readonly lineOf: (field: string) => number }
  | { readonly ok: false; readonly problems: readonly YamlProblem[] }

/** More faults than this help nobody. */
const MAX_PROBLEMS = 20

/** Reads one document, fills in the schema's defaults, and checks. Unknown keys are faults where the schema is closed.
 *  A schema's `description` is what a fault says was expected. */
export function readYaml<S extends TSchema>(text: string, schema: S): ReadYaml<Static<S>> {
  const lines = new LineCounter()
  // Keys are compared below: the library compares each with each, which takes half a minute for 50,000.
  const options = { lineCounter: lines, stringKeys: true, prettyErrors: false, uniqueKeys: false }
  const document = parseDocument(text, options)
  const lineOf = (field: string): number => lineOfField(document, lines, field)
  if (document.errors.length > 0)
    return {
      ok: false,
      problems: document.errors.slice(0, MAX_PROBLEMS).map(({ pos, message }) => ({
        line: lines.linePos(pos[0]).line,
        field: '',
        message: `${message} (expected YAML)`,
      })),
    }
  const twice = keysTwice(document, lines)
  if (twice.length > 0) return { ok: false, problems: twice }
  let plain: unknown
  try {
    plain = document.toJS()
  } catch {
    return { ok: false, problems: [{ line: 1, field: '', message: 'uses too many aliases (expected 100 at most)' }] }
  }
  const value: unknown = Value.Default(schema, plain ?? {})
  const validator = Compile(schema)
  const isWanted = (candidate: unknown): candidate is Static<S> => validator.Check(candidate)
  if (isWanted(value)) return { ok: true, value, lineOf }
  const faults = [...validator.Errors(value)].flatMap((error) => faultsOf(error, schema))
  // One fault a field, the first: alternatives of a union all complain about the same one.
  const firsts = [...new Map(faults.toReversed().map((fault) => [fault.field, fault])).values()].toReversed()
  return {
    ok: false,
    problems: firsts.slice(0, MAX_PROBLEMS).map((fault) => ({ line: lineOf(fault.field), ...fault })),
  }
}

function keysTwice(document: Document, lines: LineCounter): YamlProblem[] {
  const problems: YamlProblem[] = []
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>()
      for (const { key } of items) {
        if (!isScalar(key)) continue
        const line = lines.linePos(key.range?.[0] ?? 0).line
        if (seen.has(key.value))
          problems.push({ line, field: '', message: `has the key "${String(key.value)}" twice (expected it once)` })
        if (problems.length >= MAX_PROBLEMS) return visit.BREAK
        seen.add(key.value)
      }
      return undefined
    },
  })
  return problems
}

type SchemaFault = ReturnType<ReturnType<typeof Compile>['Errors']>[number]
type Fault = Omit<YamlProblem, 'line'>

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')

function faultsOf(error: SchemaFault, root: TSchema): Fault[] {
  const field = error.instancePath
  const within = (name: string): string => `${field}/${escaped(name)}`
  const schema = at(root, error.schemaPath)
  if (error.keyword === 'boolean') return [] // the unknown field once more
  if (error.keyword === 'additionalProperties') {
    const known = Object.keys(objectOf(schema['properties'])).join(', ')
    return error.params.additionalProperties.map((name) => ({
      field: within(name),
      message: `is unknown (expected one of: ${known})`,
    }))
  }
  if (error.keyword === 'required')
    return error.params.requiredProperties.map((name) => ({
      field: within(name),
      message: `is missing (expected ${expected(objectOf(objectOf(schema['properties'])[name]))})`,
    }))
  return [{ field, message: `is not valid (expected ${expected(schema, error.message)})` }]
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const objectOf = (value: unknown): Record<string, unknown> => (isObject(value) ? value : {})
/** The part of the schema that a path like `#/properties/log/items` names. */
const at = (root: TSchema, path: string): Record<string, unknown> =>
  path
    .split('/')
    .slice(1)
    .reduce((schema, part) => objectOf(schema[part]), objectOf(root))

/** What a schema wants, for people: its description, else its values or type, else the validator's words. */
function expected(schema: Record<string, unknown>, otherwise = 'a value'): string {
  const { description, enum: values, type } = schema
  if (typeof description === 'string') return description
  if (Array.isArray(values)) return `one of: ${values.join(', ')}`
  const words = otherwise.replace(/^must be /, '').replace(/^must /, 'to ')
  return otherwise === 'a value' && typeof type === 'string' ? type : words
}

/** The line of a field, or of the nearest part around it that is there. */
function lineOfField(document: Document, lines: LineCounter, field: string): number {
  const path = field.split('/').slice(1)
  const names = path.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  for (let length = names.length; length > 0; length--) {
    const node = document.getIn(names.slice(0, length).map(indexOrName), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return 1
}

const indexOrName = (part: string): string | number => (/^[0-9]+$/.test(part) ? Number(part) : part)
