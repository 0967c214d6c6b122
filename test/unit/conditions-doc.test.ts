/** docs/operations.md says of every condition, and of every code of coverage, what the declared lists say. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { agentConditions } from '#shared/vocabulary/conditions/agent.ts'
import { collectorConditions } from '#shared/vocabulary/conditions/collector.ts'
import { alwaysUnseen, coverageCodes } from '#shared/vocabulary/conditions/coverage.ts'

const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
const after = page.slice(page.indexOf('\n## Conditions\n') + 1)
const section = after.slice(0, after.indexOf('\n## ', 1))

const severityOf = (severity: unknown): string => (typeof severity === 'string' ? severity : 'varies')
const rowsOf = (kinds: typeof agentConditions | typeof collectorConditions, raisedBy: string): string[] =>
  Object.entries(kinds).map(
    ([code, { severity, title, todo }]) =>
      `| \`${code}\` | ${raisedBy} | ${severityOf(severity)} | ${title.en} | ${todo.en} | ${title.zh} |`,
  )

test('the table of conditions is the two lists, in their order', () => {
  const wanted = [...rowsOf(agentConditions, 'agent'), ...rowsOf(collectorConditions, 'collector')]
  expect(section.split('\n').filter((line) => /^\| `[a-z-]+\.[a-z.-]+` \| (agent|collector) /.test(line))).toEqual(
    wanted,
  )
})

test('the table of coverage is the list', () => {
  const wanted = Object.entries(coverageCodes).map(([code, { zh, en }]) => `| \`${code}\` | ${en} | ${zh} |`)
  const rows = section.split('\n').filter((line) => /^\| `(sensor|media|usb|files|network)\.[a-z-]+` \|/.test(line))
  expect(rows.filter((row) => row.split('|').length === 5)).toEqual(wanted)
  for (const code of alwaysUnseen) expect(section).toContain(`\`${code}\``)
})

test('the page names each that is not shown at once, with its time, and what explains another', () => {
  const kinds = Object.entries({ ...agentConditions, ...collectorConditions })
  const sentences = kinds.flatMap(([code, { visibleAfterMs, dependsOn }]) => [
    ...(visibleAfterMs === undefined ? [] : [`\`${code}\` is shown once it has lasted ${visibleAfterMs / 1000} s`]),
    ...(dependsOn === undefined ? [] : [`while \`${dependsOn}\` is raised \`${code}\` is not shown`]),
  ])
  expect(sentences.filter((sentence) => !section.toLowerCase().includes(sentence))).toEqual([])
  expect(sentences).toHaveLength(3)
})

test.for([
  ['agent', agentConditions],
  ['collector', collectorConditions],
] as const)('what the %s raises fits the wire, and what explains a condition ends somewhere', ([, kinds]) => {
  for (const [code, { title, todo, dependsOn }] of Object.entries(kinds)) {
    expect(code.length).toBeLessThanOrEqual(64)
    expect(todo.en.length).toBeLessThanOrEqual(1024)
    for (const words of [title, todo]) expect([words.zh, words.en]).not.toContain('')
    for (const words of [title.zh, todo.zh]) expect(words).toMatch(/\p{Script=Han}/u)
    const passed = new Set<string>([code])
    for (let next: string | undefined = dependsOn; next !== undefined;) {
      expect(passed).not.toContain(next)
      passed.add(next)
      next = new Map<string, { dependsOn?: string }>(Object.entries(kinds)).get(next)?.dependsOn
    }
  }
})
