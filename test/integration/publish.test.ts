/** What holds: published by an act, handed out in parts, looked for by whoever serves. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { pushDocuments, type HeldVersions } from '#collector/ingest/push-documents.ts'
import { retireNamed } from '#collector/ledgers/endpoint-acts.ts'
import type { Documents } from '#collector/policy/documents.ts'
import { linesOf } from '#collector/policy/plan.ts'
import { watchDocuments } from '#collector/policy/watch.ts'
import { ConfigError } from '#shared/vocabulary/yaml.ts'
import type { MessageHeader } from '#shared/wire/messages.ts'
import { addEndpoint } from '../support/collector-store.ts'
import { testActor, testDocuments, type TestDocuments } from '../support/documents.ts'
import { manualClock } from '../support/manual-clock.ts'
import { eventually } from '../support/eventually.ts'

const shippedRules = fileURLToPath(new URL('../../config/policy/first.yaml', import.meta.url))
const line = 'endpoints: [{ host: pc-1, serial: S, level: internal, networkKind: intranet, department: 综合科 }]\n'
const media = (from: number, to: number, level = 'internal'): string =>
  `media:\n${Array.from({ length: to - from }, (_, at) => `  - { id: M${1_000 + from + at}, level: ${level}, identity: { usbSerial: S${from + at} } }`).join('\n')}\n`

/** What a session sends an agent that has this. */
async function pushed(documents: Documents, agentId: number, held: HeldVersions): Promise<string[]> {
  const sent: string[] = []
  const say = (header: MessageHeader): boolean => sent.push(JSON.stringify(header)) > 0
  await pushDocuments(
    { documents, agentId, connection: { send: say, bye: (bye) => void say({ type: 'bye', ...bye }) } },
    held,
  )
  return sent.map((text) => {
    const { type, kind, part, version, reason } = JSON.parse(text) as Record<string, string | number | undefined>
    return [type === 'document' ? kind : type, part, version, reason].filter((word) => word !== undefined).join(' ')
  })
}

async function otherRules(rig: TestDocuments, change: (text: string) => string): Promise<string> {
  const policyDir = join(rig.dataDir, 'policy')
  await mkdir(policyDir, { recursive: true })
  await writeFile(join(policyDir, 'first.yaml'), change(await readFile(shippedRules, 'utf8')))
  return policyDir
}

test('the very first start publishes; later ones only say that what is written is something else', async () => {
  await using rig = await testDocuments()
  const agentId = await addEndpoint(rig.store, 1)
  const policyDir = await otherRules(rig, (text) => text.replace('severity: high', 'severity: low'))
  await rig.open()
  const documents = await rig.open({ policyDir })
  expect(await documents.of(agentId)).toMatchObject([{ kind: 'policy', version: 1 }, {}])
  expect(rig.conditions.all()).toMatchObject([{ code: 'documents.unpublished', severity: 'moderate' }])
  const plan = await rig.publish(undefined, { policyDir })
  expect(linesOf(plan)).toEqual([expect.stringMatching(/^policy: 1 changed \([a-z-]+\)$/), 'agents concerned: 1 of 1'])
  expect(await documents.look()).toBe(true)
  await documents.compare()
  expect(rig.conditions.all()).toEqual([])
  expect(await documents.of(agentId)).toMatchObject([{ kind: 'policy', version: 2 }, {}])
})

test('a fault at the very first start names file, line and field, and nothing is published', async () => {
  await using rig = await testDocuments()
  const policyDir = await otherRules(rig, (text) => text.replace('severity: high', 'severity: worst'))
  await expect(rig.open({ policyDir })).rejects.toThrow(/first\.yaml:\d+ \/\d+\/severity is not valid/)
  await expect(rig.open({ policyDir })).rejects.toThrow(ConfigError)
  await expect(rig.open()).resolves.toBeDefined()
})

test('a file that cannot be read later is a condition, and what was published holds', async () => {
  await using rig = await testDocuments()
  const agentId = await addEndpoint(rig.store, 1)
  await rig.open()
  const documents = await rig.open({ policyDir: join(rig.dataDir, 'nowhere') })
  expect(rig.conditions.all()).toMatchObject([{ code: 'documents.not-read' }])
  expect(await documents.of(agentId)).toHaveLength(2)
})

test('documents go out in order, and of a changed list one part alone', async () => {
  await using rig = await testDocuments()
  const agentId = await addEndpoint(rig.store, 1)
  await rig.publish(line + media(0, 600))
  const documents = await rig.open()
  const held: HeldVersions = { policy: 0, register: 0, media: [] }
  expect(await pushed(documents, agentId, held)).toEqual([
    'policy 1',
    'media 0 1',
    'media 1 1',
    'media 2 1',
    'register 1',
  ])
  expect(await pushed(documents, agentId, held)).toEqual([])

  const plan = await rig.publish(line + media(0, 600).replace('id: M1300, level: internal', 'id: M1300, level: public'))
  expect(linesOf(plan)).toEqual(['media, part 1: 1 changed (M1300)', 'agents concerned: 1 of 1'])
  await documents.look()
  expect(await pushed(documents, agentId, held)).toEqual(['media 1 2'])

  await rig.publish(
    line +
      media(0, 600)
        .split('\n')
        .filter((each) => !each.includes('M1000'))
        .join('\n'),
  )
  await rig.publish(line) // all parts stay, empty
  await documents.look()
  expect(await pushed(documents, agentId, held)).toEqual(['media 0 3', 'media 1 4', 'media 2 2'])
  expect(held.media).toEqual([3, 4, 2])
})

