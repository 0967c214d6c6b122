/** What a running collector says at `/metrics` is what is declared, and what docs/operations.md tells. */
import { readFileSync } from 'node:fs'
import { get } from 'node:https'
import { expect, test } from 'vitest'
import { metricKinds } from '#collector/metric-list.ts'
import { startTestCollector } from '../support/collector.ts'

const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
const documented = new Map(
  page.split('\n').flatMap((line) => {
    const [, name, labels] = /^\| `(shoumi_[a-z_]+)` \| ([^|]*)\|/.exec(line) ?? []
    if (name === undefined || labels === undefined) return []
    return [[name, [...labels.matchAll(/`([a-z]+)`/g)].map(([, label]) => label)]]
  }),
)

const textOf = (url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    get(url, { rejectUnauthorized: false, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve(Buffer.concat(chunks).toString()))
    }).once('error', reject)
  })

test('every metric is in the page, and none that is not there', async () => {
  await using collector = await startTestCollector()
  const lines = (await textOf(`${collector.now().consoleUrl}/metrics`)).split('\n')
  const told = lines.flatMap((line) => /^# TYPE (\w+) /.exec(line)?.[1] ?? [])
  expect(told.toSorted()).toEqual([...documented.keys()].toSorted())
  expect(told.toSorted()).toEqual(Object.keys(metricKinds).toSorted())
  for (const [name, { labels }] of Object.entries(metricKinds))
    expect([name, documented.get(name)]).toEqual([name, labels])
  for (const line of lines.filter((each) => each !== '' && !each.startsWith('#')))
    expect(line).toMatch(/^shoumi_\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? \d+$/)
})
