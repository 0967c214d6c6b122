/** All that is known of one incident, with what was done to it and its timeline. */
import { useQuery } from '@tanstack/react-query'
import { Descriptions, Spin } from 'antd'
import type { DescriptionsProps } from 'antd'
import type { Opened } from '../../api.ts'
import type { IncidentView, SessionView } from '../../shapes.ts'
import { endedByWords, incidentNumber, matterWords, networkKindWords } from '#shared/vocabulary/labels.ts'
import { Failure } from '../../parts/failure.tsx'
import { BrokenLine, FileLine, InterfaceType, makerOf, MediumMark } from '../../parts/incident-parts.tsx'
import { type Speech, useSpeech } from '../../parts/language.tsx'
import { LevelMark, Mark, SeverityMark, StageMark } from '../../parts/marks.tsx'
import { moment, size } from '../../parts/moment.ts'
import { Name } from '../../parts/name.tsx'
import { incidentQuery } from '../../queries.ts'
import { ActionBar, Deeds } from './action-bar.tsx'
import { MuteButton } from './mute-button.tsx'
import { Timeline } from './timeline.tsx'

interface DetailsProps {
  readonly opened: Opened
  readonly session: SessionView
}

export function Details({ opened, session }: DetailsProps) {
  const speech = useSpeech()
  const { t, say } = speech
  const { data: incident, error, isPending, refetch } = useQuery(incidentQuery(opened))
  if (isPending) return <Spin description={t.loading} />
  if (error) return <Failure error={error} retry={() => void refetch()} />
  return (
    <div className="incident">
      <p className="line incident-head">
        <SeverityMark severity={incident.severity} />
        <StageMark stage={incident.stage} />
        <strong className="cap">{say(matterWords[incident.kind])}</strong>
        {incident.endedAt === undefined ? (
          <span className="going-on">{t.feed.goingOn}</span>
        ) : (
          <span>
            {[t.feed.ended, ...(incident.endedBy ? [say(endedByWords[incident.endedBy])] : [])].join(t.comma)}
          </span>
        )}
        {incident.unverified && (
          <Mark tone="warn" title={t.feed.unverifiedHelp}>
            {t.feed.unverified}
          </Mark>
        )}
        {incident.receivedLate && (
          <Mark tone="warn" title={t.feed.lateHelp}>
            {t.feed.late}
          </Mark>
        )}
        <span className="quiet incident-id">{incident.id}</span>
      </p>
      <div className="actions">
        <ActionBar incident={incident} session={session} />
        <MuteButton incident={incident} session={session} />
      </div>
      <Descriptions size="small" bordered column={{ xs: 1, sm: 1, md: 2 }} items={facts(incident, speech)} />
      <Rules incident={incident} />
      <Files incident={incident} />
      <Deeds opened={opened} />
      <Timeline opened={opened} total={incident.events} />
    </div>
  )
}

const MINUTE_MS = 60_000

/** An end that nobody saw is a span. */
const endText = ({ endedAt = 0, endedBetween }: IncidentView): string =>
  endedBetween === undefined ? moment(endedAt) : `${moment(endedBetween.after)} – ${moment(endedBetween.before)}`

const fact = (
  key: string,
  label: string,
  children: React.ReactNode,
): NonNullable<DescriptionsProps['items']>[number] => ({
  key,
  label,
  children,
})

