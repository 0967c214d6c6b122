import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

export interface Echo {
  port: number
  open: () => number
  start: () => Promise<void>
  stop: () => Promise<void>
}

/** A server on the loopback that says back what it hears, and can be away and come back on the same port. */
export async function startEcho(): Promise<Echo> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
    socket.pipe(socket)
  })
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  await listen(0)
  const { port } = server.address() as AddressInfo
  return {
    port,
    open: () => sockets.size,
    start: () => listen(port),
    stop: async () => {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
