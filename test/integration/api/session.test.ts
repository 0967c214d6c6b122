import { Agent } from 'node:https'
import { expect, onTestFinished, test } from 'vitest'
import { createFirstAccount, resetPassword } from '#collector/access/accounts.ts'
import { openAccess } from '#collector/access/acting.ts'
import { openSessions } from '#collector/access/sessions.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { clientOf, NEXT_PASSWORD, openTestApi, signedIn, testing } from '../../support/api.ts'
import { auditOf } from '../../support/audit.ts'

/** However slow the machine is, nothing waits itself out. */
const stopped = { ...systemClock, monotonic: () => 0 }
const problem = (code: string) => `urn:shoumi:problem:${code}`
const times = <T>(n: number, one: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: n }, (_, at) => one(at)))

test('the one-time account signs in, may do nothing but change its password, then may see everything', async () => {
  await using tested = await openTestApi()
  const client = clientOf(tested.api.url)
  const signIn = await client.signIn('admin', tested.password)
  expect(signIn).toMatchObject({ status: 200, body: { account: 'admin', mustChangePassword: true, bootstrap: true } })
  expect(signIn.headers['set-cookie']?.[0]).toMatch(
    /^__Host-shoumi=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  )
  expect(await client.call('GET', '/api/v1/incidents')).toMatchObject({
    status: 403,
    body: { type: problem('must-change-password'), status: 403 },
  })
  expect(await client.changePassword(tested.password, tested.password)).toMatchObject({ status: 422 })
  expect(await client.changePassword('wrong', NEXT_PASSWORD)).toMatchObject({ status: 401 })
  expect(await client.changePassword(tested.password, 'short')).toMatchObject({
    status: 422,
    body: { type: problem('bad-password'), reason: 'too-short' },
  })
  const before = client.cookie()
  expect(await client.changePassword(tested.password, NEXT_PASSWORD)).toMatchObject({
    status: 200,
    body: { mustChangePassword: false },
  })
  expect(client.cookie()).not.toBe(before)
  expect(await client.call('GET', '/api/v1/incidents')).toMatchObject({ status: 200, body: { items: [] } })
  const old = await clientOf(tested.api.url).call('GET', '/api/v1/session', { headers: { cookie: before } })
  expect(old.status).toBe(401)
})

test('a change needs the token of its session, and a page of ours', async () => {
  await using tested = await openTestApi()
  const client = await signedIn(tested)
  for (const token of ['x'.repeat(43), `${'x'.repeat(42)}é`, '', 'x'.repeat(10_000)])
    expect(await client.call('DELETE', '/api/v1/session', { headers: { 'x-csrf-token': token } })).toMatchObject({
      status: 403,
      body: { type: problem('wrong-token') },
    })
  const foreign = { 'sec-fetch-site': 'cross-site' }
  expect((await client.call('DELETE', '/api/v1/session', { headers: foreign })).status).toBe(403)
  expect((await client.call('DELETE', '/api/v1/session')).status).toBe(204)
  expect((await client.call('GET', '/api/v1/session')).status).toBe(401)
  expect(tested.failures).toEqual([])
})

test('wrong passwords are slowed down, with a word on how long, and an unknown account looks like a wrong password', async () => {
  await using tested = await openTestApi({ clock: stopped })
  const client = clientOf(tested.api.url)
  const known = await client.signIn('admin', 'wrong')
  const unknown = await client.signIn('nobody', 'wrong')
  expect(unknown.body).toEqual(known.body)
  await times(9, () => client.signIn('admin', 'wrong'))
  const last = await client.signIn('admin', tested.password)
  expect(last).toMatchObject({ status: 429, body: { type: problem('too-many-attempts') } })
  expect(Number(last.headers['retry-after'])).toBeLessThanOrEqual(30)
})

test('whoever tries passwords keeps nobody out: the right one gets in from elsewhere, and after a reset from everywhere', async () => {
  await using tested = await openTestApi({ clock: stopped })
  const attacker = clientOf(tested.api.url)
  await times(50, () => attacker.signIn('admin', 'wrong'))
  expect((await attacker.signIn('admin', tested.password)).status).toBe(429)
  expect((await clientOf(tested.api.url, '127.0.0.2').signIn('admin', tested.password)).status).toBe(200)
  const password = await resetPassword(tested.access, testing, 'admin')
  expect((await attacker.signIn('admin', password ?? '')).status).toBe(200)
})

test('an account keeps its eight newest sessions', async () => {
  await using tested = await openTestApi()
  const clients = Array.from({ length: 9 }, () => clientOf(tested.api.url))
  for (const client of clients) await client.signIn('admin', tested.password)
  const statuses = await Promise.all(
    clients.map(async (client) => (await client.call('GET', '/api/v1/session')).status),
  )
  expect(statuses.filter((status) => status === 200)).toHaveLength(8)
  expect(statuses[8]).toBe(200)
})

