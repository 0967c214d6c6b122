/** Enrolment and the two documents, over real TLS, by an agent that shares no code with the product. */
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { request } from 'node:https'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { listRefusals } from '#collector/store/refusals.ts'
import {
  certificateRequest,
  connectAgent,
  enrolment,
  hello,
  newIdentity,
  pinnedRoot,
  post,
  type Agent,
  type Answer,
  type Identity,
} from '../independent/client.ts'
import { startTestCollector, type TestCollector } from '../support/collector.ts'

let collector: TestCollector
let root = ''
const open: Agent[] = []

beforeAll(async () => {
  collector = await startTestCollector()
  root = await pinnedRoot(collector.now().agentsUrl, collector.now().caPin)
})
afterEach(() => {
  for (const agent of open.splice(0)) agent.socket.terminate()
})
afterAll(() => collector[Symbol.asyncDispose]())

const ask = (body: string | Buffer): Promise<Answer> => post(collector.now().agentsUrl, root, body)
const jsonIn = (note = ''): unknown => JSON.parse(note.split('\n')[1] ?? '')
const endpointsOf = (agent: string) =>
  collector.store.db.selectFrom('endpoint').selectAll().where('agent', '=', agent).execute()
const usesLeft = async (): Promise<number | undefined> =>
  (await collector.store.db.selectFrom('token').select('uses_left').orderBy('id', 'desc').executeTakeFirst())?.uses_left

describe('enrolment', () => {
  test('gives a certificate for the agent’s own key, the chain to the pinned root, and both documents', async () => {
    const identity = newIdentity()
    const { status, body } = await ask(
      enrolment(identity, await collector.token({ level: 'secret', department: '机要科' })),
    )
    expect(status).toBe(200)
    const certificate = new X509Certificate(body['certificate'] ?? '')
    expect(certificate.subject).toBe(`CN=${identity.agent}`)
    expect(certificate.checkPrivateKey(identity.key)).toBe(true)
    expect(body['chain']).toContain(root.trim())
    expect(body).toMatchObject({ status: 'pending', officeKey: expect.stringMatching(/^shoumi\.1\/office\+/) })
    expect(jsonIn(body['policy'])).toMatchObject({ version: 1, keys: { register: [expect.any(String)] } })
    expect(jsonIn(body['register'])).toMatchObject({
      agent: identity.agent,
      endpoint: { name: 'pc-1', level: 'secret', department: '机要科', networkKind: 'intranet', status: 'pending' },
      media: [],
      approvals: [],
    })
  })

  test('asked again after a lost answer is the same endpoint and costs no second use', async () => {
    const identity = newIdentity()
    const token = await collector.token({ uses: 1 })
    const first = await ask(enrolment(identity, token))
    const again = await ask(enrolment(identity, token))
    expect([first.status, again.status]).toEqual([200, 200])
    expect(again.body['certificate']).not.toBe(first.body['certificate'])
    expect(await endpointsOf(identity.agent)).toHaveLength(1)
    expect(await usesLeft()).toBe(0)
    expect((await ask(enrolment(newIdentity(), token))).status).toBe(403)
  })

  test('counts a token right when all come at once', async () => {
    const token = await collector.token({ uses: 3 })
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(enrolment(newIdentity(), token))))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3)
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(3)
  })

  test('refuses a known agent with another key, and keeps that it was tried', async () => {
    const identity = newIdentity()
    const token = await collector.token()
    await ask(enrolment(identity, token))
    const clone = newIdentity(identity.agent)
    expect((await ask(enrolment(clone, token))).status).toBe(409)
    expect(await listRefusals(collector.store.db, 1)).toMatchObject([{ agent: identity.agent, code: 'identity' }])
    expect(await usesLeft()).toBe(99)
  })

  const p256: Identity = {
    agent: newIdentity().agent,
    key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  }
  test.each<[string, number, (token: string) => string | Buffer]>([
    ['an unknown token', 403, () => enrolment(newIdentity(), 'A'.repeat(32))],
    ['no JSON', 400, () => 'token=1'],
    ['another form', 400, (token) => JSON.stringify({ token })],
    ['an unknown field', 400, (token) => enrolment(newIdentity(), token, { role: 'admin' })],
    ['no certificate request', 400, (token) => enrolment(newIdentity(), token, { csr: 'none' })],
    ['a name that is no UUID', 400, (token) => enrolment(newIdentity('pc-1'), token)],
    ['a key that is not Ed25519', 400, (token) => enrolment(p256, token)],
    ['more than 64 KiB', 413, (token) => enrolment(newIdentity(), token, { host: 'x'.repeat(70_000) })],
  ])('refuses %s with %i, and counts it', async (_, status, body) => {
    const before = await collector.metric('shoumi_peers_refused_total{reason="enrolment"}')
    expect((await ask(body(await collector.token()))).status).toBe(status)
    expect(await collector.metric('shoumi_peers_refused_total{reason="enrolment"}')).toBe(before + 1)
  })

  test('refuses a request that its own key did not sign', async () => {
    const identity = newIdentity()
    const csr = certificateRequest({ agent: identity.agent, key: newIdentity().key })
    const bytes = Buffer.from(csr.split('\n')[1] ?? '', 'base64')
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
    expect((await ask(enrolment(identity, await collector.token(), { csr: forged }))).status).toBe(400)
  })

  test('refuses a token past its end', async () => {
    expect((await ask(enrolment(newIdentity(), await collector.token({ lifeMs: -1 })))).status).toBe(403)
  })
})

