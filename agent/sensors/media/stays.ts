/** Which media were there and mounted, kept across runs: what was pulled or unmounted while no agent ran is told by the
 *  next one. */
import { Type, type Static } from 'typebox'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { MediumIdentity, Plug, Volume } from '#shared/event/subject.ts'
import { remember, type Memory, type Remembered } from '../remember.ts'

const MAX_VOLUMES = 16 // of a medium; of what is beyond, an unmount that nobody saw is not told
const Stay = Type.Object({ plug: Plug, medium: MediumIdentity, volumes: Type.Array(Volume, { maxItems: MAX_VOLUMES }) })
export type Stay = Static<typeof Stay>
const NAME = 'media-present'
const MAX_STAYS = 256 // × some 1 KiB; of what is beyond, a removal that nobody saw is not told

export type Stays = Remembered<Stay>

export const openStays = (boot: string, dependencies: { memory: Memory; clock: Clock }): Stays =>
  remember({ name: NAME, each: Stay, boot }, dependencies)

/** As many as are kept, the newest. */
export const staysOf = (
  present: Iterable<{ plug: string; medium: MediumIdentity; volumes: readonly Volume[] }>,
): Stay[] =>
  [...present]
    .slice(-MAX_STAYS)
    .map(({ plug, medium, volumes }) => ({ plug, medium, volumes: volumes.slice(-MAX_VOLUMES) }))