function facts(incident: IncidentView, { t, say }: Speech): NonNullable<DescriptionsProps['items']> {
  const { endpoint, medium, network, volumes = [] } = incident
  const serial = medium?.usbSerial ?? medium?.diskSerial
  return [
    fact('machine', t.incident.machine, <MachineFact endpoint={endpoint} />),
    fact('department', t.incident.department, <Name value={endpoint.department} />),
    fact('responsible', t.incident.responsible, endpoint.responsible ? <Name value={endpoint.responsible} /> : t.none),
    fact('network', t.incident.network, say(networkKindWords[endpoint.networkKind])),
    ...(medium === undefined
      ? []
      : [
          fact('medium', t.incident.medium, <MediumFact medium={medium} />),
          fact('maker', t.incident.maker, makerOf(medium) ? <Name value={makerOf(medium)} /> : t.none),
          fact('serial', t.feed.serial, serial === undefined ? t.feed.noSerial : <Name value={serial} />),
          fact('mounted', t.incident.mounted, volumes.length === 0 ? t.none : <Name value={volumes.join(' ')} />),
        ]),
    ...(network === undefined
      ? []
      : [
          fact(
            'interface',
            t.incident.interface,
            <>
              <Name value={network.interface.name} /> <InterfaceType type={network.interface.type} />
            </>,
          ),
          fact('mac', t.feed.mac, network.interface.mac ?? t.none),
          fact('contacts', t.incident.contacts, t.incident.times(network.contacts)),
        ]),
    fact('first', t.incident.first, <span className="figures">{moment(incident.firstAt)}</span>),
    incident.endedAt === undefined
      ? fact('last', t.incident.last, <span className="figures">{moment(incident.lastAt)}</span>)
      : fact('ended', t.incident.ended, <span className="figures">{endText(incident)}</span>),
    ...(incident.arrivedAt - incident.openedAt < MINUTE_MS
      ? []
      : [fact('arrived', t.incident.arrived, <span className="figures">{moment(incident.arrivedAt)}</span>)]),
    ...(incident.linkedTo === undefined
      ? []
      : [fact('linked', t.incident.linkedTo, <span className="figures">{incidentNumber(incident.linkedTo)}</span>)]),
    ...(incident.withdrawnInto === undefined
      ? []
      : [
          fact(
            'into',
            t.incident.withdrawnInto,
            <span className="figures">{incidentNumber(incident.withdrawnInto)}</span>,
          ),
        ]),
  ]
}

function MachineFact({ endpoint: { name, host, level } }: { endpoint: IncidentView['endpoint'] }) {
  return (
    <span className="line">
      <strong>
        <Name value={name} />
      </strong>
      <LevelMark level={level} />
      {host !== name && (
        <span className="quiet">
          <Name value={host} />
        </span>
      )}
    </span>
  )
}

function MediumFact({ medium }: { medium: NonNullable<IncidentView['medium']> }) {
  const { t } = useSpeech()
  return (
    <span className="line">
      <strong>{!medium.label ? t.feed.noLabel : <Name value={medium.label} />}</strong>
      <MediumMark medium={medium} />
      {medium.sizeBytes !== undefined && <span className="quiet">{size(medium.sizeBytes)}</span>}
    </span>
  )
}

function Rules({ incident: { rules } }: { incident: IncidentView }) {
  const { t, say } = useSpeech()
  return (
    <section aria-labelledby="rules">
      <h3 id="rules">{t.incident.clauses}</h3>
      {rules.map(({ rule, title, severity, count, clause }) => (
        <article key={rule} className={`rule rule-${severity}`}>
          <p className="line">
            <SeverityMark severity={severity} />
            <strong>{title === undefined ? rule : say(title)}</strong>
            <span className="quiet">{t.incident.times(count)}</span>
          </p>
          <p className="quiet">
            {clause.document === undefined
              ? `${clause.id} ${t.incident.noClause}`
              : `《${clause.document}》${clause.article}`}
          </p>
          {clause.text !== undefined && <blockquote lang="zh-CN">{clause.text}</blockquote>}
          {clause.summary !== undefined && <p className="quiet">{say(clause.summary)}</p>}
        </article>
      ))}
    </section>
  )
}

function Files({ incident: { files, network } }: { incident: IncidentView }) {
  const { t } = useSpeech()
  if (network !== undefined)
    return (
      <section aria-labelledby="joined">
        <h3 id="joined">{t.incident.joined}</h3>
        {network.broke.map((broke) => (
          <BrokenLine key={`${broke.what} ${broke.text}`} broke={broke} />
        ))}
      </section>
    )
  if (files === undefined || files.copied + files.interrupted === 0) return null
  const all = files.copied + files.interrupted
  return (
    <section aria-labelledby="files">
      <h3 id="files">
        {t.incident.files}
        <span className="aside">
          {t.incident.filesCount(files.copied, files.interrupted)}
          {all > files.first.length && `${t.semicolon}${t.incident.firstOf(files.first.length, all)}`}
        </span>
      </h3>
      <div className="files">
        {files.first.map((file) => (
          <FileLine key={file.copy} file={file} max={160} />
        ))}
      </div>
    </section>
  )
}
