/** Looks at the files that move, while there are any. Nothing is looked at while nothing happens. */
import type { OpenAnswer, OpenFiles, VolumeFiles } from '#agent/platform/files.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Tracked } from './copies.ts'
import type { CopyInput } from './settle.ts'
import type { WatchedVolume } from './watch-volume.ts'

/** Looked at in one go, so that a slow medium does not fill the queue that all file access of the agent shares. */
const AT_ONCE = 16

export interface RoundDependencies {
  openFiles: OpenFiles
  clock: Clock
  told: () => Promise<void>
}

/** Looks once at all that is due on a volume; undefined where nothing was. */
export async function lookRound(
  volume: WatchedVolume,
  { openFiles, clock, told }: RoundDependencies,
): Promise<OpenAnswer | undefined> {
  const due = volume.copies.due(clock.monotonic())
  if (due.length === 0) return undefined
  // Who has it open is asked first: what changes after that shows in the look, or is heard later.
  const answer = await openFiles(due.map(({ path, state }) => ({ path, dev: state.look.dev, ino: state.look.ino })))
  for (let from = 0; from < due.length; from += AT_ONCE) {
    const some = due.slice(from, from + AT_ONCE)
    const inputs = await Promise.all(some.map((tracked) => look(volume, tracked, answer)))
    // A path that is gone because its volume is was not deleted, and one that its writer let go of because the medium was
    // pulled has not come to rest: the media table will say so in a moment.
    const isTrusted = await volume.isThere()
    if (volume.gone.aborted) break
    for (const [index, tracked] of some.entries())
      volume.copies.looked(tracked.path, (isTrusted && inputs[index]) || unseen(tracked))
    await told()
  }
  return answer
}

async function look(
  volume: Pick<VolumeFiles, 'look'>,
  tracked: Tracked,
  { open, sawAll }: OpenAnswer,
): Promise<CopyInput> {
  const seen = await volume.look(tracked.path)
  if (seen === 'unreadable') return unseen(tracked)
  if (seen === 'gone') return { type: 'gone' }
  return { type: 'looked', look: seen, open: open.has(tracked.path) ? 'open' : sawAll ? 'closed' : 'unknown' }
}

/** What cannot be looked at is as good as held open: not at rest, and looked at again ever more seldom. */
const unseen = ({ state }: Tracked): CopyInput => ({ type: 'looked', look: state.look, open: 'open' })
