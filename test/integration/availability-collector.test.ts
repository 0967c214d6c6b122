/** The whole collector where its store is held, copied, or has no room. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { get } from 'node:https'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { storeFileOf } from '#collector/config.ts'
import { openAtHand } from '#collector/access/at-hand.ts'
import { createToken } from '#collector/ledgers/tokens.ts'
import { startCollector, type Collector } from '#collector/main.ts'
import { initTrust, openTrust } from '#collector/trust/trust.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import {
  connectAgent,
  enrolment,
  greet,
  linkUp,
  newIdentity,
  newLog,
  pinnedRoot,
  post,
  started,
  type Agent,
  type Identity,
} from '../independent/client.ts'
import { startTestCollector } from '../support/collector.ts'
import { likeBefore, most, timed } from '../support/timing.ts'
import { stackOfTest } from '../support/stack-of-test.ts'
import { noSmallDisk, smallDisk } from '../support/small-disk.ts'

interface Asked {
  readonly status: number
  readonly text: string
}
/** A new connection each time. */
function ask(url: string): Promise<Asked> {
  return new Promise((resolve, reject) => {
    get(url, { rejectUnauthorized: false, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(chunks).toString(),
        }),
      )
    }).once('error', reject)
  })
}

type Known = Identity & { readonly certificate: string }
async function enrol(url: string, root: string, token: string): Promise<Known> {
  const identity = newIdentity()
  const { status, body } = await post(url, root, enrolment(identity, token))
  if (status !== 200) throw new Error(`not enrolled: ${JSON.stringify(body)}`)
  return { ...identity, certificate: (body['certificate'] ?? '') + (body['chain'] ?? '') }
}
async function joined(url: string, root: string, who: Known): Promise<Agent> {
  const agent = await connectAgent(url, { root, ...who })
  await greet(agent, [])
  return agent
}

test('another process that holds the store: the console answers at once, receipts come after', async () => {
  const collector = stackOfTest().use(await startTestCollector())
  const { agentsUrl, consoleUrl, caPin } = collector.now()
  const root = await pinnedRoot(agentsUrl, caPin)
  const who = await enrol(agentsUrl, root, await collector.token())
  const agent = await joined(agentsUrl, root, who)
  const isHealthy = async (): Promise<void> => expect((await ask(`${consoleUrl}/healthz`)).status).toBe(200)
  const before = await timed(20, isHealthy)
  const child = spawn(process.execPath, [
    '-e',
    `const { DatabaseSync } = require('node:sqlite'); const d = new DatabaseSync(${JSON.stringify(storeFileOf(collector.config))})
     d.exec('PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE'); console.log('held'); process.stdin.on('end', () => process.exit()).resume()`,
  ])
  stackOfTest().defer(() => void child.kill())
  await once(child.stdout, 'data')
  const log = newLog(who, [started(), linkUp(1), linkUp(2)])
  agent.send({ type: 'events', epoch: log.epoch, from: 0 }, log.body(0))
  const receipt = agent.next('receipt')
  expect(most(await timed(20, isHealthy))).toBeLessThan(likeBefore(before))
  child.stdin.end()
  await receipt
  await agent.leave()
})

test('a backup is taken under full load, by a process of its own, and holds what had its receipt before', async () => {
  const collector = stackOfTest().use(await startTestCollector())
  const { agentsUrl, caPin } = collector.now()
  const root = await pinnedRoot(agentsUrl, caPin)
  const token = await collector.token()
  const over = new AbortController()
  let receipted = 0
  const sending = Array.from({ length: 40 }, async () => {
    const who = await enrol(agentsUrl, root, token)
    const agent = await joined(agentsUrl, root, who)
    const log = newLog(who, [started()])
    for (let from = 0; !over.signal.aborted; from = log.lines.length) {
      log.lines.push(...Array.from({ length: 20 }, (_, at) => linkUp(from + at)))
      agent.send({ type: 'events', epoch: log.epoch, from }, log.body(from))
      await agent.next('receipt')
      receipted += log.lines.length - from
    }
    await agent.leave()
  })
  await expect.poll(() => receipted).toBeGreaterThan(2_000)
  const before = receipted
  const dir = join(collector.folder, 'copy')
  const cli = fileURLToPath(new URL('../../collector/cli.ts', import.meta.url))
  const child = spawn(process.execPath, [cli, 'backup', dir, '--config', join(collector.folder, 'collector.yaml')])
  const said: string[] = []
  child.stdout.on('data', (data: Buffer) => said.push(data.toString()))
  child.stderr.on('data', (data: Buffer) => said.push(data.toString()))
  const [code] = (await once(child, 'exit')) as [number]
  const after = receipted
  over.abort()
  await Promise.all(sending)
  expect([code, said.join('')]).toEqual([0, expect.stringContaining('files of keys') as string])
  using copy = new DatabaseSync(join(dir, 'collector.db'), { readOnly: true })
  const entries = Number(copy.prepare('SELECT count(*) AS n FROM entry').get()?.['n'])
  expect(entries).toBeGreaterThanOrEqual(before)
  expect(entries).toBeLessThanOrEqual(after + 40 * 21) // what was committed and not receipted yet
  expect(Number(copy.prepare("SELECT count(*) AS n FROM audit WHERE act = 'store.backup'").get()?.['n'])).toBe(1)
})

