/** Enrolment and the documents that come of it, over real TLS, by an agent that shares no code with the product. */
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { request } from 'node:https'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { confirmNamed, endpointLines, mergeNamed, retireNamed } from '#collector/ledgers/endpoint-acts.ts'
import { agentByUuid, livingAgentsOf, setConnected, type AgentRow } from '#collector/store/agents.ts'
import { endpointById, levelsInUse, type EndpointRow } from '#collector/store/endpoints.ts'
import { newestRefusals } from '../support/refusals.ts'
import { tenuresOf } from '#collector/store/tenures.ts'
import { certificateRequest, enrolment, machineOf, newIdentity, type Identity } from '../independent/client.ts'
import { testActor } from '../support/documents.ts'
import { startEnrolment, type TestEnrolment } from '../support/enrolment.ts'

let shared: TestEnrolment
beforeAll(async () => {
  shared = await startEnrolment()
})
afterAll(() => shared[Symbol.asyncDispose]())

const jsonIn = (note = ''): unknown => JSON.parse(note.split('\n')[1] ?? '')
const agentOf = ({ store }: TestEnrolment, { agent }: Identity): Promise<AgentRow | undefined> =>
  store.read((tx) => agentByUuid(tx, agent))
const endpointOf = async (rig: TestEnrolment, identity: Identity): Promise<EndpointRow | undefined> => {
  const row = await agentOf(rig, identity)
  return row && rig.store.read((tx) => endpointById(tx, row.endpoint_id))
}
const usesLeft = ({ store }: TestEnrolment): Promise<number | undefined> =>
  store.read(
    async (tx) =>
      (await tx.selectFrom('token').select('uses_left').orderBy('id', 'desc').executeTakeFirst())?.uses_left,
  )

describe('enrolment', () => {
  test('gives a certificate for the agent’s own key, the chain to the pinned root, policy and register', async () => {
    const identity = newIdentity()
    const { status, body } = await shared.ask(
      enrolment(identity, await shared.token({ level: 'secret', department: '机要科' })),
    )
    expect(status).toBe(200)
    const certificate = new X509Certificate(body['certificate'] ?? '')
    expect(certificate.subject).toBe(`CN=${identity.agent}`)
    expect(certificate.checkPrivateKey(identity.key)).toBe(true)
    expect(body['chain']).toContain(shared.root.trim())
    expect(body).toMatchObject({ status: 'pending', officeKey: expect.stringMatching(/^shoumi\.1\/office\+/) })
    expect(jsonIn(body['policy'])).toMatchObject({ version: 1, keys: { register: [expect.any(String)] } })
    expect(jsonIn(body['register'])).toMatchObject({
      agent: identity.agent,
      endpoint: { name: 'pc-1', level: 'secret', department: '机要科', networkKind: 'intranet', status: 'pending' },
      approvals: [],
    })
  })

  test('asked again after a lost answer is the same endpoint and costs no second use', async () => {
    const identity = newIdentity()
    const token = await shared.token({ uses: 1 })
    const first = await shared.ask(enrolment(identity, token))
    const again = await shared.ask(enrolment(identity, token))
    expect([first.status, again.status]).toEqual([200, 200])
    expect(again.body['certificate']).not.toBe(first.body['certificate'])
    expect(await usesLeft(shared)).toBe(0)
    expect((await shared.ask(enrolment(newIdentity(), token))).status).toBe(403)
  })

  test('counts a token right when all come at once', async () => {
    const token = await shared.token({ uses: 3 })
    const answers = await Promise.all(Array.from({ length: 6 }, () => shared.ask(enrolment(newIdentity(), token))))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3)
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(3)
  })

  test('refuses a known agent with another key, and keeps that it was tried', async () => {
    const identity = newIdentity()
    const token = await shared.token()
    await shared.ask(enrolment(identity, token))
    const clone = newIdentity(identity.agent)
    expect((await shared.ask(enrolment(clone, token))).status).toBe(409)
    expect(await shared.store.read((tx) => newestRefusals(tx, 1))).toMatchObject([
      { agent: identity.agent, code: 'identity' },
    ])
    expect(await usesLeft(shared)).toBe(99)
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
    const before = shared.metric('shoumi_peers_refused_total{reason="enrolment"}')
    expect((await shared.ask(body(await shared.token()))).status).toBe(status)
    expect(shared.metric('shoumi_peers_refused_total{reason="enrolment"}')).toBe(before + 1)
  })

  test('refuses a request that its own key did not sign', async () => {
    const identity = newIdentity()
    const csr = certificateRequest({ agent: identity.agent, key: newIdentity().key })
    const bytes = Buffer.from(csr.split('\n')[1] ?? '', 'base64')
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
    expect((await shared.ask(enrolment(identity, await shared.token(), { csr: forged }))).status).toBe(400)
  })

  test.each([
    ['no host name', '', /^agent [0-9a-f]{8}$/],
    ['a host name of 512 characters', '长'.repeat(512), /^长{256}$/],
  ])('a machine with %s enrols, and waits', async (_, host, name) => {
    const identity = newIdentity()
    const { status, body } = await shared.ask(enrolment(identity, await shared.token(), { host }))
    expect([status, body['status']]).toEqual([200, 'pending'])
    expect(await endpointOf(shared, identity)).toMatchObject({ host, name: expect.stringMatching(name) })
  })

  test('what waits raises no level, whatever its token said', async () => {
    await shared.ask(enrolment(newIdentity(), await shared.token({ level: 'top-secret' })))
    expect(await shared.store.read(levelsInUse)).toEqual([])
  })

  test('is recorded by who came, and a token by who made it; neither with the token', async () => {
    const identity = newIdentity()
    const token = await shared.token()
    await shared.ask(enrolment(identity, token))
    const newest = shared.store.read((tx) =>
      tx.selectFrom('audit').selectAll().orderBy('id', 'desc').limit(2).execute(),
    )
    const [enrolled, made] = (await newest).map(({ line }): unknown => JSON.parse(line))
    expect(enrolled).toMatchObject({ act: 'agent.enrol.new', actor: { kind: 'agent', id: identity.agent } })
    expect(made).toMatchObject({ act: 'token.create', actor: { kind: 'command' } })
    expect(JSON.stringify(await newest)).not.toContain(token)
  })

  test('refuses a token past its end', async () => {
    expect((await shared.ask(enrolment(newIdentity(), await shared.token({ lifeMs: -1 })))).status).toBe(403)
  })
})

