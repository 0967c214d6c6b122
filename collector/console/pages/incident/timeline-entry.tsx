/** One record of a timeline, with its place in the proof. */
import type { EventView } from '../../shapes.ts'
import { kindWords, routeInWords, type Words } from '#shared/vocabulary/labels.ts'
import { type Speech, useSpeech } from '../../parts/language.tsx'
import { Mark, SeverityMark } from '../../parts/marks.tsx'
import { day, exact, moment, size, span } from '../../parts/moment.ts'
import { Name } from '../../parts/name.tsx'

const wordsOfKind: Readonly<Record<string, Words>> = kindWords

/** What the record is called. */
export function titleOf({ kind, sha256 }: EventView, { t, say }: Pick<Speech, 't' | 'say'>): string {
  if (kind === 'file.identified' && sha256 === undefined) return t.event.notHashed
  const words = wordsOfKind[kind]
  return words === undefined ? kind : say(words)
}

export function Entry({ event, newDay }: { event: EventView; newDay: boolean }) {
  const { t, language, say } = useSpeech()
  const found = t.event.found[event.found]
  return (
    <li className={event.severity === undefined ? 'noted' : `broke-${event.severity}`}>
      {newDay && <span className="timeline-day figures">{day(event.at)}</span>}
      <time className="figures" dateTime={new Date(event.at).toISOString()}>
        {exact(event.at)}
      </time>
      <div>
        <div className="line">
          <strong className="cap">{titleOf(event, { t, say })}</strong>
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
  const { t, language } = useSpeech()
  const { file, volume, medium, address, route, interface: link, change, reason, sha256, count = 1, actor } = event
  return (
    <>
      {file && (
        <div className="line">
          <Name value={file.path} max={1_000} />
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
          <Name value={address ?? routeInWords(route ?? '', language)} max={80} />
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
