/** The columns of the list of endpoints: connected or since when not, what it is for, and what is to be done about it. */
import { networkKindWords } from '#shared/vocabulary/labels.ts'
import { ConditionWords } from '../../parts/condition-words.tsx'
import { type Speech, useSpeech } from '../../parts/language.tsx'
import type { Column } from '../../parts/list.tsx'
import { LevelMark, Mark, SeverityMark } from '../../parts/marks.tsx'
import { minute } from '../../parts/moment.ts'
import { Name } from '../../parts/name.tsx'
import type { EndpointView } from '../../shapes.ts'

function Connection({ endpoint: { connectedSince, lastSeenAt, unreceipted = 0 } }: { endpoint: EndpointView }) {
  const { t } = useSpeech()
  const text =
    connectedSince !== undefined
      ? t.endpoints.connected(minute(connectedSince))
      : lastSeenAt !== undefined
        ? t.endpoints.away(minute(lastSeenAt))
        : t.endpoints.never
  return (
    <>
      <div className={`line figures ${connectedSince === undefined ? 'is-away' : 'is-connected'}`}>{text}</div>
      {unreceipted > 0 && <div className="line quiet">{t.endpoints.unreceipted(unreceipted)}</div>}
    </>
  )
}

function Health({ endpoint }: { endpoint: EndpointView }) {
  const { t } = useSpeech()
  const { conditions, connection, lastSeenAt } = endpoint
  if (connection === 'never') return <span className="quiet">{t.endpoints.unknown}</span>
  const asOf = connection === 'away' && lastSeenAt !== undefined && (
    <div className="quiet">{t.endpoints.asOf(minute(lastSeenAt))}</div>
  )
  if (conditions.length === 0)
    return asOf ? (
      <>
        {asOf}
        {t.endpoints.wellThen}
      </>
    ) : (
      <span className="quiet">{t.endpoints.well}</span>
    )
  return (
    <>
      {asOf}
      <ul className="conditions">
        {conditions.map((condition) => (
          <li key={condition.code}>
            <SeverityMark severity={condition.severity} /> <ConditionWords condition={condition} />
          </li>
        ))}
      </ul>
    </>
  )
}

function Machine({ endpoint: { name, host, status, agents } }: { endpoint: EndpointView }) {
  const { t } = useSpeech()
  return (
    <>
      <div className="line">
        <strong>
          <Name value={name} max={28} />
        </strong>
        {status === 'pending' && (
          <Mark tone="warn" title={t.endpoints.pendingHelp}>
            {t.endpoints.pending}
          </Mark>
        )}
        {agents.length > 1 && <Mark tone="warn">{t.endpoints.agents(agents.length)}</Mark>}
      </div>
      {host !== name && (
        <div className="line quiet">
          <Name value={host} max={32} />
        </div>
      )}
    </>
  )
}

const versions = ({ version, policyVersion, registerVersion }: EndpointView, none: string): string =>
  `${version ?? none} / ${policyVersion || none} / ${registerVersion || none}`

export const columnsIn = ({ t, say }: Speech): readonly Column<EndpointView>[] => [
  {
    key: 'name',
    title: t.endpoints.machine,
    width: '13%',
    cell: (endpoint) => <Machine endpoint={endpoint} />,
    sorts: [{ by: 'name', direction: 'ascending' }],
  },
  {
    key: 'connection',
    title: t.endpoints.connection,
    width: '16%',
    cell: (endpoint) => <Connection endpoint={endpoint} />,
    sorts: [
      { by: 'seen-last', direction: 'descending' },
      { by: 'seen-first', direction: 'ascending' },
    ],
  },
  {
    key: 'level',
    title: t.endpoints.level,
    width: '12%',
    cell: ({ level, networkKind }) => (
      <span className="line">
        <LevelMark level={level} /> {say(networkKindWords[networkKind])}
      </span>
    ),
  },
  {
    key: 'department',
    title: t.endpoints.department,
    width: '12%',
    cell: ({ department }) => <Name value={department} max={24} />,
    sorts: [{ by: undefined, direction: 'ascending' }],
  },
  {
    key: 'responsible',
    title: t.endpoints.responsible,
    width: '10%',
    cell: ({ responsible }) => (responsible === undefined ? t.none : <Name value={responsible} max={24} />),
  },
  {
    key: 'version',
    title: t.endpoints.version,
    width: '12%',
    cell: (endpoint) => <Name value={versions(endpoint, t.none)} max={40} />,
  },
  {
    key: 'health',
    title: t.endpoints.health,
    cell: (endpoint) => <Health endpoint={endpoint} />,
    sorts: [{ by: 'unwell', direction: 'descending' }],
  },
]
