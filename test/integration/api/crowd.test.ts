import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { openTestApi, type TestApi } from '../../support/api.ts'
import { eventually } from '../../support/eventually.ts'
import { folderOfTest } from '../../support/folder-of-test.ts'

const [MOST, OF_ADDRESS] = [1_024, 256] // collector/api/app.ts
const JSON_OF_100 = 'Content-Type: application/json\r\nContent-Length: 100\r\n'
const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})

/** A few at a time: what the kernel's queue has no room for comes again only after a second, then three, then seven. */
async function dial({ api }: TestApi, from: string, count: number): Promise<Socket[]> {
  const all: Socket[] = []
  while (all.length < count) {
    const some = Array.from({ length: Math.min(64, count - all.length) }, () =>
      connect({ port: Number(new URL(api.url).port), host: '127.0.0.1', localAddress: from }).on(
        'error',
        () => undefined,
      ),
    )
    sockets.push(...some)
    all.push(...some)
    await Promise.all(some.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])))
  }
  return all
}
const cutOf = (all: readonly Socket[]): number => all.filter(({ closed }) => closed).length

describe('connections to the console', () => {
  test('of one address are cut beyond an office, and counted; others see the page', async () => {
    await using rig = await openTestApi()
    const crowd = await dial(rig, '127.0.0.2', MOST)
    await eventually(() => expect(cutOf(crowd)).toBe(MOST - OF_ADDRESS))
    expect(rig.failures).toContainEqual({ 'too-many-of-address': '127.0.0.2' })
    const [other] = await dial(rig, '127.0.0.1', 1)
    expect(other?.closed).toBe(false)
  })

  test('of many addresses are cut beyond what there is, and gone in seconds where they are silent', async () => {
    await using rig = await openTestApi()
    const crowd: Socket[] = []
    for (const from of [2, 3, 4, 5, 6]) crowd.push(...(await dial(rig, `127.0.0.${from}`, OF_ADDRESS)))
    await eventually(() => expect(cutOf(crowd)).toBeGreaterThanOrEqual(5 * OF_ADDRESS - MOST))
    expect(rig.failures).toContainEqual({ 'too-many': '127.0.0.6' })
    await eventually(() => expect(cutOf(crowd)).toBeGreaterThan(MOST / 2))
    const [late] = await dial(rig, '127.0.0.7', 1)
    expect(late?.closed).toBe(false)
  })
})

test('a request that does not come to its end is cut when its time is over, in its headers or in its body', async () => {
  await using rig = await openTestApi({}, { requestMs: 2_000 })
  const begun = Date.now()
  const asked = ['GET /healthz HTTP/1.1\r\nHost: a', `POST /api/v1/session HTTP/1.1\r\nHost: a\r\n${JSON_OF_100}\r\n{`]
  const took = await Promise.all(
    asked.map(async (text) => {
      const socket = connectTls({
        port: Number(new URL(rig.api.url).port),
        host: '127.0.0.1',
        rejectUnauthorized: false,
      })
      sockets.push(socket.on('error', () => undefined).resume())
      await once(socket, 'secureConnect')
      socket.write(text)
      await once(socket, 'close')
      return Date.now() - begun
    }),
  )
  for (const ms of took) expect(ms).toBeGreaterThan(1_900)
  for (const ms of took) expect(ms).toBeLessThan(20_000) // by Node's own times it would be 30 s, and 60 s for headers
})

test('whoever asks and takes no answer is cut when its time is over', async () => {
  const pagesDir = folderOfTest()
  await using rig = await openTestApi({}, { pagesDir, stalledMs: 1_000 })
  await mkdir(join(pagesDir, 'assets'))
  await writeFile(join(pagesDir, 'assets', 'large.js'), Buffer.alloc(64 * 1024 * 1024)) // more than sockets hold
  const served = Promise.withResolvers<Socket>()
  const onRequest = (message: unknown): void => served.resolve((message as { socket: Socket }).socket)
  subscribe('http.server.request.start', onRequest)
  const { port } = new URL(rig.api.url)
  const socket = connectTls({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false })
  sockets.push(socket.on('error', () => undefined).pause())
  await once(socket, 'secureConnect')
  socket.write('GET /assets/large.js HTTP/1.1\r\nHost: a\r\n\r\n')
  const theirs = await served.promise
  unsubscribe('http.server.request.start', onRequest)
  await eventually(() => expect(theirs.closed).toBe(true))
  expect(theirs.bytesWritten).toBeLessThan(64 * 1024 * 1024)
})
