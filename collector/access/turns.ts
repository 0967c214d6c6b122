/** Hashing a password costs a core for a while and 19 MiB: few at a time, and addresses take turns, so that whoever sends
 *  thousands waits behind themselves and everybody else goes next. */

/** At once: half of the threads that Node has for such work, 38 MiB. */
const AT_ONCE = 2
/** Of one address; a whole office may sit behind one. */
const MAX_WAITING_OF_ADDRESS = 32
/** In all: × 30 ms of work = 8 s of waiting at worst. */
const MAX_WAITING = 512

export interface AddressTurns {
  /** What `work` gives, when its turn has come; undefined, at once, where too many wait already. */
  readonly take: <T>(address: string, work: () => Promise<T>) => Promise<T> | undefined
}

export function openTurns(): AddressTurns {
  /** By address, in the order of their turns: whoever was served goes to the end. */
  const queues = new Map<string, (() => Promise<void>)[]>()
  let running = 0
  let waiting = 0

  function next(): void {
    const [first] = queues
    if (running >= AT_ONCE || first === undefined) return
    const [address, [job, ...rest]] = first
    queues.delete(address)
    if (rest.length > 0) queues.set(address, rest)
    if (job === undefined) return
    running++
    waiting--
    void job().finally(() => {
      running--
      next()
    })
  }

  return {
    take<T>(address: string, work: () => Promise<T>): Promise<T> | undefined {
      const queue = queues.get(address) ?? []
      if (waiting >= MAX_WAITING || queue.length >= MAX_WAITING_OF_ADDRESS) return undefined
      const { promise, resolve, reject } = Promise.withResolvers<T>()
      queues.set(address, [...queue, () => work().then(resolve, reject)])
      waiting++
      next()
      return promise
    },
  }
}
