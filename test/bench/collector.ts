/** A collector that is full, and one that is busy: what people wait for, what an event costs, who waits for whom. */
import { signIn, type Client } from './console-client.ts'
import { boots } from './flood-events.ts'
import { fullStore, type Size } from './full-store.ts'
import { generate } from './ingest.ts'
import { enrol, startSender, type Enrolled, type Receipted, type Sending } from './load-agent.ts'
import { cpuOf, healthyAt, setUpCollector, start, type CollectorSetUp, type Running } from './programs.ts'
import { percentile, type Row } from './report.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const ASKED = 40
/** What anybody waits for on a page, ms. */
const ANSWER_MS = 50
const AGENTS_THAT_BOOT = 60
const BOOT_EVENTS = 50
const OTHERS = 10
const ENROL_AT_ONCE = 10

export async function benchCollector(size: Size, seconds: number): Promise<Row[]> {
  console.log('bench: a full store …')
  const file = await fullStore(size)
  return [
    ...(await withCollector(file, ({ client }) => pages(client))),
    ...(await costs(file, seconds)),
    ...(await withCollector(file, (parts) => bootsAtOnce(parts))),
    ...(await floods(file, seconds)),
  ]
}

interface Parts {
  readonly collector: CollectorSetUp
  readonly running: Running
  readonly client: Client
}

async function withCollector<T>(store: string | undefined, use: (parts: Parts) => Promise<T>): Promise<T> {
  using folder = temporaryFolder()
  const collector = await setUpCollector(folder.path, store === undefined ? {} : { store })
  await using running = start('collector', ['serve', '--config', collector.config])
  await healthyAt(collector.consoleUrl, running)
  using client = await signIn(collector.consoleUrl, collector.account.name, collector.account.password)
  return await use({ collector, running, client })
}

const LISTS: readonly string[] = [
  '/incidents',
  '/incidents?order=arrived',
  '/incidents?severity=critical',
  '/incidents?stage=open',
  '/incidents?stage=closed',
  '/incidents?kind=network-episode',
  `/incidents?department=${encodeURIComponent('财务科')}`,
  `/incidents?department=${encodeURIComponent('财务科')}&severity=critical&stage=open&kind=stay`,
  '/incidents?order=arrived&severity=low&stage=closed',
  '/incidents?limit=200',
  '/incidents?sort=worst',
  '/incidents?from=1',
  `/incidents?q=${encodeURIComponent('办公-2')}&severity=low&sort=worst`,
  '/incidents/counts',
  '/alerts',
  '/alerts?state=waiting',
  '/alerts?state=refused',
  `/alerts?state=waiting&mailbox=${encodeURIComponent('mail/office/office@example.org')}`,
  '/events',
  '/endpoints',
  '/endpoints/counts',
  '/health',
  '/faults?of=refused',
]

async function pages(client: Client): Promise<Row[]> {
  console.log('bench: every list …')
  const first = JSON.parse((await client.get('/api/v1/incidents?limit=50')).body) as {
    items: { id: string }[]
    next?: string
  }
  const [incident] = first.items
  const more = [
    ...(first.next === undefined ? [] : [`/incidents?before=${encodeURIComponent(first.next)}`]),
    ...(incident === undefined ? [] : [`/incidents/${incident.id}`, `/incidents/${incident.id}/events`]),
  ]
  const rows: Row[] = []
  for (const path of [...LISTS, ...more]) {
    const took: number[] = []
    for (let n = 0; n < ASKED; n++) took.push((await client.get(`/api/v1${path}`)).ms)
    rows.push(...answered(decodeURIComponent(path).replace(incident?.id ?? '-', ':id'), took))
  }
  const took: number[] = []
  for (let n = 0; n < ASKED; n++) took.push(await client.feed('/api/v1/feed'))
  return [...rows, ...answered('/feed, first bytes', took)]
}

const answered = (what: string, took: readonly number[]): Row[] => [
  { what: `${what}: p50`, value: percentile(took, 0.5), unit: 'ms' },
  { what: `${what}: p95`, value: percentile(took, 0.95), unit: 'ms', toReach: { atMost: ANSWER_MS } },
]

/** What an event costs beside an empty store: both in turn, twice, for the machine is not the same from minute to minute. */
async function costs(file: string, seconds: number): Promise<Row[]> {
  const cost = (store: string | undefined): Promise<number> =>
    withCollector(store, async ({ collector, running }) => {
      const token = await collector.token(SENDERS)
      const at = await cpuOf(running.pid)
      const { receipted } = await generate({ port: collector.agentsPort, token, senders: SENDERS, seconds })
      return (1e6 * ((await cpuOf(running.pid)) - at)) / receipted
    })
  const spent = { full: 0, empty: 0 }
  for (const round of [1, 2]) {
    console.log(`bench: an event into an empty store, and into a full one, ${round} of 2 …`)
    spent.empty += (await cost(undefined)) / 2
    spent.full += (await cost(file)) / 2
  }
  return [
    { what: 'an event, empty store', value: spent.empty, unit: 'µs of a core' },
    { what: 'an event, full store', value: spent.full, unit: 'µs of a core' },
    { what: 'full beside empty', value: spent.full / spent.empty, unit: '×', toReach: { atMost: 1.2 } },
  ]
}
const SENDERS = 10