const missing = noSmallDisk()
if (missing !== undefined) console.log(`collectors on full disks skipped: ${missing}`)

describe.skipIf(missing !== undefined)('a collector that is started', () => {
  const config = (name: string): string => fileURLToPath(new URL(`../../config/${name}`, import.meta.url))

  test.each(['full', 'read-only'])(
    'on a %s disk serves what can be read, and all of it once it can write',
    async (how) => {
      const disk = smallDisk(8)
      if (disk === undefined) throw new Error('no disk')
      const all = stackOfTest()
      all.use(disk)
      const dataDir = join(disk.folder, 'data')
      await mkdir(dataDir)
      await initTrust(dataDir, systemClock.wall())
      const pagesDir = join(disk.folder, 'pages')
      await mkdir(pagesDir)
      await writeFile(join(pagesDir, 'index.html'), '<p>console</p>')
      const start = (): Promise<Collector> =>
        startCollector(
          {
            dataDir,
            agents: { host: '127.0.0.1', port: 0, publicNames: [], trustedProxies: [] },
            console: { host: '127.0.0.1', port: 0 },
            policyDir: config('policy'),
            clausesFile: config('clauses.yaml'),
            log: { level: 'error' },
          },
          { clock: systemClock, pagesDir },
        )
      const before = await start()
      const hand = await openAtHand({ dataDir }, 'test', { clock: systemClock, user: 'test' })
      const scope = {
        department: '综合科',
        level: 'internal',
        networkKind: 'intranet',
        uses: 1,
        lifeMs: 60_000,
      } as const
      const token = await createToken(hand.access, hand.actor, { ...scope, now: systemClock.wall() })
      const root = await pinnedRoot(before.agentsUrl, before.caPin)
      const who = await enrol(before.agentsUrl, root, token)
      await hand[Symbol.asyncDispose]()
      await before[Symbol.asyncDispose]()
      if (how === 'full') await disk.fill()
      else disk.remount('ro')

      const collector = all.use(await start())
      const { consoleUrl, agentsUrl } = collector
      expect(await ask(`${consoleUrl}/healthz`)).toMatchObject({
        status: 503,
        text: '{"status":"failing","reason":"store.failed"}',
      })
      expect((await ask(`${consoleUrl}/metrics`)).text).toContain('shoumi_condition{code="store.failed"')
      expect(await ask(`${consoleUrl}/api/v1/incidents`)).toMatchObject({ status: 401 })
      expect((await post(agentsUrl, root, enrolment(newIdentity(), 'any'))).status).toBe(503)
      const turnedAway = await connectAgent(agentsUrl, { root, ...who })
      expect((await turnedAway.next('bye')).header).toMatchObject({ reason: 'shutdown', retryAfterMs: 5_000 })

      if (how === 'full') disk.empty()
      else disk.remount('rw')
      await expect.poll(async () => (await ask(`${consoleUrl}/healthz`).catch(() => undefined))?.status).toBe(200)
      expect([collector.consoleUrl, collector.agentsUrl]).toEqual([consoleUrl, agentsUrl])
      expect((await ask(`${consoleUrl}/metrics`)).text).not.toContain('store.failed')
      const agent = await joined(agentsUrl, root, who)
      const log = newLog(who, [started(), linkUp(1)])
      agent.send({ type: 'events', epoch: log.epoch, from: 0 }, log.body(0))
      await agent.next('receipt')
      await agent.leave()
    },
  )

  test('there with a server certificate that nears its end serves the one that it has', async () => {
    const disk = smallDisk(1)
    if (disk === undefined) throw new Error('no disk')
    stackOfTest().use(disk)
    const now = systemClock.wall()
    await initTrust(disk.folder, now)
    const { server } = await openTrust(disk.folder, [], now)
    await disk.fill()
    const nearItsEnd = server.endsAt - 5 * 86_400_000
    expect((await openTrust(disk.folder, [], nearItsEnd)).server.cert).toBe(server.cert)
    disk.empty()
    expect((await openTrust(disk.folder, [], nearItsEnd)).server.cert).not.toBe(server.cert)
  })
})
