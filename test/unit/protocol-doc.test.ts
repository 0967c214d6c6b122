/** docs/protocol.md must not rot: every shape, kind, refusal, check and example in it is what shared/ and the vectors have. */
import { readdirSync, readFileSync } from 'node:fs'
import type { TSchema } from 'typebox'
import { describe, expect, test } from 'vitest'
import { eventSchema, Verdict } from '#shared/event/event.ts'
import { kindNames, kinds, Previous } from '#shared/event/kinds.ts'
import * as parts from '#shared/event/subject.ts'
import * as documents from '#shared/policy/documents.ts'
import { checks } from '#shared/policy/evaluate.ts'
import { admission } from '#shared/policy/matrix.ts'
import { Time } from '#shared/vocabulary/time.ts'
import { Hash, Salt, Uuid, Whole } from '#shared/vocabulary/ids.ts'
import { Level, levels, NetworkKind, Severity } from '#shared/vocabulary/levels.ts'
import { EnrolReply, EnrolRequest, Machine, Passport } from '#shared/wire/enrolment.ts'
import { Condition, headers, MAX_EPOCHS, MAX_HELLO_PAGES, refusals } from '#shared/wire/messages.ts'

const at = (path: string): URL => new URL(`../../${path}`, import.meta.url)
const doc = readFileSync(at('docs/protocol.md'), 'utf8')
const fences = [...doc.matchAll(/^```\n([^]*?)\n```$/gm)].map(([, text = '']) => text)

/** The part of JSON Schema that shared/ uses. */
interface Shape {
  type?: string
  const?: unknown
  enum?: unknown[]
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  items?: Shape
  minItems?: number
  maxItems?: number
  uniqueItems?: boolean
  minProperties?: number
  anyOf?: Shape[]
  properties?: Record<string, Shape>
  patternProperties?: Record<string, Shape>
  required?: string[]
}
const shapeOf = (schema: TSchema): Shape => JSON.parse(JSON.stringify(schema)) as Shape

const { Medium, MediumBrief, Volume, VolumeBrief, File, Interface, Address, Route, EventActor: Actor } = parts
const NextHop = Route.properties.nexthops.items
const Between = kinds['net.link-down'].detail.properties.between
const Stamp = Between.properties.after
const { Rule, RegisteredMedium, Approval, Endpoint, Policy, Register, MediaPart } = documents
const MediumMatch = RegisteredMedium.properties.identity
/** Shapes that have a name of their own in the page; the simple ones are explained there in words. */
const simple = { Time, Uuid, Hash, Hex32: Salt, Whole, Level, NetworkKind, Severity }
const subjects = { Medium, MediumBrief, Volume, VolumeBrief, File, Interface, Address, Route, NextHop, Actor }
const composed = { Verdict, Previous, Stamp, Between, ...subjects }
const signed = { Rule, RegisteredMedium, MediumMatch, Approval, Endpoint, Policy, Register, MediaPart }
const enrolment = { Machine, Passport, EnrolRequest, EnrolReply }
const shapes = { ...composed, Condition, ...signed, ...enrolment }
const named = { ...simple, ...shapes }
const names = new Map(Object.entries(named).map(([name, schema]) => [JSON.stringify(schema), name]))

/** A shape as the page writes it (its §1). */
function written(shape: Shape): string {
  const name = names.get(JSON.stringify(shape))
  if (name !== undefined) return name
  if (shape.const !== undefined) return JSON.stringify(shape.const)
  if (shape.enum) return shape.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (shape.anyOf) return shape.anyOf.map(written).join(' | ')
  if (shape.pattern !== undefined) return `/${shape.pattern}/`
  const { type, minLength = 0, maxLength = '', minItems = 0, maxItems = '', items } = shape
  if (type === 'string') return maxLength === '' && minLength === 0 ? 'text' : `text ${minLength}..${maxLength}`
  if (type === 'array' && items)
    return `[${minItems}..${maxItems} of ${written(items)}${shape.uniqueItems === true ? ', no two alike' : ''}]`
  if (type === 'integer') return `integer ${shape.minimum ?? ''}..${shape.maximum ?? ''}`
  if (shape.patternProperties) return `{ any name: ${Object.values(shape.patternProperties).map(written).join()} }`
  if (shape.properties) return `{ ${fieldsOf(shape).join(', ')} }`
  return String(type)
}
const fieldsOf = ({ properties = {}, required = [] }: Shape): string[] =>
  Object.entries(properties).map(([name, shape]) => `${name}${required.includes(name) ? '' : '?'}: ${written(shape)}`)
