/** Which media were there, kept across runs: what was pulled while no agent ran is told as removed by the next one. */
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { MediumIdentity, Plug } from '#shared/event/subject.ts'

const Stay = Type.Object({ plug: Plug, medium: MediumIdentity })
type Stay = Static<typeof Stay>
const Kept = Type.Object({ boot: Type.String(), stays: Type.Array(Stay) })
const kept = Compile(Kept)
const NAME = 'media-present'
const MAX_STAYS = 256 // × at most 4 KiB; of what is beyond, a removal that nobody saw is not told

export interface Stays {
  /** Those that were there when last kept, in this boot: another boot has ended them itself. */
  readonly last: () => readonly Stay[]
  readonly keep: (stays: readonly Stay[]) => void
}

/** What outlives a run, by name. */
export interface Memory {
  readonly keep: (name: string, value: string) => void
  readonly kept: (name: string) => string | undefined
}

export function openStays(boot: string, memory: Memory): Stays {
  return {
    last() {
      const value: unknown = JSON.parse(memory.kept(NAME) ?? 'null')
      return kept.Check(value) && value.boot === boot ? value.stays : []
    },
    keep(stays) {
      memory.keep(NAME, JSON.stringify({ boot, stays: stays.slice(-MAX_STAYS) }))
    },
  }
}
