/** What happened, event by event, each with its place in the proof. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import type { Opened } from '../../api.ts'
import type { EventView } from '../../shapes.ts'
import { kindWords, type Words } from '#shared/vocabulary/labels.ts'
import { Failure } from '../../parts/failure.tsx'
import { useSpeech } from '../../parts/language.tsx'
import { Mark, SeverityMark } from '../../parts/marks.tsx'
import { day, exact, moment, size, span } from '../../parts/moment.ts'
import { Name } from '../../parts/name.tsx'
import { timelineQuery } from '../../queries.ts'

const wordsOfKind: Readonly<Record<string, Words>> = kindWords

/** By the time it happened; at the same moment by its place in the log. */
const asItHappened = (a: EventView, b: EventView): number => a.at - b.at || a.index - b.index || a.id - b.id

export function Timeline({ opened, total }: { opened: Opened; total: number }) {
  const { t } = useSpeech()
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    timelineQuery(opened),
  )
  const events = (data?.pages.flatMap(({ items }) => items) ?? []).toSorted(asItHappened)
  return (
    <section aria-labelledby="timeline" aria-busy={isPending}>
      <h3 id="timeline">
        {t.incident.timeline}
        <span className="aside">{t.incident.events(total)}</span>
      </h3>
      {error && <Failure error={error} retry={() => void refetch()} />}
      <ol className="timeline">
        {events.map((event, index) => (
          <Entry
            key={event.id}
            event={event}
            newDay={index === 0 || day(events[index - 1]?.at ?? 0) !== day(event.at)}
          />
        ))}
      </ol>
      {hasNextPage && (
        <Button onClick={() => void fetchNextPage()} loading={isFetchingNextPage}>
          {t.incident.moreEvents}
        </Button>
      )}
    </section>
  )
}

function Entry({ event, newDay }: { event: EventView; newDay: boolean }) {
  const { t, language, say } = useSpeech()
  const words = wordsOfKind[event.kind]
  const found = t.event.found[event.found]
  return (
    <li className={event.severity === undefined ? 'noted' : `broke-${event.severity}`}>
      {newDay && <span className="timeline-day figures">{day(event.at)}</span>}
      <time className="figures" dateTime={new Date(event.at).toISOString()}>
        {exact(event.at)}
      </time>
      <div>
        <div className="line">
          <strong className="cap">{words === undefined ? event.kind : say(words)}</strong>
          {event.severity && <SeverityMark severity={event.severity} />}
          {found !== '' && <Mark tone="quiet">{found}</Mark>}
          {event.receivedLate && (
            <Mark tone="warn" title={t.event.received(moment(event.receivedAt))}>
              {t.event.late(span(event.receivedAt - event.at, language))}
            </Mark>
          )}
        </div>
        <Facts event={event} />
      </div>
      <span className="proof figures" title={t.event.placeHelp(event.epoch, event.index)}>
        {t.event.place(event.index, event.epoch.slice(0, 8))}
      </span>
    </li>
  )
}

/** What the event is about: the file, the volume, the address, whatever it has. */
function Facts({ event }: { event: EventView }) {
  const { t } = useSpeech()
  const { file, volume, medium, address, route, interface: link, change, reason, sha256, count = 1, actor } = event
  return (
    <>
      {file && (
        <div className="line">
          <Name value={file.path} max={80} />
          {file.sizeBytes !== undefined && <span className="quiet">{size(file.sizeBytes)}</span>}
        </div>
      )}
      {!file && volume && <VolumeFact volume={volume} />}
      {!file && medium && (medium.label ?? medium.product ?? medium.serial) !== undefined && (
        <div className="line quiet">
          {[medium.label, medium.vendor, medium.product, medium.serial].map(
            (part, index) => part !== undefined && <Name key={index} value={part} max={32} />,
          )}
        </div>
      )}
      {(address ?? route) !== undefined && (
        <div className="line">
          <Name value={address ?? route ?? ''} max={80} />
          {change && <span className="quiet">{t.event[change]}</span>}
        </div>
      )}
      {link !== undefined && (
        <div className="line quiet">
          <Name value={link} max={32} />
        </div>
      )}
      {sha256 !== undefined && (
        <div className="line quiet hash">
          {t.event.sha256} {sha256}
        </div>
      )}
      <div className="line quiet">
        {reason !== undefined && <span>{t.event.reasons[reason] ?? <Name value={reason} max={60} />}</span>}
        {count > 1 && <span>{t.event.times(count)}</span>}
        {event.remount === true && <span>{t.event.remount}</span>}
        {event.text !== undefined && <Name value={event.text} max={120} />}
        {actor !== undefined && <span>{t.event.by(actor)}</span>}
      </div>
    </>
  )
}

function VolumeFact({ volume }: { volume: NonNullable<EventView['volume']> }) {
  const { t } = useSpeech()
  return (
    <div className="line">
      <Name value={volume.mountPoint} max={60} />
      {volume.device !== undefined && volume.device !== volume.mountPoint && (
        <span className="quiet">
          <Name value={volume.device} max={32} />
        </span>
      )}
      {volume.fs !== undefined && (
        <span className="quiet">
          <Name value={volume.fs} max={16} />
        </span>
      )}
      {volume.readOnly === true && <Mark tone="quiet">{t.event.readOnly}</Mark>}
    </div>
  )
}
