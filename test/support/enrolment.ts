/** `POST /enrol` over real TLS, on real documents and a real store, with no collector around it. */
import { createServer } from 'node:https'
import { enrolHandler } from '#collector/ingest/enrol-http.ts'
import { createToken } from '#collector/ledgers/tokens.ts'
import { openLive } from '#collector/live.ts'
import { openMetrics } from '#collector/metrics.ts'
import type { Documents } from '#collector/policy/documents.ts'
import type { Level } from '#shared/vocabulary/levels.ts'
import { pinnedRoot, post, type Answer } from '../independent/client.ts'
import { testActor, testDocuments, type TestDocuments } from './documents.ts'

export interface TestEnrolment extends Omit<TestDocuments, typeof Symbol.asyncDispose>, AsyncDisposable {
  readonly documents: Documents
  readonly url: string
  /** PEM, pinned. */
  readonly root: string
  readonly ask: (body: string | Buffer) => Promise<Answer>
  readonly token: (over?: { uses?: number; lifeMs?: number; level?: Level; department?: string }) => Promise<string>
  readonly metric: (name: string) => number
}

const nothing = (): void => undefined
const log = { error: nothing, warn: nothing, info: nothing, debug: nothing }

/** `register`: published before it begins. */
export async function startEnrolment(register = ''): Promise<TestEnrolment> {
  await using parts = new AsyncDisposableStack()
  const rig = parts.use(await testDocuments())
  await rig.publish(register)
  const documents = await rig.open()
  const metrics = openMetrics(log)
  const { access, trust, clock } = rig
  const handle = enrolHandler({ access, documents, trust, clock, live: openLive(), metrics, log })
  const server = createServer({ ...trust.server, ca: trust.chain, requestCert: true, rejectUnauthorized: false })
  server.on('request', (request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  parts.defer(() => new Promise((resolve) => server.close(() => resolve())))
  const address = server.address()
  const url = `https://localhost:${typeof address === 'object' && address !== null ? address.port : 0}`
  const root = await pinnedRoot(url, trust.caPin)
  const kept = parts.move()
  return {
    ...rig,
    documents,
    url,
    root,
    ask: (body) => post(url, root, body),
    token: ({ uses = 100, lifeMs = 3_600_000, level = 'internal', department = '综合科' } = {}) =>
      createToken(access, testActor, { department, level, networkKind: 'intranet', uses, lifeMs, now: clock.wall() }),
    metric(name) {
      const line = metrics
        .text()
        .split('\n')
        .find((each) => each.startsWith(`${name} `))
      return Number(line?.slice(name.length + 1))
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
