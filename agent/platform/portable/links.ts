/** Links by looking, where the system's own way of telling cannot be had. */
import { execFile } from 'node:child_process'
import { networkInterfaces } from 'node:os'
import { promisify } from 'node:util'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { plugOf } from '#agent/media/plug.ts'
import { childEntry } from './child-entry.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { every } from '../every.ts'
import type { LinkSource, LinkState } from '../links.ts'

const LOOKING_MS = 10_000
/** Interfaces that came and went keep their number, so many names × 100 bytes; of more the oldest that are gone are forgotten. */
const MAX_NUMBERED = 1_024
const CHILD_MS = 8_000
const CHILD_BYTES = 1 << 20

const Way = Type.Object({ name: Type.String(), gateway: Type.String() })
type Way = Static<typeof Way>

/** Looks every 10 s; what comes and goes between two looks is not seen. */
export function portableLinks({ clock }: { clock: Clock }): LinkSource {
  return {
    async watch({ hear, cover }, signal) {
      /** Numbers of our own, by name: not every system gives some. */
      const numbers = new Map<string, number>()
      let way: Way | undefined
      const look = async (found: 'present' | 'reconciled'): Promise<void> => {
        const answer = await defaultWay(signal)
        if (signal.aborted) return
        way = answer ?? way
        hear({ type: 'state', found, state: stateOf(networkInterfaces(), way, numbers), meanwhile: [] })
        cover(
          answer === undefined
            ? {
                state: 'degraded',
                code: 'network.no-routes',
                text: 'Links are looked at every 10 s; default routes cannot be read.',
              }
            : {
                state: 'degraded',
                code: 'network.looking',
                text: 'Links are looked at every 10 s: what is shorter is missed.',
              },
        )
      }
      await look('present')
      await every(LOOKING_MS, clock, signal, () => look('reconciled'))
    },
  }
}

/** Undefined where it is not known: an empty answer is not “none”, and what was known goes on. */
async function defaultWay(signal: AbortSignal): Promise<Way | undefined> {
  const child = childEntry('links-child')
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [child], {
      timeout: CHILD_MS,
      maxBuffer: CHILD_BYTES,
      signal,
    })
    const answer: unknown = JSON.parse(stdout)
    return Value.Check(Way, answer) && answer.gateway !== '' ? answer : undefined
  } catch {
    return undefined // told as coverage `network.no-routes`
  }
}

const LOCAL_ONLY = /^(169\.254\.|127\.)|^fe[89ab][0-9a-f]:|^::1$/i

/** What the system lists has a carrier: Node asks for links that are up and running. */
export function stateOf(
  all: ReturnType<typeof networkInterfaces>,
  way: Way | undefined,
  numbers: Map<string, number>,
): LinkState {
  const outer = Object.entries(all).flatMap(([name, list]) =>
    list?.some((each) => !each.internal) ? [{ name, list }] : [],
  )
  for (const { name } of outer) if (!numbers.has(name)) numbers.set(name, 1 + Math.max(0, ...numbers.values()))
  const names = new Set(outer.map(({ name }) => name))
  for (const name of numbers.keys()) if (numbers.size > MAX_NUMBERED && !names.has(name)) numbers.delete(name)
  const indexOf = (name: string): number => numbers.get(name) ?? 0
  const links = outer.map(({ name, list }) => {
    const mac = list.find((each) => each.mac !== '00:00:00:00:00:00')?.mac.toLowerCase()
    return {
      link: {
        index: indexOf(name),
        name: name.slice(0, 256),
        ...(mac ? { mac } : {}),
        type: 'other',
        card: plugOf('portable', mac ?? '', name),
      },
      up: true,
    }
  })
  const addresses = outer.flatMap(({ name, list }) =>
    list
      .filter(({ address }) => !LOCAL_ONLY.test(address))
      .map(({ family, address, cidr }) => ({
        index: indexOf(name),
        address: {
          family: family === 'IPv6' ? 'ipv6' : 'ipv4',
          address,
          prefix: Number(cidr?.split('/')[1] ?? 0),
        } as const,
      })),
  )
  const route = { family: 'ipv4', destination: '0.0.0.0/0', table: 254 } as const
  const out = outer.find(({ name }) => name === way?.name) ?? outer[0]
  const routes = way && out ? [{ index: indexOf(out.name), route: { ...route, gateway: way.gateway } }] : []
  return { links, addresses, routes }
}
