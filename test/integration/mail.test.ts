import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { simpleParser } from 'mailparser'
import { expect, test, vi } from 'vitest'
import { mailChannels, type MailConfig } from '#collector/alerts/channels/mail.ts'
import { startOutbox, type Outbox } from '#collector/alerts/outbox.ts'
import { channelsOf } from '#collector/alerts/routes.ts'
import { commitBatches } from '#collector/ingest/commit.ts'
import { possibleDoubles, waitingCounts } from '#collector/store/alerts.ts'
import { openHot } from '#collector/store/hot.ts'
import { addEndpoint, agentOf, batchOf, openTestStore, type TestStore } from '../support/collector-store.ts'
import { stayEvents, verdict } from '../support/events.ts'
import { fastClock } from '../support/fast-clock.ts'
import { texts } from '../support/incidents.ts'
import { freePort, makeCertificate, startMailServer } from '../support/mail-server.ts'

const collector = 'cccccccc-3333-4333-8333-cccccccccccc'
const routes = [{ name: 'office', to: ['office@example.org'], level: 'secret' }] as const
/** 20 s of patience become 2, back-offs of 1 s become 0.1. */
const clock = fastClock(10)
const reached = { timeout: 20_000, interval: 20 }

interface Sending extends AsyncDisposable {
  readonly outbox: Outbox
  readonly warnings: unknown[]
}

async function startSending(kept: TestStore, config: MailConfig): Promise<Sending> {
  const warnings: unknown[] = []
  const log = { warn: (...line: unknown[]) => warnings.push(line) }
  const channels = mailChannels(config, { collector, level: () => Promise.resolve('secret'), texts })
  const outbox = await startOutbox({ channels }, { db: kept.store.db, clock, log })
  return { outbox, warnings, [Symbol.asyncDispose]: () => outbox[Symbol.asyncDispose]() }
}

/** One incident on a secret endpoint: a critical stay with a copied file of Chinese name. */
async function breach({ store }: TestStore, config: MailConfig): Promise<void> {
  const endpoint = { id: await addEndpoint(store, 1, { level: 'secret', department: '财务科' }), agent: agentOf(1) }
  const rule = verdict({ rule: 'unregistered-medium-on-classified', severity: 'critical' })
  await commitBatches(store, openHot(store), [batchOf(endpoint, stayEvents({ verdicts: [rule] }))], {
    channels: channelsOf(config.routes),
    now: clock.wall(),
  })
}

const only = async (kept: TestStore) => (await waitingCounts(kept.store.db))[0]
const isDelivered = (kept: TestStore) =>
  vi.waitFor(async () => expect(await waitingCounts(kept.store.db)).toEqual([]), reached)

test('a server that fails at first gets the alert once, under the same Message-ID, with all of its Chinese', async () => {
  await using kept = await openTestStore()
  const port = await freePort()
  const config: MailConfig = { host: '127.0.0.1', port, from: 'shoumi@example.org', routes }
  await breach(kept, config)
  await using _ = await startSending(kept, config)
  await vi.waitFor(async () => expect((await only(kept))?.lastError).toContain('ECONNREFUSED'), reached)
  {
    await using busy = await startMailServer({
      port,
      refuse: (_to, nth) => ({ code: 451, text: 'come back later', at: nth === 1 ? 'recipient' : 'message' }),
    })
    await vi.waitFor(() => expect(busy.attempts()).toBeGreaterThanOrEqual(2), reached)
    await vi.waitFor(async () => expect((await only(kept))?.lastError).toContain('451 come back later'), reached)
  }
  await vi.waitFor(async () => expect((await only(kept))?.lastError).toContain('ECONNREFUSED'), reached)
  await using server = await startMailServer({ port })
  await isDelivered(kept)
  const [alert] = await kept.store.db.selectFrom('alert').selectAll().execute()
  expect(server.received).toHaveLength(1)
  const [{ mail, to } = { mail: undefined, to: '' }] = server.received
  expect(to).toBe('office@example.org')
  expect(mail?.messageId).toBe(`<${alert?.id}@${collector}>`)
  expect(mail?.references).toBe(`<${alert?.incident_id}@${collector}>`)
  expect(mail?.headers.get('auto-submitted')).toBe('auto-generated')
  expect(mail?.subject).toBe('【守密】红 机密终端 涉密计算机使用未登记的移动存储介质 财务科 办公-1')
  for (const fact of ['张三', '1. /media/stick/名单.docx (1.0 kB, 已拷入)', '四.2(5)：“办公室内禁止私自使用'])
    for (const part of [mail?.text, mail?.html]) expect(part).toContain(fact)
  expect(await possibleDoubles(kept.store.db)).toBe(0)
})

