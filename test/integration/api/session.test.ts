import { expect, test } from 'vitest'
import { createFirstAccount, resetPassword } from '#collector/access/accounts.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { clientOf, NEXT_PASSWORD, openTestApi, signedIn } from '../../support/api.ts'

const problem = (code: string) => `urn:shoumi:problem:${code}`

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
  const wrong = { 'x-csrf-token': 'x'.repeat(43) }
  expect(await client.call('DELETE', '/api/v1/session', { headers: wrong })).toMatchObject({
    status: 403,
    body: { type: problem('wrong-token') },
  })
  const foreign = { 'sec-fetch-site': 'cross-site' }
  expect((await client.call('DELETE', '/api/v1/session', { headers: foreign })).status).toBe(403)
  expect((await client.call('DELETE', '/api/v1/session')).status).toBe(204)
  expect((await client.call('GET', '/api/v1/session')).status).toBe(401)
})

test('wrong passwords are slowed down, with a word on how long, and an unknown account looks like a wrong password', async () => {
  await using tested = await openTestApi()
  const client = clientOf(tested.api.url)
  const known = await client.signIn('admin', 'wrong')
  const unknown = await client.signIn('nobody', 'wrong')
  expect(unknown.body).toEqual(known.body)
  await Promise.all(Array.from({ length: 9 }, () => client.signIn('admin', 'wrong')))
  const last = await client.signIn('admin', tested.password)
  expect(last).toMatchObject({ status: 429, body: { type: problem('too-many-attempts') } })
  expect(Number(last.headers['retry-after'])).toBeGreaterThan(800)
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
  const { db } = tested.store
  const client = await signedIn(tested)
  expect(await createFirstAccount(db, systemClock)).toBeUndefined()
  expect(await resetPassword(db, 'nobody')).toBeUndefined()
  const password = await resetPassword(db, 'admin')
  expect((await client.call('GET', '/api/v1/session')).status).toBe(401)
  expect((await client.signIn('admin', NEXT_PASSWORD)).status).toBe(401)
  expect(await client.signIn('admin', password ?? '')).toMatchObject({ body: { mustChangePassword: true } })
})