async function enrolAll({ collector }: Parts, count: number): Promise<Enrolled[]> {
  const token = await collector.token(count)
  const enrolled: Enrolled[] = []
  while (enrolled.length < count) {
    const already = enrolled.length
    const some = Math.min(ENROL_AT_ONCE, count - already)
    const nth = Array.from({ length: some }, (_, n) => enrol(collector.agentsPort, token, already + n))
    enrolled.push(...(await Promise.all(nth)))
  }
  return enrolled
}

/** Agents that all connect in the same second, each with what a workstation says as it boots. */
async function bootsAtOnce(parts: Parts): Promise<Row[]> {
  console.log(`bench: ${AGENTS_THAT_BOOT} agents that boot at once …`)
  const enrolled = await enrolAll(parts, AGENTS_THAT_BOOT)
  const watching = new AbortController()
  const healthz = askHealth(parts.client, watching.signal)
  const at = performance.now()
  const took = await Promise.all(
    enrolled.map(async (each) => {
      const receipted = Promise.withResolvers<void>()
      const sender = await startSender(parts.collector.agentsPort, each, () => receipted.resolve(), {
        line: boots,
        perMessage: BOOT_EVENTS,
        pauseMs: 60_000,
      })
      sender.go()
      await Promise.race([receipted.promise, sender.done])
      const ms = performance.now() - at
      sender.stop()
      await sender.done
      return ms
    }),
  )
  watching.abort()
  const asked = await healthz
  return [
    { what: `${AGENTS_THAT_BOOT} boots at once: last receipt`, value: Math.max(...took), unit: 'ms' },
    { what: `${AGENTS_THAT_BOOT} boots at once: /healthz p95`, value: percentile(asked, 0.95), unit: 'ms' },
  ]
}

async function askHealth(client: Client, signal: AbortSignal): Promise<number[]> {
  const took: number[] = []
  while (!signal.aborted) {
    took.push((await client.get('/healthz')).ms)
    await pause(20)
  }
  return took
}

const FLOODS = [
  { what: 'a flapping cable', flood: 'flapping' },
  { what: 'media never pulled', flood: 'openStays' },
] as const

/** Ten agents that say 50 events a second each, with nobody else, and beside one that says all it can (a process of its
 *  own, so that its receipts are not what the others wait for). */
async function floods(file: string, seconds: number): Promise<Row[]> {
  const rows: Row[] = []
  for (const { what, flood } of FLOODS) {
    console.log(`bench: ${what}, as fast as it can, beside ${OTHERS} others …`)
    await withCollector(file, async (parts) => {
      const port = parts.collector.agentsPort
      const others = await Promise.all((await enrolAll(parts, OTHERS)).map((each) => steady(port, each)))
      const alone = await timesOf(others, seconds)
      const token = await parts.collector.token(1)
      const flooding = generate({ port, token, senders: 1, seconds: seconds + 2, flood })
      await pause(2_000) // it has enrolled, and says all it can
      const beside = await timesOf(others, seconds)
      const { eventsPerSecond } = await flooding
      for (const { sender } of others) sender.stop()
      await Promise.all(others.map(({ sender }) => sender.done))
      rows.push(
        { what: `${what}: it says`, value: eventsPerSecond, unit: 'events/s' },
        { what: `${what}: others alone, receipt p95`, value: percentile(alone, 0.95), unit: 'ms' },
        { what: `${what}: others beside it, receipt p95`, value: percentile(beside, 0.95), unit: 'ms' },
      )
    })
  }
  return rows
}

interface Steady {
  readonly sender: Awaited<ReturnType<typeof startSender>>
  readonly took: number[]
}

async function steady(port: number, each: Enrolled): Promise<Steady> {
  const took: number[] = []
  const sending: Sending = { perMessage: 5, pauseMs: 100 }
  const sender = await startSender(port, each, ({ tookMs }: Receipted) => void took.push(tookMs), sending)
  sender.go()
  return { sender, took }
}

async function timesOf(senders: readonly Steady[], seconds: number): Promise<number[]> {
  await pause(1_000)
  for (const { took } of senders) took.length = 0
  await pause(seconds * 1_000)
  return senders.flatMap(({ took }) => [...took])
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
