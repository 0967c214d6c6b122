/** After an upgrade: what an older version could not understand is read again. It is folded into its matter by `refold`,
 *  for it comes out of its order. */
import { parseEvent } from '#shared/event/event.ts'
import { momentOf } from '#collector/incidents/correlate/moment.ts'
import { anchor, anchorsOf } from '#collector/store/boots.ts'
import type { Store } from '#collector/store/database.ts'
import type { Hot } from '#collector/store/hot.ts'
import { markBootStale, markStale } from '#collector/store/matters.ts'
import { quarantinedAfter, releaseEntry, type QuarantinedEntry } from '#collector/store/quarantine.ts'
import type { Tx } from '#collector/store/schema.ts'
import { matterFor, read } from './commit.ts'

const PAGE = 500

/** How many entries are understood now; a page a transaction. */
export async function rereadQuarantined(store: Pick<Store, 'read' | 'write'>, hot: Hot): Promise<number> {
  let released = 0
  for (let after = 0; ;) {
    const page = await store.read((tx) => quarantinedAfter(tx, after, PAGE))
    const readable = page.filter((entry) => eventOf(entry) !== undefined)
    if (readable.length > 0)
      await store.write(async (tx) => {
        for (const entry of readable) await release(tx, hot, entry)
      })
    released += readable.length
    after = page.at(-1)?.id ?? after
    if (page.length < PAGE) return released
  }
}

/** What is of another boot than its log stays where it is. */
function eventOf({ line, boot }: QuarantinedEntry) {
  const parsed = parseEvent(Buffer.from(line ?? '').toString('utf8'))
  return parsed.ok && parsed.event.boot === boot ? parsed.event : undefined
}

async function release(tx: Tx, hot: Hot, entry: QuarantinedEntry): Promise<void> {
  const event = eventOf(entry)
  if (event === undefined) return
  const matter = await matterFor({ tx }, entry.agentId, event, entry)
  const moment = momentOf(event, entry.bootId, entry.receivedAt)
  if (moment.trusted !== undefined && (await anchor(tx, entry.bootId, { mono: moment.mono, at: moment.trusted })))
    await markBootStale(tx, entry.agentId, entry.bootId)
  const anchors = await anchorsOf(tx, [entry.bootId])
  await releaseEntry(tx, entry.id, { ...read(event, moment, hot, anchors), matter_id: matter ?? null })
  if (matter !== undefined) await markStale(tx, [matter])
}
