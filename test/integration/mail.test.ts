import dns from 'node:dns'
import { writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { dirname, join } from 'node:path'
import { simpleParser } from 'mailparser'
import { describe, expect, onTestFinished, test } from 'vitest'
import { dismiss, sendAgain } from '#collector/alerts/actions.ts'
import { checkCaFile } from '#collector/alerts/channels/mail-files.ts'
import { mailChannels, type MailConfig } from '#collector/alerts/channels/mail.ts'
import { mailboxStates, type MailboxState } from '#collector/alerts/lists.ts'
import { startOutbox, type Outbox } from '#collector/alerts/outbox.ts'
import { mailboxesOf } from '#collector/alerts/routes.ts'
import { openConditions } from '#collector/conditions.ts'
import { ConfigError } from '#shared/vocabulary/yaml.ts'
import { commitBatches } from '#collector/ingest/commit.ts'
import { openHot } from '#collector/store/hot.ts'
import { addEndpoint, agentOf, batchOf, openTestStore, type TestStore } from '../support/collector-store.ts'
import { stayEvents, verdict } from '../support/events.ts'
import { fastClock } from '../support/fast-clock.ts'
import { texts } from '../support/incidents.ts'
import { freePort, makeCertificate, startMailServer } from '../support/mail-server.ts'
import { eventually } from '../support/eventually.ts'

/** A name that the system's own look-up knows, and no name server: as one of /etc/hosts. */
const HOSTS_ALONE = 'mail.office.test'
function knowHostsAlone(): void {
  const { lookup } = dns
  const put = (other: unknown): void => {
    Reflect.set(dns, 'lookup', other)
    syncBuiltinESMExports()
  }
  type Done = (error: NodeJS.ErrnoException | null, addresses: dns.LookupAddress[]) => void
  put((host: string, options: { all: true }, done: Done): void =>
    host === HOSTS_ALONE ? done(null, [{ address: '127.0.0.1', family: 4 }]) : lookup(host, options, done),
  )
  onTestFinished(() => put(lookup))
}

const collector = 'cccccccc-3333-4333-8333-cccccccccccc'
const OFFICE = 'mail/office/office@example.org'
const routes = [{ name: 'office', to: ['office@example.org'], level: 'secret' }] as const
/** 20 s of patience become 2, back-offs of 1 s become 0.1. */
const clock = fastClock(10)
const plainTo = (port: number): MailConfig => ({ host: '127.0.0.1', port, from: 'shoumi@example.org', routes })

interface Sending extends AsyncDisposable {
  readonly outbox: Outbox
  readonly warnings: unknown[]
}

function startSending({ store }: TestStore, config: MailConfig): Sending {
  const warnings: unknown[] = []
  const warn = (...line: unknown[]): void => void warnings.push(line)
  const log = { warn, error: warn, info: warn, debug: warn }
  const channels = mailChannels(config, { collector, level: () => Promise.resolve('secret'), texts })
  const outbox = startOutbox({ channels }, { store, clock, conditions: openConditions(clock, log), log })
  return { outbox, warnings, [Symbol.asyncDispose]: () => outbox[Symbol.asyncDispose]() }
}

/** One incident on a secret endpoint: a critical stay with a copied file of Chinese name. */
async function breach({ store }: TestStore, config: MailConfig): Promise<void> {
  const endpoint = { id: await addEndpoint(store, 1, { level: 'secret', department: '财务科' }), agent: agentOf(1) }
  const rule = verdict({ rule: 'unregistered-medium-on-classified', severity: 'critical' })
  await commitBatches(store, openHot(store), [batchOf(endpoint, stayEvents({ verdicts: [rule] }))], {
    mailboxes: mailboxesOf({ mail: config }),
    now: clock.wall(),
  })
}

const only = async ({ store }: TestStore): Promise<MailboxState | undefined> => (await store.read(mailboxStates))[0]
const says = (kept: TestStore, error: string | RegExp) =>
  eventually(async () => expect((await only(kept))?.lastError).toMatch(error))
const isDelivered = ({ store }: TestStore) =>
  eventually(async () => expect(await store.read(mailboxStates)).toEqual([]))
const alerts = ({ store }: TestStore) =>
  store.read((tx) =>
    tx
      .selectFrom('alert')
      .innerJoin('incident', 'incident.number', 'alert.incident_number')
      .selectAll('alert')
      .select('incident.id as incidentId')
      .execute(),
  )

test('a server that fails at first gets the alert once, under the same Message-ID, with all of its Chinese', async () => {
  await using kept = await openTestStore()
  const port = await freePort()
  const config = plainTo(port)
  await breach(kept, config)
  await using sending = startSending(kept, config)
  await says(kept, 'ECONNREFUSED')
  {
    await using busy = await startMailServer({
      port,
      refuse: (_to, nth) => ({ code: 451, text: 'come back later', at: nth === 1 ? 'recipient' : 'message' }),
    })
    await eventually(() => expect(busy.attempts()).toBeGreaterThanOrEqual(2))
    await says(kept, '451 come back later')
  }
  await says(kept, 'ECONNREFUSED')
  await using server = await startMailServer({ port })
  await isDelivered(kept)
  const [alert] = await alerts(kept)
  expect(server.received).toHaveLength(1)
  const [{ mail, to } = { mail: undefined, to: '' }] = server.received
  expect(to).toBe('office@example.org')
  expect(mail?.messageId).toMatch(/^<[0-9a-f]{32}\.0\.[0-9a-f]{8}@cccc/)
  expect(mail?.references).toBe(`<${alert?.incidentId}@${collector}>`)
  expect(mail?.headers.get('auto-submitted')).toBe('auto-generated')
  expect(mail?.subject).toMatch(/^【守密】红 违规线索 \S+ 机密终端 涉密计算机使用未登记的移动存储介质 财务科 办公-1$/)
  for (const fact of ['张三', '1. /media/stick/名单.docx (1.0 kB, 已拷出)', '四.2(5)：“办公室内禁止私自使用'])
    for (const part of [mail?.text, mail?.html]) expect(part).toContain(fact)
  await eventually(() => expect(sending.outbox.lines()).toContain('shoumi_mails_unseen 0'))
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
  await using _ = startSending(kept, config)
  await eventually(async () => {
    expect(await kept.store.read(mailboxStates)).toMatchObject([
      {
        mailbox: 'mail/office/gone@example.org',
        waiting: 0,
        refused: 1,
        lastError: expect.stringContaining('550 no such mailbox'),
      },
    ])
  })
  const mails = new Map(server.received.map(({ to, mail }) => [to, mail]))
  expect([...mails.keys()].toSorted()).toEqual(['city@example.org', 'office@example.org'])
  expect(mails.get('office@example.org')?.text).toContain('名单.docx')
  const { subject, text = '', html } = mails.get('city@example.org') ?? {}
  expect(subject).toMatch(/^【守密】红 违规线索 \S+ 财务科$/)
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
  const config = plainTo(server.port)
  await breach(kept, config)
  await using sending = startSending(kept, config)
  await isDelivered(kept)
  expect(seen).toHaveLength(2)
  expect(seen[0]).toMatch(/^<[0-9a-f]{32}\.0\.[0-9a-f]{8}@cccc/)
  expect(seen[1]).toBe(seen[0])
  await eventually(() => expect(sending.outbox.lines()).toContain('shoumi_mails_unseen 1'))
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
  await using sending = startSending(kept, config)
  await eventually(async () =>
    expect((await only(kept))?.lastError).toContain('does not accept user or password (535)'),
  )
  const [row] = await alerts(kept)
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
  await using _ = startSending(kept, config)
  await says(kept, /STARTTLS/)
  expect(server.attempts()).toBe(0)
})

test('where TLS is demanded, nothing goes to a server that does not offer it; it is tried again', async () => {
  await using kept = await openTestStore()
  await using server = await startMailServer()
  const config: MailConfig = { ...plainTo(server.port), tls: 'required' }
  await breach(kept, config)
  await using _ = startSending(kept, config)
  await says(kept, /STARTTLS/)
  expect(await only(kept)).toMatchObject({ mailbox: OFFICE, waiting: 1, refused: 0 })
  expect(server.attempts()).toBe(0)
})

test('a host that only the system’s own look-up knows is reached, and greeted as configured', async () => {
  knowHostsAlone()
  await using kept = await openTestStore()
  const names: string[] = []
  await using server = await startMailServer({
    server: {
      onMailFrom(_address, { hostNameAppearsAs }, callback) {
        names.push(hostNameAppearsAs)
        callback(null)
      },
    },
  })
  const config: MailConfig = { ...plainTo(server.port), host: HOSTS_ALONE, ehloName: 'collector.office.test' }
  await breach(kept, config)
  await using _ = startSending(kept, config)
  await isDelivered(kept)
  expect(server.received).toHaveLength(1)
  expect(names).toEqual(['collector.office.test'])
})

test('a certificate of the office’s own authority, for another name, is taken when both are configured', async () => {
  await using kept = await openTestStore()
  const { key, cert } = await makeCertificate({ type: 'dns', value: 'smtp.office.test' })
  const caFile = join(dirname(kept.file), 'ca.pem')
  await writeFile(caFile, cert)
  await using server = await startMailServer({ server: { key, cert, disabledCommands: ['AUTH'] } })
  const config: MailConfig = { ...plainTo(server.port), tls: 'required' }
  await breach(kept, config)
  for (const [more, error] of [
    [{}, /^self-signed certificate; name its authority as mail\.caFile$/],
    [{ caFile }, /altnames/],
  ] as const) {
    await using _ = startSending(kept, { ...config, ...more })
    await says(kept, error)
  }
  expect(server.received).toEqual([])
  await using _ = startSending(kept, { ...config, caFile, serverName: 'smtp.office.test' })
  await isDelivered(kept)
  expect(server.received).toHaveLength(1)
})

const { cert: authority } = await makeCertificate()
const der = Buffer.from(authority.replaceAll(/-----[^-]+-----/g, ''), 'base64')

describe('an authority that cannot be used stops the start, and a mail that is sent later', () => {
  test.each([
    ['that is not there', undefined, /cannot be read: ENOENT/],
    ['that is empty', '', /holds no certificate/],
    ['in DER', der, /openssl x509 -inform der/],
    ['that is a key', '-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n', /holds no certificate/],
    ['with a damaged certificate behind a good one', `${authority}\n${authority.slice(0, 120)}`, /certificate 2 of 2/],
    ['beyond the bound', ' '.repeat(1024 * 1024 + 1), /has 1048577 bytes/],
  ])('a file %s', async (_, bytes, fault) => {
    await using kept = await openTestStore()
    await using server = await startMailServer()
    const caFile = join(dirname(kept.file), 'ca.pem')
    if (bytes !== undefined) await writeFile(caFile, bytes)
    const error: unknown = await checkCaFile({ caFile }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ConfigError)
    expect(String(error)).toMatch(fault)
    expect(String(error)).toContain(`${caFile}:1`)
    await using sending = startSending(kept, { ...plainTo(server.port), caFile })
    const done = { outcome: 'retry', reason: expect.stringMatching(fault) }
    expect(await sending.outbox.test(OFFICE, 'admin')).toMatchObject(done)
    expect(await sending.outbox.test(OFFICE, 'admin')).toMatchObject({ reason: expect.stringContaining(caFile) })
    expect(server.attempts()).toBe(0)
  })

  test('a file of several, with a byte order mark and words between them, is taken', async () => {
    await using kept = await openTestStore()
    const { key, cert } = await makeCertificate()
    const caFile = join(dirname(kept.file), 'ca.pem')
    await writeFile(caFile, `\uFEFF${cert.replaceAll('\n', '\r\n')}\r\nThe old one:\r\n${authority}`)
    await checkCaFile({ caFile })
    await using server = await startMailServer({ server: { key, cert, disabledCommands: ['AUTH'] } })
    await using sending = startSending(kept, { ...plainTo(server.port), caFile, tls: 'required' })
    expect(await sending.outbox.test(OFFICE, 'admin')).toEqual({ outcome: 'delivered' })
  })
})

test('an address that was refused gets what it missed once the server knows it and somebody asks', async () => {
  await using kept = await openTestStore()
  const gone = { code: 550, text: 'no such mailbox', at: 'recipient' } as const
  let known = false
  await using server = await startMailServer({ refuse: () => (known ? undefined : gone) })
  const config = plainTo(server.port)
  await breach(kept, config)
  await using sending = startSending(kept, config)
  await eventually(async () => expect(await only(kept)).toMatchObject({ refused: 1 }))
  const attempts = server.attempts()
  known = true
  const again = { mailboxes: [OFFICE], now: clock.wall() }
  expect(await kept.store.write((tx) => sendAgain(tx, { refusedOf: OFFICE }, again))).toMatchObject({ alerts: 1 })
  sending.outbox.wake()
  await isDelivered(kept)
  expect([server.attempts(), server.received.length]).toEqual([attempts + 1, 1])
  expect(await kept.store.write((tx) => dismiss(tx, { refusedOf: OFFICE }))).toMatchObject({ alerts: 0 })
})

test('a test mail says how it went, as the server said it', async () => {
  await using kept = await openTestStore()
  const gone = { code: 550, text: 'no such mailbox', at: 'recipient' } as const
  await using server = await startMailServer({ refuse: (_to, nth) => (nth === 1 ? gone : undefined) })
  await using sending = startSending(kept, plainTo(server.port))
  expect(await sending.outbox.test(OFFICE, 'admin')).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('550 no such mailbox'),
  })
  expect(await sending.outbox.test(OFFICE, 'admin')).toEqual({ outcome: 'delivered' })
  expect(server.received.map(({ mail }) => mail.subject)).toEqual(['【守密】测试邮件'])
})
