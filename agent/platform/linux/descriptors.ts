/** One thread in one poll(2) for every descriptor of the kernel that the agent listens to. */
import { POLLIN, POLLNVAL, type Libc } from './libc.ts'

const POLLFD_BYTES = 8
/** A process that ends without disposing waits for this thread at most so long; else it is woken by an eventfd. */
const LONGEST_POLL_MS = 2_000

export interface Descriptors extends AsyncDisposable {
  /** Calls `ready`, on the main thread, whenever `fd` has one of `events` or an error, until `signal` aborts; once this
   *  resolves, `fd` may be closed. Rejects with what `ready` throws, or where `fd` is not open. `ready` reads what is
   *  there without blocking, and not for ever: what is left it is called for again. */
  watch: (fd: number, events: number, ready: () => void, signal: AbortSignal) => Promise<void>
}

interface Watched {
  fd: number
  events: number
  ready: () => void
  fail: (error: unknown) => void
}

/** Polls from the first `watch` on. */
export function openDescriptors(libc: Libc): Descriptors {
  const bell = libc.openEventfd()
  const watched = new Set<Watched>()
  /** Called each time the thread is back: until then it may still look at a descriptor that was taken out. */
  let whenBack: (() => void)[] = []
  const stop = new AbortController()
  let running: Promise<void> | undefined

  function serve(entry: Watched, happened: number): void {
    if (!watched.has(entry)) return
    if ((happened & POLLNVAL) !== 0) return entry.fail(new Error(`Descriptor ${entry.fd} is not open`))
    try {
      entry.ready()
    } catch (error) {
      entry.fail(error)
    }
  }

  async function round(): Promise<void> {
    const entries = [...watched]
    const set = Buffer.alloc((entries.length + 1) * POLLFD_BYTES)
    for (const [i, { fd, events }] of [{ fd: bell, events: POLLIN }, ...entries].entries()) {
      set.writeInt32LE(fd, i * POLLFD_BYTES)
      set.writeInt16LE(events, i * POLLFD_BYTES + 4)
    }
    await libc.poll(set, entries.length + 1, LONGEST_POLL_MS) // on EINTR the set says nothing happened: next round
    const happened = (i: number): number => set.readUInt16LE(i * POLLFD_BYTES + 6)
    if (happened(0) !== 0) libc.lower(bell)
    const back = whenBack
    whenBack = []
    for (const resume of back) resume()
    for (const [i, entry] of entries.entries()) if (happened(i + 1) !== 0) serve(entry, happened(i + 1))
  }

  async function run(): Promise<void> {
    try {
      while (!stop.signal.aborted) await round()
    } catch (error) {
      stop.abort()
      for (const entry of watched) entry.fail(error)
    }
  }

  return {
    async watch(fd, events, ready, signal) {
      if (signal.aborted) return
      running ??= run()
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const entry: Watched = { fd, events, ready, fail: reject }
      const end = (): void => {
        watched.delete(entry) // at once: the round that goes on now must not call it any more
        resolve()
      }
      signal.addEventListener('abort', end)
      watched.add(entry)
      libc.raise(bell)
      try {
        await promise
      } finally {
        signal.removeEventListener('abort', end)
        watched.delete(entry)
        if (!stop.signal.aborted) {
          const back = new Promise<void>((resume) => whenBack.push(resume))
          libc.raise(bell)
          await back
        }
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      libc.raise(bell)
      await running
      for (const entry of watched) entry.fail(new Error('The descriptors were closed'))
      for (const resume of whenBack) resume()
      libc.close(bell)
    },
  }
}
