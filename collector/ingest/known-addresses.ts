/** Addresses that are known good: an agent greeted from there. Connections are kept ready for them. */
import { addressKey } from '#collector/access/address.ts'

/** Twice 10,000 agents; each is known at one address, the one that it greeted from last. */
export const MAX_KNOWN = 20_000

export interface KnownAddresses {
  readonly greeted: (agentId: number, address: string) => void
  /** Agents known at an address. */
  readonly count: (addressKey: string) => number
}

export function openKnownAddresses(): KnownAddresses {
  const ofAgent = new Map<number, string>() // who greeted longest ago first
  const counts = new Map<string, number>()
  const forget = (agentId: number): void => {
    const key = ofAgent.get(agentId)
    if (key === undefined) return
    ofAgent.delete(agentId)
    const left = (counts.get(key) ?? 1) - 1
    if (left === 0) counts.delete(key)
    else counts.set(key, left)
  }
  return {
    greeted(agentId, address) {
      forget(agentId)
      const [oldest] = ofAgent.keys()
      if (ofAgent.size >= MAX_KNOWN && oldest !== undefined) forget(oldest)
      const key = addressKey(address)
      ofAgent.set(agentId, key)
      counts.set(key, (counts.get(key) ?? 0) + 1)
    },
    count: (key) => counts.get(key) ?? 0,
  }
}
