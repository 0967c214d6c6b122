/** Lines that are stored a second time: after a refusal an agent logs again what had no receipt, the same bytes, in a log
 *  that takes the refused one's place. Some of it may have been stored all the same. */
import { leafHash } from '#shared/evidence/merkle.ts'
import type { Tx } from '#collector/store/schema.ts'
import { entriesOf } from '#collector/store/logs.ts'
import type { VerifiedBatch } from './batch.ts'
import type { PlacedLog } from './log-place.ts'

/** Two messages are without receipt as a rule; of a refused log with a longer tail so many are looked at around the place
 *  where a line would stand if everything was logged again in its order. */
const TAIL = 2_000
const AROUND = 500

/** Places in the batch of the lines that the refused log has in the store, from the size on at which it was replaced. */
export async function repeatedIn(
  tx: Tx,
  { replaces }: Pick<PlacedLog, 'replaces'>,
  { entries, log }: VerifiedBatch,
): Promise<ReadonlySet<number>> {
  if (replaces === undefined) return new Set()
  const { id, from } = replaces
  const near = from + log.from - 1 // the first entry of a log is its own
  const tail = await entriesOf(tx, id, from, from + TAIL)
  const around =
    tail.length < TAIL
      ? []
      : await entriesOf(tx, id, Math.max(from + TAIL, near - AROUND), near + entries.length + AROUND)
  const held = new Set(
    [...tail, ...around].flatMap(({ line }) => (line === null ? [] : [leafHash(Buffer.from(line)).toString('hex')])),
  )
  if (held.size === 0) return new Set()
  const isHeld = (entry: VerifiedBatch['entries'][number]): boolean =>
    entry.state !== 'tombstone' && held.has(leafHash(entry.line).toString('hex'))
  return new Set(entries.flatMap((entry, at) => (isHeld(entry) ? [at] : [])))
}

/** Places in the batch of entries that stand in the store already, beyond the log's size: one before them had been lost,
 *  and came again. */
export async function standingIn(
  tx: Tx,
  { id, behindHole }: Pick<PlacedLog, 'id' | 'behindHole'>,
  { entries, log }: VerifiedBatch,
): Promise<ReadonlySet<number>> {
  if (!behindHole) return new Set()
  const there = await entriesOf(tx, id, log.from, log.from + entries.length)
  return new Set(there.map(({ idx }) => idx - log.from))
}
