/** Every endpoint: connected or since when not, what it is for, and what is to be done about it. */
import { useQuery } from '@tanstack/react-query'
import { Table, type TableColumnsType } from 'antd'
import type { EndpointView } from '../../shapes.ts'
import { networkKindWords } from '#shared/vocabulary/labels.ts'
import { Failure } from '../../parts/failure.tsx'
import { type Speech, useSpeech } from '../../parts/language.tsx'
import { LevelMark, Mark, SeverityMark } from '../../parts/marks.tsx'
import { minute } from '../../parts/moment.ts'
import { Name } from '../../parts/name.tsx'
import { endpointsQuery } from '../../queries.ts'
import { conditionText } from '../../text/conditions.ts'

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

function Health({ endpoint: { conditions } }: { endpoint: EndpointView }) {
  const { t } = useSpeech()
  if (conditions.length === 0) return <span className="quiet">{t.endpoints.well}</span>
  return (
    <ul className="conditions">
      {conditions.map((condition) => (
        <Condition key={condition.code} condition={condition} />
      ))}
    </ul>
  )
}

/** In Chinese what the code is known to mean; the agent's own words beside it say more where somebody has to act. */
function Condition({ condition: { code, severity, text, todo } }: { condition: EndpointView['conditions'][number] }) {
  const { t, language } = useSpeech()
  const words = language === 'zh' ? conditionText(code, text) : undefined
  return (
    <li>
      <SeverityMark severity={severity} /> {words?.what ?? <Name value={text} max={160} />}
      {words && severity !== 'low' && (
        <div className="quiet">
          <Name value={text} max={120} />
        </div>
      )}
      {(words?.todo ?? todo) !== '' && (
        <div className="quiet">
          {t.endpoints.todo}
          {t.colon}
          {words?.todo ?? <Name value={todo} max={160} />}
        </div>
      )}
    </li>
  )
}

const columns = ({ t, say }: Speech): TableColumnsType<EndpointView> => [
  {
    title: t.endpoints.machine,
    key: 'name',
    width: '13%',
    render: (_, { name, host, status, agents }) => (
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
    ),
  },
  {
    title: t.endpoints.connection,
    key: 'connection',
    width: '16%',
    render: (_, endpoint) => <Connection endpoint={endpoint} />,
  },
  {
    title: t.endpoints.level,
    key: 'level',
    width: '12%',
    render: (_, { level, networkKind }) => (
      <span className="line">
        <LevelMark level={level} /> {say(networkKindWords[networkKind])}
      </span>
    ),
  },
  {
    title: t.endpoints.department,
    key: 'department',
    width: '12%',
    render: (_, { department }) => <Name value={department} max={24} />,
  },
  {
    title: t.endpoints.responsible,
    key: 'responsible',
    width: '10%',
    render: (_, { responsible }) => (responsible === undefined ? t.none : <Name value={responsible} max={24} />),
  },
  {
    title: t.endpoints.version,
    key: 'version',
    width: '12%',
    render: (_, { version, policyVersion, registerVersion }) => (
      <span className="figures">
        <Name value={version ?? t.none} max={16} /> / {policyVersion || t.none} / {registerVersion || t.none}
      </span>
    ),
  },
  { title: t.endpoints.health, key: 'health', render: (_, endpoint) => <Health endpoint={endpoint} /> },
]

export function EndpointTable() {
  const speech = useSpeech()
  const { t } = speech
  const { data, error, isPending, refetch } = useQuery(endpointsQuery)
  return (
    <section className="card" aria-labelledby="endpoints">
      <h2 id="endpoints">{t.endpoints.title}</h2>
      {error && <Failure error={error} retry={() => void refetch()} />}
      <Table<EndpointView>
        rowKey="id"
        size="small"
        tableLayout="fixed"
        columns={columns(speech)}
        dataSource={data?.items ?? []}
        loading={isPending}
        pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
        locale={{ emptyText: isPending ? t.loading : t.endpoints.empty }}
      />
    </section>
  )
}