test('an agent that greets with some of it gets the rest', async () => {
  await using rig = await testDocuments()
  const agentId = await addEndpoint(rig.store, 1)
  await rig.publish(line + media(0, 300))
  const documents = await rig.open()
  expect(await pushed(documents, agentId, { policy: 1, register: 0, media: [1] })).toEqual(['media 1 1', 'register 1'])
  expect(await pushed(documents, agentId, { policy: 9, register: 9, media: [9, 9] })).toEqual([])
})

test('a pending agent is told of no media', async () => {
  await using rig = await testDocuments()
  const agentId = await addEndpoint(rig.store, 1, { status: 'pending' })
  await rig.publish(media(0, 10))
  expect(await pushed(await rig.open(), agentId, { policy: 0, register: 0, media: [] })).toEqual([
    'policy 1',
    'register 1',
  ])
})

test('a retired agent hears so', async () => {
  await using rig = await testDocuments()
  const agentId = await addEndpoint(rig.store, 1)
  const documents = await rig.open()
  await retireNamed(rig.access, testActor, { name: '办公-1', mailboxes: [], clock: rig.clock })
  expect(await pushed(documents, agentId, { policy: 1, register: 1, media: [] })).toEqual(['bye revoked'])
})

test('what says the same is signed once, whoever asks and however often', async () => {
  await using rig = await testDocuments()
  const agentId = await addEndpoint(rig.store, 1)
  await rig.publish(line)
  const [one, other] = [await rig.open(), await rig.open()]
  const all = await Promise.all([one, other, one, other].map((documents) => documents.of(agentId)))
  for (const each of all) expect(each).toEqual(all[0])
  expect(linesOf(await rig.publish(line))).toEqual(['What is written is what holds already.'])
  const { count } = await rig.store.read((tx) =>
    tx
      .selectFrom('document')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow(),
  )
  expect(count).toBe(2)
})

test('a line of a machine that has yet to enrol is told, whether it came, went, or says something else', async () => {
  await using rig = await testDocuments()
  await rig.publish()
  const none = 'agents concerned: 0 of 0'
  expect(linesOf(await rig.publish(line))).toEqual(['ledger: 1 added (pc-1)', none])
  expect(linesOf(await rig.publish(line.replace('pc-1', 'PC-1')))).toEqual(['ledger: 1 changed (pc-1)', none])
  expect(linesOf(await rig.publish(line.replace('综合科', '财务科')))).toEqual(['ledger: 1 changed (pc-1)', none])
  expect(linesOf(await rig.publish('endpoints: []\n'))).toEqual(['ledger: 1 removed (pc-1)', none])
})

test('publishing is one act: an error at its end leaves nothing of it', async () => {
  await using rig = await testDocuments()
  const agentId = await addEndpoint(rig.store, 1)
  await rig.publish(line)
  const documents = await rig.open()
  const before = await documents.of(agentId)
  await rig.store.write(async (tx) => {
    await tx.updateTable('document').set({ note: 'altered by hand' }).where('kind', '=', 'policy').execute()
  })
  await expect(rig.publish(line + media(0, 3))).rejects.toThrow('The policy in the store is not as it was published')
  expect(
    await rig.store.read((tx) => tx.selectFrom('document').select('id').where('kind', '=', 'media').execute()),
  ).toEqual([])
  expect(await documents.of(agentId)).toEqual(before)
})

test('whoever serves hands out within seconds what another process published, once, and renews each day', async () => {
  const clock = manualClock()
  const news = [false, true, false]
  const calls: string[] = []
  const say = (what: string) => async () => void calls.push(what)
  const log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} }
  const documents = {
    look: async () => news.shift() ?? false,
    renew: say('renew'),
    compare: say('compare'),
  }
  await using _watch = watchDocuments({ documents, push: say('push'), onNews: () => calls.push('news'), clock, log })
  await eventually(() => expect(calls).toEqual(['renew', 'push', 'news', 'compare', 'push']))
  const passing = (ms: number, expected: string[]) =>
    eventually(() => {
      clock.pass(ms)
      expect(calls.slice(5)).toEqual(expected)
    })
  news.push(false, true)
  await passing(2_000, ['news', 'compare', 'push'])
  await passing(12 * 3_600_000, ['news', 'compare', 'push', 'renew', 'push'])
})

test('the store fails while it is looked: it is looked again', async () => {
  const clock = manualClock()
  const faults: string[] = []
  let looked = 0
  const documents = {
    look: async () => {
      looked += 1
      if (looked < 3) throw new Error('disk')
      return false
    },
    renew: async () => {},
    compare: async () => {},
  }
  const log = { error: (text: string) => faults.push(text), warn: () => {}, info: () => {}, debug: () => {} }
  await using _watch = watchDocuments({ documents, push: async () => {}, onNews: () => {}, clock, log })
  await eventually(() => {
    clock.pass(2_000)
    expect(looked).toBeGreaterThan(3)
  })
  expect(faults).toHaveLength(2)
})