const block = (title: string, fields: readonly string[]): string => [title, ...fields.map((f) => `  ${f}`)].join('\n')

/** Of a kind: its subject in one line, each field of its detail in its own. */
const blockOfKind = (kind: (typeof kindNames)[number]): string => {
  const { subject, detail } = kinds[kind]
  const about = fieldsOf(shapeOf(subject)).join(', ')
  return block(kind, [
    ...(about === '' ? [] : [`subject  ${about}`]),
    ...fieldsOf(shapeOf(detail)).map((field) => `detail   ${field}`),
  ])
}

const event = shapeOf(eventSchema('agent.started'))
const blocks = [
  block(
    'Event',
    fieldsOf(event).map((field) => field.replace(/^(kind|subject|detail): .*/, '$1: by kind')),
  ),
  ...Object.entries(shapes).map(([name, schema]) => block(name, fieldsOf(shapeOf(schema)))),
  ...kindNames.map(blockOfKind),
  ...Object.entries(headers).map(([type, schema]) => block(type, fieldsOf(shapeOf(schema)))),
]

// A blank line or the end of the fence follows, so that a field too many in the page is seen as well.
test.for(blocks)('the page has the shape %s', (wanted) =>
  expect(doc.replaceAll('```', '')).toContain(`\n${wanted}\n\n`),
)

test('the page has no other shape', () => {
  const shown = fences.filter((text) => !/^[{<]/.test(text)).flatMap((text) => text.split('\n\n'))
  expect(shown.filter((shape) => !blocks.includes(shape))).toEqual([])
})

test.for(refusals)('the page explains the refusal %s', (code) =>
  expect(doc).toMatch(new RegExp(`^\\| \`${code}\` \\|`, 'm')),
)

test.for(checks.map((check) => [check.name, check] as const))('the page explains the check %s', ([name, check]) => {
  const row = doc.split('\n').find((line) => line.startsWith(`| \`${name}\` |`)) ?? ''
  for (const word of [...check.judges, ...Object.entries(check.parameters ?? {}).flat(2)])
    expect(row).toContain(`\`${String(word)}\``)
})

const signs = { allowed: '●', approval: '◦', forbidden: '×' }
test.for([...levels, 'unregistered'] as const)('the page has the row %s of the level matrix', (medium) => {
  const cells = levels.map((endpoint) => signs[admission(medium, endpoint)])
  expect(doc).toContain(`\n| ${medium} | ${cells.join(' | ')} |\n`)
})

test('the page has the bound of a greeting', () => {
  expect(doc).toContain(`What is over ${MAX_EPOCHS.toLocaleString('en')} epochs follows on further **pages**`)
  expect(doc).toContain(`There are at most ${MAX_HELLO_PAGES} pages`)
})

describe('each example of the page is a vector, and each is in it', () => {
  const files = (folder: string): string[] => readdirSync(at(`test/fixtures/protocol/${folder}`))
  const examples = [
    ...files('messages').map((name) => `messages/${name}`),
    ...files('enrol').map((name) => `enrol/${name}`),
  ]
  const textOf = (name: string): string => readFileSync(at(`test/fixtures/protocol/${name}`), 'utf8').trimEnd()

  test.for(examples)('%s', (name) => {
    expect(doc).toContain(`\n\`\`\`\n${textOf(name)}\n\`\`\`\n`)
  })

  test('and no other message or JSON', () => {
    const shown = fences.filter((text) => text.startsWith('{'))
    expect(shown.toSorted()).toEqual(examples.map(textOf).toSorted())
  })
})
