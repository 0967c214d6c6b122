/** What an agent makes of the answers to its enrolment. */
import { readFile } from 'node:fs/promises'
import { Value } from 'typebox/value'
import { expect, test } from 'vitest'
import { openConditions } from '#agent/conditions.ts'
import { enrolInTime } from '#agent/identity/enrolling.ts'
import { openIdentity } from '#agent/identity/identity.ts'
import { systemClock, type Clock } from '#shared/vocabulary/clock.ts'
import { EnrolRequest } from '#shared/wire/enrolment.ts'
import { scriptedCollector, type ScriptedCollector } from '../support/scripted-collector.ts'
import { folderOfTest } from '../support/folder-of-test.ts'
import { eventually } from '../support/eventually.ts'

const quiet = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} }
const clone = await readFile(new URL('../fixtures/protocol/enrol/clone.json', import.meta.url), 'utf8')
/** Nobody waits here for a minute after a refusal. */
const clock: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 20), signal) }

async function enrolling(collector: ScriptedCollector) {
  const dataDir = folderOfTest()
  const conditions = openConditions(clock)
  const stop = new AbortController()
  const identity = await openIdentity(dataDir)
  const enrolled = enrolInTime(
    { collectors: [collector.address], pin: collector.caPin, token: 'token', hostname: 'pc' },
    {
      identity,
      machine: () => Promise.resolve({ uuid: '4c4c4544-0042-4b10-8051-b4c04f4d3332', macs: ['00:e0:4c:68:00:01'] }),
      passport: () => Promise.resolve({}),
      conditions,
      clock,
      log: quiet,
    },
    stop.signal,
  )
  return {
    agent: identity.agent,
    codes: () => conditions.list().map(({ code }) => code),
    enrolled,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await enrolled
    },
  }
}

test('an identity that is another machine’s is a condition of its own, until the collector says otherwise', async () => {
  await using collector = await scriptedCollector()
  const asked: unknown[] = []
  let answer = { status: 409, body: clone }
  collector.onEnrol = (request) => (asked.push(request), answer)
  await using agent = await enrolling(collector)
  await eventually(() => expect(agent.codes()).toEqual(['enrol.clone'])) // which explains why it waits
  expect(Value.Check(EnrolRequest, asked[0])).toBe(true)
  expect(asked[0]).toMatchObject({
    machine: { uuid: '4c4c4544-0042-4b10-8051-b4c04f4d3332', macs: ['00:e0:4c:68:00:01'] },
  })
  answer = { status: 409, body: '{"type":"about:blank","title":"known with another key"}' }
  await eventually(() => expect(agent.codes()).toEqual(['enrol.waiting']))
})

test('a reply of a newer collector, with fields that nobody knows yet, enrols', async () => {
  await using collector = await scriptedCollector()
  await using agent = await enrolling(collector)
  const reply = collector.replyFor(agent.agent)
  collector.onEnrol = () => ({ status: 200, body: JSON.stringify({ ...reply, colour: 'red' }) })
  expect(await agent.enrolled).toMatchObject(reply)
  expect(agent.codes()).toEqual([])
})