describe('the register', () => {
  const counter = (over = ''): string =>
    `endpoints: [{ host: COUNTER-7, macs: ['52-54-00-AA-00-07'], level: confidential, networkKind: intranet, department: 审批科, name: 七号窗口, allowedNetworks: [10.0.7.0/24]${over} }]
media: [{ id: JZ-1, level: confidential, identity: { usbSerial: S1 } }]
approvals: [{ id: SP-1, endpoint: counter-7, medium: { id: JZ-1 }, allows: [use], approvedBy: 保密办, from: '2026-01-05T09:00:00.000+08:00', to: '2026-01-05T17:00:00.000+08:00' }]
`
  const about = { host: 'counter-7', passport: { macs: ['52:54:00:aa:00:07'] } }

  test('confirms a pending endpoint when the ledger knows it, and hands its agent the new register at once', async () => {
    const identity = newIdentity()
    const { body } = await ask(enrolment(identity, await collector.token(), about))
    expect(body['status']).toBe('pending')
    const certificate = (body['certificate'] ?? '') + (body['chain'] ?? '')
    const agent = await connectAgent(collector.now().agentsUrl, { root, key: identity.key, certificate })
    open.push(agent)
    agent.send(hello([], { policy: 1, register: 1 }))
    await agent.next('welcome')
    await collector.writeRegister(counter())
    await collector.now().reload()
    const document = await agent.next('document')
    expect(document.header).toMatchObject({ kind: 'register', version: 2 })
    expect(jsonIn(document.body)).toMatchObject({
      version: 2,
      endpoint: { name: '七号窗口', level: 'confidential', status: 'confirmed', allowedNetworks: ['10.0.7.0/24'] },
      media: [{ id: 'JZ-1' }],
      approvals: [{ id: 'SP-1', medium: { id: 'JZ-1' } }],
    })
    expect(JSON.stringify(jsonIn(document.body))).not.toContain('COUNTER-7')
  })

  test('keeps what was before where the file is broken, and says so until it is mended', async () => {
    await collector.writeRegister(counter())
    await collector.now().reload()
    await collector.writeRegister(counter(', colour: red'))
    await collector.now().reload()
    const condition = 'shoumi_condition{code="documents.not-read",severity="high"}'
    expect(await collector.metric(condition)).toBe(1)
    const { body } = await ask(enrolment(newIdentity(), await collector.token(), about))
    expect(body['status']).toBe('confirmed')
    await collector.writeRegister(counter())
    await collector.now().reload()
    expect(await collector.metric(condition)).toBeNaN()
  })

  test('is not enough by the host name alone', async () => {
    await collector.writeRegister(counter())
    await collector.now().reload()
    const stranger = { host: 'counter-7', passport: { macs: ['52:54:00:aa:00:08'] } }
    expect((await ask(enrolment(newIdentity(), await collector.token(), stranger))).body['status']).toBe('pending')
  })

  test('unchanged, it keeps its version over a restart', async () => {
    const identity = newIdentity()
    const token = await collector.token()
    const before = await ask(enrolment(identity, token))
    await collector.restart()
    const after = await ask(enrolment(identity, token))
    expect([after.body['policy'], after.body['register']]).toEqual([before.body['policy'], before.body['register']])
  })
})

test('from one address so many a minute are answered; the rest is told to come again', async () => {
  const call = (): Promise<[number | undefined, string | undefined]> =>
    new Promise((resolve, reject) => {
      request(`${collector.now().agentsUrl}/enrol`, { method: 'POST', ca: root, agent: false }, (response) => {
        response.resume()
        resolve([response.statusCode, response.headers['retry-after']])
      })
        .once('error', reject)
        .end('{}')
    })
  await collector.restart()
  const answers: [number | undefined, string | undefined][] = []
  for (let i = 0; i < 61; i++) answers.push(await call())
  expect(answers.slice(0, 60).every(([status]) => status === 400)).toBe(true)
  expect(answers[60]).toEqual([503, '60'])
})
