/** The legs of one violation's way, as they were measured; printed at the end of a rig run. */
export interface Legs {
  add: (leg: string, ms: number) => void
  print: () => void
}

export function openLegs(): Legs {
  const legs = new Map<string, number[]>()
  return {
    add: (leg, ms) => void legs.set(leg, [...(legs.get(leg) ?? []), ms]),
    print() {
      for (const [leg, all] of legs) {
        const sorted = all.toSorted((a, b) => a - b)
        const at = (share: number): number => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? NaN)
        console.log(`${leg}: n ${sorted.length}, median ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${at(1)} ms`)
      }
    },
  }
}
