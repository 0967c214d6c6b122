import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { openTestApi } from '../../support/api.ts'

const MOST = 1_024 // collector/api/app.ts

test('more connections than there are people are cut, and counted', async () => {
  await using rig = await openTestApi()
  const port = Number(new URL(rig.api.url).port)
  const sockets: Socket[] = []
  const dial = (): Socket => {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    sockets.push(socket)
    return socket
  }
  try {
    // A few at a time: what the kernel's queue has no room for comes again only after a second, then three, then seven.
    for (let dialled = 0; dialled < MOST; dialled += 64)
      await Promise.all(Array.from({ length: 64 }, () => once(dial(), 'connect')))
    await once(dial(), 'close')
    expect(rig.failures).toContainEqual({ tooMany: '127.0.0.1' })
    expect(sockets.filter(({ closed }) => closed)).toHaveLength(1)
  } finally {
    for (const socket of sockets) socket.destroy()
  }
})
