/** An incident's timeline, and the newest events of all: as they stand in the store, each with its time as it is known now. */
import { parseEvent, type Event } from '#shared/event/event.ts'
import type { Visible } from '#collector/access/visible.ts'
import type { Tx } from '#collector/store/schema.ts'
import {
  type EventPlace,
  eventsOfIncident,
  eventsOfMatter,
  newestEvents as newestStored,
  type Page,
  type StoredEvent,
} from '#collector/store/timeline.ts'
import type { EndBetween } from './correlate/incident.ts'
import type { ListedIncident } from './lists.ts'
import { betweenOf, isVerified, momentOf, spanOf, timeOf, type Anchors } from './correlate/moment.ts'

export interface TimelineEntry extends Pick<StoredEvent, 'id' | 'agent' | 'epoch' | 'index' | 'receivedAt'> {
  readonly event: Event
  /** ms since 1970. */
  readonly at: number
  /** It rests on the machine's own clock alone. */
  readonly unverified: boolean
  /** Of an end that nobody saw. */
  readonly between?: EndBetween
}

export type { EventPlace }

/** `next`: where the next page begins, absent at the end. */
export interface TimelinePage {
  readonly entries: TimelineEntry[]
  readonly next?: EventPlace
}

/** Its time is found when it is read: what vouches for a boot's clock may have come after it. Undefined where the row is
 *  torn: `recorrelate` sets it aside, and here it takes no other away. */
function readStored(stored: StoredEvent): TimelineEntry | undefined {
  const { id, agent, epoch, index, receivedAt, bootId, anchorMono, anchorAt, line } = stored
  const parsed = parseEvent(Buffer.from(line ?? '').toString('utf8'))
  if (!parsed.ok) return undefined
  const moment = momentOf(parsed.event, bootId, receivedAt)
  const anchors: Anchors = new Map(
    anchorMono === null || anchorAt === null ? [] : [[bootId, { mono: anchorMono, at: anchorAt }]],
  )
  const { detail } = parsed.event
  const span = spanOf('between' in detail ? detail.between : undefined, moment)
  return {
    id,
    agent,
    epoch,
    index,
    receivedAt,
    event: parsed.event,
    at: timeOf(moment, anchors),
    unverified: !isVerified(moment, anchors),
    ...(span && { between: betweenOf(span, anchors) }),
  }
}

/** `stored`: one more than the page has, where there is a next one. */
const pageOf = (stored: readonly StoredEvent[], limit: number): TimelinePage => {
  const last = stored.length > limit ? stored[limit - 1] : undefined
  const next = last && { id: last.id, logId: last.logId, index: last.index }
  return { entries: stored.slice(0, limit).flatMap((each) => readStored(each) ?? []), ...(next && { next }) }
}

/** The events of an incident in the order of their logs, or as they were stored, which is the same within a log; pages are
 *  full. To a stay belongs all from the connecting on, whether a rule was broken then or not. */
export async function timeline(
  tx: Tx,
  visible: Visible,
  { number, incident, matterId }: Pick<ListedIncident, 'number' | 'incident' | 'matterId'>,
  page: Page,
): Promise<TimelinePage> {
  if (visible === 'nothing') return { entries: [] }
  const isStay = incident.kind === 'stay' && matterId !== null
  const andOne = { ...page, limit: page.limit + 1 }
  return pageOf(
    isStay ? await eventsOfMatter(tx, matterId, andOne) : await eventsOfIncident(tx, number, andOne),
    page.limit,
  )
}

/** Of all endpoints, the newest first. */
export async function newestEvents(
  tx: Tx,
  visible: Visible,
  page: { before?: number; limit: number },
): Promise<TimelinePage> {
  return visible === 'all'
    ? pageOf(await newestStored(tx, { ...page, limit: page.limit + 1 }), page.limit)
    : { entries: [] }
}