test('a reset ends the sessions and gives another one-time password; the first account is made once', async () => {
  await using tested = await openTestApi()
  const { access } = tested
  const client = await signedIn(tested)
  expect(await createFirstAccount(access, testing, systemClock)).toBeUndefined()
  expect(await resetPassword(access, testing, 'nobody')).toBeUndefined()
  const password = await resetPassword(access, testing, 'admin')
  expect((await client.call('GET', '/api/v1/session')).status).toBe(401)
  expect((await client.signIn('admin', NEXT_PASSWORD)).status).toBe(401)
  expect(await client.signIn('admin', password ?? '')).toMatchObject({ body: { mustChangePassword: true } })
})

test('a sign-in that began before a change of password does not outlive it', async () => {
  await using tested = await openTestApi()
  const access = openAccess(tested.store, systemClock)
  // The password changes after the old one was found to be right, and before its session is stored.
  let betweenTheTwo: (() => Promise<unknown>) | undefined = () => resetPassword(tested.access, testing, 'admin')
  const late = {
    ...access,
    act: async (...given: Parameters<typeof access.act>) => {
      const first = betweenTheTwo
      betweenTheTwo = undefined
      await first?.()
      return access.act(...given)
    },
  }
  const counts = { signIn: () => undefined, sessionEnded: () => undefined }
  await using sessions = openSessions({ ...access, act: late.act as typeof access.act }, systemClock, counts)
  expect(await sessions.signIn('admin', tested.password, '10.0.0.1')).toEqual({ ok: false, reason: 'wrong' })
  const left = await tested.store.read((tx) => tx.selectFrom('session').selectAll().execute())
  expect(left).toEqual([])
})

test('sign-ins and their ends, failed ones, changes of password and resets are in the audit trail, and are counted', async () => {
  await using tested = await openTestApi()
  const client = await signedIn(tested)
  await client.signIn('admin', 'wrong')
  await client.signIn('my password by mistake', 'x')
  await client.call('DELETE', '/api/v1/session')
  await resetPassword(tested.access, testing, 'admin')
  const trail = await auditOf(tested.store)
  expect(trail.map(({ act, actor }) => [act, actor.kind, actor.name])).toEqual([
    ['account.create', 'command', 'test'],
    ['session.begin', 'account', 'admin'],
    ['password.change', 'account', 'admin'],
    ['session.refused', 'account', 'admin'],
    ['session.refused', 'account', ''],
    ['session.end', 'account', 'admin'],
    ['password.reset', 'command', 'test'],
  ])
  expect(trail[1]).toMatchObject({ address: '127.0.0.1', subject: { kind: 'account', id: 'admin' } })
  expect(trail[5]).toMatchObject({ reason: 'signed-out' })
  expect(JSON.stringify(trail)).not.toContain('by mistake')
  expect(tested.counted).toEqual(['in', 'password-changed', 'wrong', 'wrong', 'signed-out'])
})

test('of failed sign-ins beyond ten a minute from one address there is one record with a count', async () => {
  let now = 0
  const clock = { ...systemClock, monotonic: () => now }
  await using tested = await openTestApi()
  const counts = { signIn: () => undefined, sessionEnded: () => undefined }
  await using sessions = openSessions(tested.access, clock, counts)
  for (let n = 0; n < 25; n++) await sessions.signIn(`nobody ${n}`, 'wrong', '10.0.0.1')
  await sessions.signIn('nobody', 'wrong', '10.0.0.2')
  now = 60_000
  await sessions.signIn('nobody', 'wrong', '10.0.0.1')
  const refused = (await auditOf(tested.store)).filter(({ act }) => act === 'session.refused')
  expect(refused).toHaveLength(10 + 1 + 1 + 1)
  expect(refused.find(({ count }) => count !== undefined)).toMatchObject({
    count: 15,
    subject: { kind: 'address', id: '10.0.0.1' },
  })
})

test('being turned away is limited like anything else', async () => {
  await using tested = await openTestApi()
  const agent = new Agent({ keepAlive: true })
  onTestFinished(() => agent.destroy())
  const client = clientOf(tested.api.url, '127.0.0.1', agent)
  const answers: number[] = []
  for (let n = 0; n < 30; n++)
    answers.push(...(await times(50, async () => (await client.call('GET', '/api/v1/incidents')).status)))
  expect(answers.filter((status) => status === 401)).toHaveLength(1200)
  expect(answers.filter((status) => status === 429)).toHaveLength(300)
  expect((await clientOf(tested.api.url, '127.0.0.2').call('GET', '/api/v1/incidents')).status).toBe(401)
})
