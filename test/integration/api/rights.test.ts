import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { allow, guard } from '#collector/api/guard.ts'
import { clientOf, openTestApi, signedIn, type Client } from '../../support/api.ts'

/** What anyone may call, and what an account may call before it has changed its one-time password. */
const open = ['post /api/v1/session', 'get /healthz', 'get /metrics']
const ownSession = ['get /api/v1/session', 'delete /api/v1/session', 'put /api/v1/session/password']

interface OpenApi {
  paths: Record<string, Record<string, unknown>>
}
async function everyRoute(client: Client): Promise<string[]> {
  const { text } = await client.call('GET', '/openapi.json')
  const { paths } = JSON.parse(text) as OpenApi
  return Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
}
const call = (client: Client, route: string) => {
  const [method = '', path = ''] = route.split(' ')
  return client.call(method.toUpperCase(), path.replace('{id}', /incidents/.test(path) ? '0'.repeat(32) : '1'))
}

test('every route of openapi.json keeps out nobody, and whoever has not changed the one-time password', async () => {
  await using tested = await openTestApi()
  const known = await signedIn(tested)
  const routes = await everyRoute(known)
  expect(routes.length).toBeGreaterThan(10)
  expect(routes).toEqual(expect.arrayContaining([...open, ...ownSession]))

  await using fresh = await openTestApi()
  const nobody = clientOf(fresh.api.url)
  const mustChange = clientOf(fresh.api.url)
  await mustChange.signIn('admin', fresh.password)
  for (const route of routes.filter((name) => !open.includes(name))) {
    expect([route, (await call(nobody, route)).status]).toEqual([route, 401])
    if (ownSession.includes(route)) continue
    const { status, body } = await call(mustChange, route)
    expect([route, status, body['type']]).toEqual([route, 403, 'urn:shoumi:problem:must-change-password'])
  }
})

test('a route that declares no right stops the start', async () => {
  const app = fastify()
  guard(app, { byCookie: async () => undefined }, async () => undefined)
  app.get('/with', { config: allow('anyone'), handler: async () => 'well' })
  expect(() => app.get('/without', async () => 'never')).toThrow('/without declares no right')
})

test('what is not understood or not there is answered as a problem', async () => {
  await using tested = await openTestApi()
  const client = await signedIn(tested)
  const expected = [
    ['GET', '/api/v1/nothing', 404],
    ['GET', '/api/v1/incidents/zz', 400],
    ['GET', `/api/v1/incidents/${'0'.repeat(32)}`, 404],
    ['GET', '/api/v1/incidents?before=%00', 400],
    ['GET', '/api/v1/incidents?limit=1000', 400],
    ['GET', '/api/v1/incidents?order=random', 400],
    ['GET', '/api/v1/incidents?stage=done', 400],
    ['GET', `/api/v1/incidents/${'0'.repeat(32)}/events?after=1`, 400],
    ['GET', '/api/v1/incidents?colour=red', 400],
    ['GET', '/assets/../index.html', 404],
    ['POST', '/api/v1/session', 400],
  ] as const
  for (const [method, path, status] of expected) {
    const answer = await client.call(method, path, method === 'POST' ? { json: { account: 1 } } : {})
    expect([path, answer.status, answer.headers['content-type']]).toEqual([
      path,
      status,
      expect.stringContaining('application/problem+json'),
    ])
    expect(answer.body).toMatchObject({ status, type: expect.stringMatching(/^urn:shoumi:problem:/) })
  }
  expect(tested.failures).toEqual([])
})
