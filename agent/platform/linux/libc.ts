/** The few calls of the C library that Node does not offer. None blocks but `poll`, which runs in a thread of its own. */
import koffi from 'koffi'

export const POLLIN = 0x1
export const POLLPRI = 0x2
export const POLLNVAL = 0x20

const EAGAIN = 11
const EINTR = 4
const ENOBUFS = 105
const AF_NETLINK = 16
const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0o4000 | 0o2000000
const EFD_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000
const SOL_SOCKET = 1
const SO_RCVBUF = 8
const SO_RCVBUFFORCE = 33
const MSG_DONTWAIT = 0x40
const MSG_TRUNC = 0x20
const SOCKADDR_NL_BYTES = 12
const IF_NAMESIZE = 16

/** A call of the system that failed: which, and `errno`. */
class SystemCallError extends Error {
  override name = 'SystemCallError'
  readonly errno: number
  constructor(call: string, errno: number) {
    super(`${call} failed with errno ${errno}`)
    this.errno = errno
  }
}

type Call = (...args: readonly unknown[]) => number

function load() {
  const lib = koffi.load('libc.so.6')
  const call = (name: string, result: string, ...args: string[]): Call => {
    const native = lib.func(name, result, args)
    return (...values) => Number(native(...values))
  }
  const nameOfIndex = lib.func('if_indextoname', 'str', ['unsigned int', 'uint8_t *'])
  const poll = lib.func('poll', 'int', ['uint8_t *', 'unsigned long', 'int'])
  return {
    socket: call('socket', 'int', 'int', 'int', 'int'),
    bind: call('bind', 'int', 'int', 'uint8_t *', 'uint32_t'),
    setsockopt: call('setsockopt', 'int', 'int', 'int', 'int', 'int32_t *', 'uint32_t'),
    recvfrom: call('recvfrom', 'long', 'int', 'uint8_t *', 'size_t', 'int', 'uint8_t *', 'uint32_t *'),
    send: call('send', 'long', 'int', 'uint8_t *', 'size_t', 'int'),
    eventfd: call('eventfd', 'int', 'unsigned int', 'int'),
    write: call('write', 'long', 'int', 'uint8_t *', 'size_t'),
    read: call('read', 'long', 'int', 'uint8_t *', 'size_t'),
    close: call('close', 'int', 'int'),
    nameOfIndex: (index: number): unknown => nameOfIndex(index, Buffer.alloc(IF_NAMESIZE)),
    /** koffi runs it on a thread of libuv; it keeps `buffer` alive meanwhile. */
    poll: (buffer: Buffer, count: number, timeoutMs: number): Promise<number> =>
      new Promise((resolve, reject) => {
        poll.async(buffer, count, timeoutMs, (error: unknown, result: number) =>
          error === null || error === undefined ? resolve(result) : reject(new Error('poll failed', { cause: error })),
        )
      }),
  }
}

function succeed(call: string, result: number): number {
  if (result < 0) throw new SystemCallError(call, koffi.errno())
  return result
}

export type Received = { outcome: 'message'; bytes: Buffer } | { outcome: 'empty' } | { outcome: 'lost' }

/** A netlink socket that never blocks. */
export interface Netlink {
  fd: number
  /** The next message from the kernel; `lost`: the kernel had to drop some, or one was longer than the buffer. The
   *  bytes are good until the next call. */
  receive: () => Received
  send: (bytes: Buffer) => void
  close: () => void
}

export type Libc = ReturnType<typeof openLibc>

/** Throws where this is no Linux with glibc. */
export function openLibc() {
  const c = load()
  const one = Buffer.alloc(8)
  one.writeBigUInt64LE(1n)
  const close = (fd: number): void => void c.close(fd)

  function openNetlink(protocol: number, groups: number, receiveBytes: number): Netlink {
    const fd = succeed('socket', c.socket(AF_NETLINK, SOCK_RAW_NONBLOCK_CLOEXEC, protocol))
    try {
      const size = [receiveBytes]
      // Without the right to force it the kernel gives what net.core.rmem_max allows: losses come sooner, and are told.
      if (c.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, size, 4) < 0) c.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, size, 4)
      const address = Buffer.alloc(SOCKADDR_NL_BYTES)
      address.writeUInt16LE(AF_NETLINK, 0)
      address.writeUInt32LE(groups, 8)
      succeed('bind', c.bind(fd, address, SOCKADDR_NL_BYTES))
    } catch (error) {
      close(fd)
      throw error
    }
    const buffer = Buffer.alloc(64 * 1024) // a part of a dump has at most 32 KiB, a uevent 8
    const sender = Buffer.alloc(SOCKADDR_NL_BYTES)
    const receive = (): Received => {
      const size = c.recvfrom(fd, buffer, buffer.length, MSG_DONTWAIT | MSG_TRUNC, sender, [SOCKADDR_NL_BYTES])
      if (size < 0) {
        const errno = koffi.errno()
        if (errno === EAGAIN) return { outcome: 'empty' }
        if (errno === ENOBUFS) return { outcome: 'lost' }
        if (errno !== EINTR) throw new SystemCallError('recvfrom', errno)
        return receive()
      }
      if (sender.readUInt32LE(4) !== 0) return receive() // another process: only the kernel is believed
      return size > buffer.length ? { outcome: 'lost' } : { outcome: 'message', bytes: buffer.subarray(0, size) }
    }
    return {
      fd,
      receive,
      send: (bytes) => void succeed('send', c.send(fd, bytes, bytes.length, MSG_DONTWAIT)),
      close: () => close(fd),
    }
  }

  return {
    openNetlink,
    /** What the network interface of that number is called now; undefined where there is none. */
    nameOfIndex: (index: number): string | undefined => {
      const name = c.nameOfIndex(index)
      return typeof name === 'string' ? name : undefined
    },
    openEventfd: () => succeed('eventfd', c.eventfd(0, EFD_NONBLOCK_CLOEXEC)),
    raise: (eventfd: number): void => void c.write(eventfd, one, 8),
    lower: (eventfd: number): void => void c.read(eventfd, Buffer.alloc(8), 8),
    close,
    poll: c.poll,
  }
}