describe('an identity belongs to one machine', () => {
  const clones = 'shoumi_forks_total{where="enrolment"}'

  test('a known key on another machine is refused as a clone, counted, and kept with its readings', async () => {
    const identity = newIdentity()
    const token = await shared.token()
    await shared.ask(enrolment(identity, token))
    const before = shared.metric(clones)
    const machine = machineOf(newIdentity())
    const { status, body } = await shared.ask(enrolment(identity, token, { machine }))
    expect([status, body['type']]).toEqual([409, 'urn:shoumi:problem:clone'])
    expect(shared.metric(clones)).toBe(before + 1)
    const [refusal] = await shared.store.read((tx) => newestRefusals(tx, 1))
    expect(refusal).toMatchObject({
      agent: identity.agent,
      code: 'clone',
      detail: expect.stringContaining(machine.uuid),
    })
    expect((await agentOf(shared, identity))?.machine).toBe(JSON.stringify(machineOf(identity)))
  })

  test.each([
    ['one reading is the same', (machine: ReturnType<typeof machineOf>) => ({ ...machine, uuid: newIdentity().agent })],
    ['it reads nothing now', () => ({})],
  ])('is the same machine where %s', async (_, change) => {
    const identity = newIdentity()
    const token = await shared.token()
    await shared.ask(enrolment(identity, token))
    expect((await shared.ask(enrolment(identity, token, { machine: change(machineOf(identity)) }))).status).toBe(200)
  })

  test('what was not known at first is filled in, and counts from then on', async () => {
    const identity = newIdentity()
    const token = await shared.token()
    await shared.ask(enrolment(identity, token, { machine: {} }))
    await shared.ask(enrolment(identity, token))
    const { status } = await shared.ask(enrolment(identity, token, { machine: machineOf(newIdentity()) }))
    expect(status).toBe(409)
  })
})