test('an address that is refused for good costs the others nothing; a low route is told no more than it may', async () => {
  await using kept = await openTestStore()
  await using server = await startMailServer({
    refuse: (to) => (to === 'gone@example.org' ? { code: 550, text: 'no such mailbox', at: 'recipient' } : undefined),
  })
  const config: MailConfig = {
    host: '127.0.0.1',
    port: server.port,
    from: 'shoumi@example.org',
    routes: [
      { name: 'office', to: ['office@example.org', 'gone@example.org'], level: 'secret' },
      { name: 'city', to: ['city@example.org'], level: 'internal' },
    ],
  }
  await breach(kept, config)
  await using _ = await startSending(kept, config)
  await vi.waitFor(async () => {
    expect(await waitingCounts(kept.store.db)).toMatchObject([
      {
        channel: 'mail/office/gone@example.org',
        waiting: 0,
        refused: 1,
        lastError: expect.stringContaining('550 no such mailbox'),
      },
    ])
  }, reached)
  const mails = new Map(server.received.map(({ to, mail }) => [to, mail]))
  expect([...mails.keys()].toSorted()).toEqual(['city@example.org', 'office@example.org'])
  expect(mails.get('office@example.org')?.text).toContain('名单.docx')
  const { subject, text = '', html } = mails.get('city@example.org') ?? {}
  expect(subject).toMatch(/^【守密】红 案件 [0-9A-F]{8} 财务科$/)
  expect(text).toContain('部门: 财务科')
  for (const secret of ['名单', '张三', '办公-1', 'pc-1', 'SN0001AB', '机密', '移动存储', 'mb-4.2-5'])
    expect(`${subject}${text}${html}`).not.toContain(secret)
})

test('a connection that is lost after DATA may have brought it: it goes again under the same name, and is counted', async () => {
  await using kept = await openTestStore()
  const seen: (string | undefined)[] = []
  await using server = await startMailServer({
    server: {
      onData(stream, _session, callback) {
        simpleParser(stream, (_error, { messageId }) => {
          seen.push(messageId)
          if (seen.length > 1) return callback(null)
          for (const socket of server.sockets) socket.destroy()
        })
      },
    },
  })
  const config: MailConfig = { host: '127.0.0.1', port: server.port, from: 'shoumi@example.org', routes }
  await breach(kept, config)
  await using _ = await startSending(kept, config)
  await isDelivered(kept)
  expect(seen).toHaveLength(2)
  expect(seen[0]).toMatch(/^<[0-9a-f]{32}@cccc/)
  expect(seen[1]).toBe(seen[0])
  expect(await possibleDoubles(kept.store.db)).toBe(1)
})

test('a password goes only over TLS, into no error and no log, and a new one needs no restart', async () => {
  await using kept = await openTestStore()
  const { key, cert } = await makeCertificate()
  const folder = dirname(kept.file)
  const [caFile, passwordFile] = [join(folder, 'ca.pem'), join(folder, 'password')]
  await writeFile(caFile, cert)
  await writeFile(passwordFile, 'wrong-horse\n')
  const asked: unknown[] = []
  await using server = await startMailServer({
    server: {
      key,
      cert,
      disabledCommands: [],
      authOptional: false,
      onAuth({ username, password }, { secure }, callback) {
        asked.push({ username, secure })
        if (password === 'right-horse') return callback(null, { user: username })
        const plain = Buffer.from(`\0${username}\0${password}`).toString('base64')
        callback(Object.assign(new Error(`not ${password}, ${plain}`), { responseCode: 535 }))
      },
    },
  })
  const config: MailConfig = {
    host: '127.0.0.1',
    port: server.port,
    from: 'shoumi@example.org',
    routes,
    user: 'shoumi',
    passwordFile,
    caFile,
  }
  await breach(kept, config)
  await using sending = await startSending(kept, config)
  await vi.waitFor(
    async () => expect((await only(kept))?.lastError).toContain('does not accept user or password (535)'),
    reached,
  )
  const [row] = await kept.store.db.selectFrom('alert').selectAll().execute()
  const plain = Buffer.from('\0shoumi\0wrong-horse').toString('base64')
  for (const secret of ['wrong-horse', plain]) expect(JSON.stringify([row, sending.warnings])).not.toContain(secret)
  await writeFile(passwordFile, 'right-horse\n')
  await isDelivered(kept)
  expect(asked).toContainEqual({ username: 'shoumi', secure: true })
  expect(asked).not.toContainEqual({ username: 'shoumi', secure: false })
})

test('a server without TLS is never told the password', async () => {
  await using kept = await openTestStore()
  await using server = await startMailServer({ server: { disabledCommands: ['STARTTLS'], allowInsecureAuth: true } })
  const passwordFile = join(dirname(kept.file), 'password')
  await writeFile(passwordFile, 'right-horse')
  const config: MailConfig = {
    host: '127.0.0.1',
    port: server.port,
    from: 'shoumi@example.org',
    routes,
    user: 'shoumi',
    passwordFile,
  }
  await breach(kept, config)
  await using _ = await startSending(kept, config)
  await vi.waitFor(async () => expect((await only(kept))?.lastError).toMatch(/STARTTLS/), reached)
  expect(server.attempts()).toBe(0)
})
