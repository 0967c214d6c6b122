import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { openTestApi } from '../../support/api.ts'

test('more connections than there are people are cut, and counted', async () => {
  await using rig = await openTestApi()
  const port = Number(new URL(rig.api.url).port)
  const sockets = Array.from({ length: 1_025 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
  try {
    await Promise.race(sockets.map((socket) => once(socket, 'close')))
    expect(rig.failures).toContainEqual({ tooMany: '127.0.0.1' })
    expect(sockets.filter(({ closed }) => closed)).toHaveLength(1)
  } finally {
    for (const socket of sockets) socket.destroy()
  }
})
