/** What happened, event by event: crowds of files folded, opened on demand, all of it searched; on paper nothing is folded. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Button, Segmented } from 'antd'
import { useEffect, useMemo, useState } from 'react'
import type { Opened } from '../../api.ts'
import type { EventView } from '../../shapes.ts'
import { ExportButton } from '../../parts/export-button.tsx'
import { Failure } from '../../parts/failure.tsx'
import { useSpeech } from '../../parts/language.tsx'
import { ListBar } from '../../parts/list-bar.tsx'
import { brief, day, exact } from '../../parts/moment.ts'
import { usePrinting } from '../../parts/printing.ts'
import { timelineQuery } from '../../queries.ts'
import { useUrlState } from '../../url-state.ts'
import { asItArrived, asItHappened, fold, isFound, type Piece } from './folded.ts'
import { Entry, titleOf } from './timeline-entry.tsx'

/** Read by itself, to be folded and searched; what is beyond is read on demand. */
const MAX_READ = 10_000
/** Entries drawn at once, of a crowd or of what was found. */
const ENTRIES_AT_ONCE = 200

interface TimelineProps {
  readonly opened: Opened
  readonly total: number
}

export function Timeline({ opened, total }: TimelineProps) {
  const { t, say } = useSpeech()
  const whole = usePrinting()
  const [{ find, by }, ask] = useUrlState(['find', 'by'])
  const words = find ?? ''
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetching } = useInfiniteQuery(
    timelineQuery(opened),
  )
  const events = useMemo(
    () => (data?.pages.flatMap(({ items }) => items) ?? []).toSorted(by === 'arrived' ? asItArrived : asItHappened),
    [data, by],
  )
  const goesOn = hasNextPage && !isFetching && !error && events.length < MAX_READ
  useEffect(() => {
    if (goesOn) void fetchNextPage()
  }, [goesOn, fetchNextPage])
  const found = words === '' ? events : events.filter((event) => isFound(event, titleOf(event, { t, say }), words))
  const pieces = words === '' && !whole ? fold(events) : undefined
  return (
    <section aria-labelledby="timeline" aria-busy={isPending}>
      <h3 id="timeline">
        {t.incident.timeline}
        <span className="aside">
          {words === '' ? t.incident.events(total) : t.incident.found(found.length)}
          {hasNextPage && t.incident.readSoFar(events.length)}
        </span>
        <ListBar asked={{ q: find }} ask={({ q }) => ask({ find: q })} search={t.incident.search}>
          <Segmented
            size="small"
            aria-label={t.feed.order}
            value={by ?? 'happened'}
            options={[
              { value: 'happened', label: t.feed.happened },
              { value: 'arrived', label: t.feed.arrived },
            ]}
            onChange={(order) => ask({ by: order === 'arrived' ? order : undefined })}
          />
        </ListBar>
        <ExportButton path={`incidents/${opened.id}/events`} query={{}} all />
      </h3>
      {error && <Failure error={error} retry={() => void refetch()} />}
      <ol className="timeline">
        {pieces === undefined ? (
          <Entries key={String(whole)} events={found} most={whole ? Infinity : ENTRIES_AT_ONCE} />
        ) : (
          pieces.map((piece, index) => <PieceOf key={keyOf(piece)} piece={piece} before={pieces[index - 1]} />)
        )}
      </ol>
      {hasNextPage && events.length >= MAX_READ && (
        <Button onClick={() => void fetchNextPage()} loading={isFetching}>
          {t.incident.moreEvents}
        </Button>
      )}
      {!hasNextPage && !isPending && total > events.length && (
        <Button onClick={() => void refetch()} loading={isFetching}>
          {t.incident.newEvents(total - events.length)}
        </Button>
      )}
    </section>
  )
}

const firstOf = (piece: Piece): EventView | undefined => (piece.kind === 'event' ? piece.event : piece.events[0])
const lastOf = (piece: Piece): EventView | undefined => (piece.kind === 'event' ? piece.event : piece.events.at(-1))
const keyOf = (piece: Piece): string => `${piece.kind} ${firstOf(piece)?.id}`
const isNewDay = (event: EventView, before: EventView | undefined): boolean =>
  before === undefined || day(before.at) !== day(event.at)

function PieceOf({ piece, before }: { piece: Piece; before: Piece | undefined }) {
  const earlier = before && lastOf(before)
  if (piece.kind === 'event') return <Entry event={piece.event} newDay={isNewDay(piece.event, earlier)} />
  return <Crowd piece={piece} />
}

function Crowd({ piece: { events, files } }: { piece: Extract<Piece, { kind: 'crowd' }> }) {
  const { t } = useSpeech()
  const [isOpen, setOpen] = useState(false)
  const [first, last] = [events[0]?.at ?? 0, events.at(-1)?.at ?? 0]
  return (
    <>
      <li className="crowd">
        <time className="figures">{exact(first)}</time>
        <button type="button" className="plain" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {t.incident.crowd(files, events.length, brief(last, first))}
        </button>
      </li>
      {isOpen && <Entries events={events} most={ENTRIES_AT_ONCE} />}
    </>
  )
}

function Entries({ events, most }: { events: readonly EventView[]; most: number }) {
  const { t } = useSpeech()
  const [drawn, setDrawn] = useState(most)
  return (
    <>
      {events.slice(0, drawn).map((event, index) => (
        <Entry key={event.id} event={event} newDay={isNewDay(event, events[index - 1])} />
      ))}
      {events.length > drawn && (
        <li className="crowd">
          <Button size="small" onClick={() => setDrawn(drawn + ENTRIES_AT_ONCE)}>
            {t.incident.drawMore(events.length - drawn)}
          </Button>
        </li>
      )}
    </>
  )
}
