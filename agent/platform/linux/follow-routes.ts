/** The conversation on one route-netlink socket: news as they come, and dumps of the truth. */
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { LinkDelta, LinkListener, LinkState } from '../links.ts'
import type { Netlink } from './libc.ts'
import type { Cards } from './cards.ts'
import { DUMPS, dumpRequest, parseRouteMessages, type RouteMessage } from './rtnetlink.ts'

/** Between one dump that follows news and the next: a storm of news costs four dumps a second. */
const REST_MS = 250
const MESSAGES_A_TURN = 128 // × at most 32 KiB; the rest waits in the socket while other descriptors have their turn
const MAX_NEWS = 4_096 // heard while a dump runs, some 300 bytes each: 1.2 MiB; at it the dump counts for nothing
const MAX_PARTS = 16_384 // of each sort, some 300 bytes each; the table takes no more than that either
const UNSUPPORTED = [95, 97] // EOPNOTSUPP, EAFNOSUPPORT: no IPv6 in this kernel

const UNSEEN =
  'Not watched yet: neighbours, DHCP and DNS servers, routing tables other than main, default routes split in two, the ' +
  'kinds of tunnels, wireless networks, connections and the processes that hold them.'

type Found = 'present' | 'live' | 'reconciled'
const weight: readonly Found[] = ['live', 'reconciled', 'present']
const stronger = (a: Found | undefined, b: Found): Found =>
  a !== undefined && weight.indexOf(a) > weight.indexOf(b) ? a : b

interface Dump {
  found: Found
  sequence: number
  /** Which of DUMPS is being answered. */
  step: number
  /** What it gathers is not the truth of one moment: it must be read again. */
  spoilt: boolean
  state: { [Part in keyof LinkState]: LinkState[Part][number][] }
  news: LinkDelta[]
}

export interface FollowRoutes {
  /** Reads what is there; for `Descriptors.watch`. Throws where the kernel refuses. */
  read: () => void
  /** Asks for the truth; where it is being asked for already, once more after that. */
  dump: (found: Found) => void
  /** Rejects when a dump that was put off is refused. */
  failed: Promise<never>
}

export function followRoutes(
  socket: Netlink,
  listener: LinkListener,
  { cards, clock }: { cards: Cards; clock: Clock },
  signal: AbortSignal,
): FollowRoutes {
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  let sequence = 0
  let running: Dump | undefined
  let wanted: Found | undefined
  let endedAt = -REST_MS
  let resting = false
  let toldPresent = false
  let losing = false

  function ask(): void {
    if (running === undefined) return
    const next = DUMPS[running.step]
    if (next === undefined) return finish(running)
    running.sequence = ++sequence
    socket.send(dumpRequest(next, sequence))
  }

  /** One at a time: the kernel answers EBUSY to a second. */
  function begin(found: Found): void {
    wanted = stronger(wanted, found)
    if (running !== undefined) return
    const state = { links: [], addresses: [], routes: [] }
    running = { found: wanted, sequence, step: 0, spoilt: false, state, news: [] }
    wanted = undefined
    ask()
  }

  function finish({ found, spoilt, state, news: heard }: Dump): void {
    running = undefined
    endedAt = clock.monotonic()
    if (spoilt) return soon(found)
    losing = false
    listener.hear({ type: 'state', found, state, meanwhile: heard })
    if (!toldPresent) listener.cover({ state: 'watching', code: 'network.partial', text: UNSEEN })
    toldPresent = true
    if (wanted !== undefined) begin(wanted)
  }

  /** Now, or when the last dump is REST_MS ago. */
  function soon(found: Found): void {
    wanted = stronger(wanted, found)
    if (running !== undefined || resting) return
    const waitMs = endedAt + REST_MS - clock.monotonic()
    if (waitMs <= 0) return begin(wanted)
    resting = true
    void rest(waitMs)
  }
  async function rest(waitMs: number): Promise<void> {
    await clock.sleep(waitMs, signal)
    resting = false
    if (signal.aborted || wanted === undefined) return
    try {
      begin(wanted)
    } catch (error) {
      fail(error)
    }
  }

  function lose(): void {
    if (!losing) listener.lost('route-netlink')
    losing = true
    if (running !== undefined) running.spoilt = true
    soon('reconciled')
  }

  function news(delta: LinkDelta): void {
    if (delta.type === 'link' && delta.change === 'removed') cards.forget(delta.seen.link.index)
    if (toldPresent) listener.hear(delta)
    if (running !== undefined && running.news.push(delta) >= MAX_NEWS) {
      running.spoilt = true
      running.news = []
    }
    soon('live')
  }

  function part(message: LinkDelta, state: Dump['state']): void {
    if (message.change === 'removed') return
    if (message.type === 'link' && state.links.length < MAX_PARTS) state.links.push(message.seen)
    if (message.type === 'address' && state.addresses.length < MAX_PARTS) state.addresses.push(message.seen)
    if (message.type === 'route' && state.routes.length < MAX_PARTS) state.routes.push(message.seen)
  }

  function take(message: RouteMessage): void {
    const asked = message.sequence === running?.sequence ? running : undefined
    if (message.type === 'done' || message.type === 'error') {
      if (asked !== undefined) answered(message, asked)
    } else if (!message.part) news(message)
    else if (asked !== undefined) part(message, asked.state)
  }

  function answered(message: RouteMessage & { type: 'done' | 'error' }, asked: Dump): void {
    if (message.type === 'error' && !UNSUPPORTED.includes(message.errno))
      throw new Error(`The kernel refused a dump with errno ${message.errno}`)
    if (message.type === 'done' && message.interrupted) asked.spoilt = true
    asked.step++
    ask()
  }

  return {
    failed,
    dump: begin,
    read() {
      for (let i = 0; i < MESSAGES_A_TURN; i++) {
        const received = socket.receive()
        if (received.outcome === 'empty') return
        if (received.outcome === 'lost') lose()
        else for (const message of parseRouteMessages(received.bytes, cards.cardOf)) take(message)
      }
    },
  }
}