describe('the ledger’s line', () => {
  const line = (over = ''): string =>
    `endpoints: [{ host: COUNTER-7, macs: ['52-54-00-AA-00-07'], level: confidential, networkKind: intranet, department: 审批科, name: 七号窗口, allowedNetworks: [10.0.7.0/24], gatewayMacs: ['52-54-00-AA-FF-FF']${over} }]
media: [{ id: JZ-1, level: confidential, identity: { usbSerial: S1 } }]
approvals: [{ id: SP-1, for: medium, endpoint: counter-7, medium: { id: JZ-1 }, allows: [use], approvedBy: [保密办], from: '2026-01-05T09:00:00.000+08:00', to: '2026-01-05T17:00:00.000+08:00' }]
`
  const about = { host: 'counter-7', passport: { macs: ['52:54:00:aa:00:07'] } }
  const confidential = (rig: TestEnrolment): Promise<string> => rig.token({ level: 'confidential' })
  const statusOf = async (rig: TestEnrolment, identity: Identity): Promise<string | undefined> =>
    (await endpointOf(rig, identity))?.status

  test('confirms a machine with its host, one of its MACs, and a token of its level; its register says all of it', async () => {
    await using rig = await startEnrolment(line())
    const identity = newIdentity()
    const { body } = await rig.ask(enrolment(identity, await confidential(rig), about))
    expect(body['status']).toBe('confirmed')
    expect(jsonIn(body['register'])).toMatchObject({
      endpoint: {
        name: '七号窗口',
        status: 'confirmed',
        allowedNetworks: ['10.0.7.0/24'],
        gatewayMacs: ['52:54:00:aa:ff:ff'],
      },
      approvals: [{ id: 'SP-1', for: 'medium', medium: { id: 'JZ-1' }, approvedBy: ['保密办'] }],
    })
    expect(JSON.stringify(jsonIn(body['register']))).not.toContain('COUNTER-7')
    expect(await rig.store.read(levelsInUse)).toEqual(['confidential'])
  })

  test.each([
    ['the host name alone', { ...about, passport: { macs: ['52:54:00:aa:00:08'] } }, 'confidential' as const],
    ['all of it, typed in with a token of another level', about, 'internal' as const],
  ])('is not had by %s: pending, by its token, with no media and no approvals', async (_, claim, level) => {
    await using rig = await startEnrolment(line())
    const identity = newIdentity()
    const { body } = await rig.ask(enrolment(identity, await rig.token({ level, department: '外来' }), claim))
    expect(body['status']).toBe('pending')
    expect(jsonIn(body['register'])).toMatchObject({ endpoint: { level, department: '外来' }, approvals: [] })
    const handed = await rig.documents.of((await agentOf(rig, identity))?.id ?? 0)
    expect(handed).toMatchObject([{ kind: 'policy' }, { kind: 'register' }])
  })

  test('is given once: a second claim waits, and the first stays as it is', async () => {
    await using rig = await startEnrolment(line())
    const [first, second] = [newIdentity(), newIdentity()]
    const token = await confidential(rig)
    await rig.ask(enrolment(first, token, about))
    expect((await rig.ask(enrolment(second, token, about))).body['status']).toBe('pending')
    await rig.publish() // says nothing new about it
    expect([await statusOf(rig, first), await statusOf(rig, second)]).toEqual(['confirmed', 'pending'])
  })

  test('confirms by publishing what waited for it, media first; who is on no line any more waits again', async () => {
    await using rig = await startEnrolment()
    const identity = newIdentity()
    await rig.ask(enrolment(identity, await confidential(rig), about))
    expect(await statusOf(rig, identity)).toBe('pending')
    const planned = await rig.dryRun(line())
    expect(planned).toMatchObject({ concerned: 1, living: 1, endpoints: [{ registration: { status: 'confirmed' } }] })
    expect(await statusOf(rig, identity)).toBe('pending') // only looked
    expect(await rig.publish(line())).toEqual(planned)
    const id = (await agentOf(rig, identity))?.id ?? 0
    expect(await rig.documents.of(id)).toMatchObject([
      { kind: 'policy', version: 1 },
      { kind: 'media', part: 0, version: 1 },
      { kind: 'register', version: 2 },
    ])
    await rig.publish('endpoints: []\n')
    expect(await endpointOf(rig, identity)).toMatchObject({
      status: 'pending',
      level: 'confidential',
      allowed_networks: null,
      gateway_macs: null,
    })
  })

  test('a file that is broken changes nothing: the ledger in force goes on', async () => {
    await using rig = await startEnrolment(line())
    await expect(rig.publish(line(', colour: red'))).rejects.toThrow('/endpoints/0/colour is unknown')
    const { body } = await rig.ask(enrolment(newIdentity(), await confidential(rig), about))
    expect(body['status']).toBe('confirmed')
    await rig.documents.compare()
    expect(rig.conditions.all()).toMatchObject([{ code: 'documents.unpublished' }])
    await rig.publish(line())
    await rig.documents.look()
    await rig.documents.compare()
    expect(rig.conditions.all()).toEqual([])
  })

  test('a re-installed machine has its line once the old agent is retired, and its endpoint is another then', async () => {
    await using rig = await startEnrolment(line())
    const [old, fresh] = [newIdentity(), newIdentity()]
    const token = await confidential(rig)
    await rig.ask(enrolment(old, token, about))
    await rig.ask(enrolment(fresh, token, about))
    const first = await endpointOf(rig, old)
    await retireNamed(rig.access, testActor, { name: `#${first?.id}`, mailboxes: [], clock: rig.clock })
    expect([await statusOf(rig, old), await statusOf(rig, fresh)]).toEqual(['retired', 'confirmed'])
    expect(await rig.documents.of((await agentOf(rig, old))?.id ?? 0)).toBe('retired')
    expect((await rig.ask(enrolment(old, token, about))).status).toBe(403)
    expect(await rig.documents.look()).toBe(true) // whoever serves hears of it
  })

  test('a re-installed machine goes on as the endpoint that it was by `endpoint confirm`', async () => {
    await using rig = await startEnrolment(line())
    const [old, fresh] = [newIdentity(), newIdentity()]
    await rig.ask(enrolment(old, await confidential(rig), about))
    await rig.ask(enrolment(fresh, await rig.token(), { host: 'counter-7', passport: {} }))
    const [before, waiting] = [await endpointOf(rig, old), await endpointOf(rig, fresh)]
    const done = await confirmNamed(rig.access, testActor, {
      name: `#${waiting?.id}`,
      line: undefined,
      mailboxes: [],
      clock: rig.clock,
    })
    expect(done.endpointId).toBe(before?.id)
    expect(await endpointOf(rig, fresh)).toEqual(before)
    expect((await agentOf(rig, old))?.retired_at).not.toBeNull()
    const tenures = await rig.store.read((tx) => tenuresOf(tx, before?.id ?? 0))
    expect(tenures).toMatchObject([{ to_at: expect.any(Number) }, { to_at: null }])
    await rig.publish() // its hardware is not asked a second time
    expect(await statusOf(rig, fresh)).toBe('confirmed')
    expect(await endpointLines(rig.access, testActor, false)).toEqual([
      expect.stringMatching(/^#1\tconfirmed\tconfidential\t审批科\t七号窗口\tCOUNTER-7\t[0-9a-f-]{36} away$/),
    ])
    expect((await endpointLines(rig.access, testActor, true))[1]).toContain('merged into #1')
  })

  test('without a name of its own it is confirmed by the line that is named', async () => {
    await using rig = await startEnrolment(line())
    const identity = newIdentity()
    await rig.ask(enrolment(identity, await rig.token(), { host: '' }))
    const name = (await endpointOf(rig, identity))?.name ?? ''
    const confirm = (host: string | undefined) =>
      confirmNamed(rig.access, testActor, { name, line: host, mailboxes: [], clock: rig.clock })
    await expect(confirm(undefined)).rejects.toThrow('no line for the host ""')
    await confirm('Counter-7')
    expect(await endpointOf(rig, identity)).toMatchObject({
      host: 'COUNTER-7',
      level: 'confidential',
      status: 'confirmed',
    })
    await expect(confirm('Counter-7')).rejects.toThrow('There is no endpoint')
  })

  test('is not taken from an agent that is connected: those are two machines', async () => {
    await using rig = await startEnrolment(line())
    const [old, fresh] = [newIdentity(), newIdentity()]
    const token = await confidential(rig)
    await rig.ask(enrolment(old, token, about))
    await rig.ask(enrolment(fresh, token, about))
    const [row, waiting] = [await agentOf(rig, old), await endpointOf(rig, fresh)]
    const greeting = { version: '1', policy_version: 1, register_version: 1, media_versions: '[]' }
    await rig.store.write((tx) => setConnected(tx, row?.id ?? 0, rig.clock.wall(), greeting))
    const names = { from: `#${waiting?.id}`, into: `#${row?.endpoint_id}`, mailboxes: [], clock: rig.clock }
    await expect(mergeNamed(rig.access, testActor, names)).rejects.toThrow('is connected at this moment')
    expect(await rig.store.read((tx) => livingAgentsOf(tx, row?.endpoint_id ?? 0))).toHaveLength(1)
    await expect(mergeNamed(rig.access, testActor, { ...names, from: names.into, into: names.from })).rejects.toThrow(
      'merge it into',
    )
  })
})

test('from one address so many a minute are answered; the rest is told to come again', async () => {
  await using rig = await startEnrolment()
  const call = (): Promise<[number | undefined, string | undefined]> =>
    new Promise((resolve, reject) => {
      request(`${rig.url}/enrol`, { method: 'POST', ca: rig.root, agent: false }, (response) => {
        response.resume()
        resolve([response.statusCode, response.headers['retry-after']])
      })
        .once('error', reject)
        .end('{}')
    })
  const answers: [number | undefined, string | undefined][] = []
  for (let i = 0; i < 61; i++) answers.push(await call())
  expect(answers.slice(0, 60).every(([status]) => status === 400)).toBe(true)
  expect(answers[60]).toEqual([503, '60'])
})
