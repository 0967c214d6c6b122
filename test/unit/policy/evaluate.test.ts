import { expect, test } from 'vitest'
import type { Observation } from '#shared/event/event.ts'
import type { Policy, Register, Rule } from '#shared/policy/documents.ts'
import { evaluator, faultOfRule } from '#shared/policy/evaluate.ts'

const dated = { version: 3, issued: '2026-01-01T00:00:00.000+08:00', expires: '2027-01-01T00:00:00.000+08:00' }
const rule = (over: Partial<Rule>): Rule => ({
  id: 'r',
  title: { zh: '规则', en: 'rule' },
  clause: 'c-1',
  check: 'medium-unregistered',
  levels: ['internal'],
  severity: 'moderate',
  response: [],
  ...over,
})
const policy = (...rules: Rule[]): Policy => ({ ...dated, rules, keys: { register: [], receipts: [] } })
const register: Register = {
  ...dated,
  agent: '11111111-1111-4111-8111-111111111111',
  endpoint: { name: 'e', level: 'internal', networkKind: 'intranet', department: 'd', status: 'confirmed' },
  approvals: [],
}
const known = { register, endpoint: register.endpoint, media: [], trusted: 0 }
const observation: Observation = {
  kind: 'medium.connected',
  found: 'live',
  at: '2026-03-01T09:00:00.000+08:00',
  mono: 1,
  subject: { medium: { key: 'k' } },
  detail: { bus: 'usb' },
}
const rulesBroken = (...rules: Rule[]): string[] =>
  evaluator(policy(...rules))
    .evaluate(observation, known)
    .verdicts.map((verdict) => verdict.rule)

test('every rule broken, worst first; equal ones as they stand in the policy', () => {
  const rules = [
    rule({ id: 'low', severity: 'low' }),
    rule({ id: 'high-1', severity: 'high' }),
    rule({ id: 'critical', severity: 'critical' }),
    rule({ id: 'high-2', severity: 'high' }),
  ]
  expect(rulesBroken(...rules)).toEqual(['critical', 'high-1', 'high-2', 'low'])
})

test('a rule judges only its levels, its kinds of network, and what its check knows', () => {
  expect(rulesBroken(rule({ levels: ['secret'] }))).toEqual([])
  expect(rulesBroken(rule({ networkKinds: ['standalone', 'internet'] }))).toEqual([])
  expect(rulesBroken(rule({ networkKinds: ['intranet'] }))).toEqual(['r'])
  expect(rulesBroken(rule({ check: 'network-carrier' }))).toEqual([])
})

test('a rule that this version cannot judge is named, and the others go on', () => {
  const newer = [
    rule({ id: 'a', check: 'medium-of-the-future' }),
    rule({ id: 'b', parameters: { colour: 'red' } }),
    rule({ id: 'c', parameters: { approvable: 'perhaps' } }),
  ]
  const compiled = evaluator(policy(...newer, rule({ id: 'd' })))
  expect(compiled.unknown).toEqual(['a', 'b', 'c'])
  expect(compiled.evaluate(observation, known).verdicts.map((verdict) => verdict.rule)).toEqual(['d'])
  expect(newer.map((each) => faultOfRule(each)?.field)).toEqual([
    '/check',
    '/parameters/colour',
    '/parameters/approvable',
  ])
})
