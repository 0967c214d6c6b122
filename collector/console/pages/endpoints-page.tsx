/** Every endpoint, narrowed by what one asks for: the lists behind the numbers of the first page. */
import { useQuery } from '@tanstack/react-query'
import { Button, Input, Select } from 'antd'
import { useMemo, useState } from 'react'
import { levelWords, networkKindWords } from '#shared/vocabulary/labels.ts'
import { saveCsv } from '../parts/save-csv.ts'
import { type Connection, connectionOf, connections, type Health, healthOf, healths } from '../parts/endpoint-state.ts'
import { Failure } from '../parts/failure.tsx'
import { type Speech, useSpeech } from '../parts/language.tsx'
import { List } from '../parts/list.tsx'
import { day, moment } from '../parts/moment.ts'
import { visible } from '../parts/visible.ts'
import { endpointsQuery } from '../queries.ts'
import type { EndpointView } from '../shapes.ts'
import { useUrlState } from '../url-state.ts'
import { columnsIn } from './endpoints/endpoint-columns.tsx'

/** Rows drawn at once. */
const ROWS_AT_ONCE = 50
const NAMES = ['connection', 'health', 'department', 'q'] as const
type Asked = { readonly [K in (typeof NAMES)[number]]?: string }

const rowClass = (endpoint: EndpointView): string => `row-${connectionOf(endpoint)}`

const isFound = ({ name, host, department, responsible = '' }: EndpointView, words: string): boolean =>
  [name, host, department, responsible].some((text) => text.toLowerCase().includes(words.toLowerCase()))

const fits = (endpoint: EndpointView, { connection, health, department, q }: Asked): boolean =>
  (connection === undefined ||
    connectionOf(endpoint) === connection ||
    (connection === 'away' && connectionOf(endpoint) === 'never')) &&
  (health === undefined || healthOf(endpoint) === health) &&
  (department === undefined || endpoint.department === department) &&
  (q === undefined || isFound(endpoint, q))

function toCsv(items: readonly EndpointView[], { t, say }: Speech): string[][] {
  const titles = [
    t.endpoints.machine,
    t.incident.host,
    t.endpoints.department,
    t.endpoints.responsible,
    t.incident.level,
    t.incident.network,
    t.endpoints.connection,
    t.endpoints.lastSeen,
    t.endpoints.health,
  ]
  const rows = items.map((endpoint) =>
    [
      endpoint.name,
      endpoint.host,
      endpoint.department,
      endpoint.responsible ?? '',
      say(levelWords[endpoint.level]),
      say(networkKindWords[endpoint.networkKind]),
      t.endpoints.connections[connectionOf(endpoint)],
      endpoint.lastSeenAt === undefined ? '' : moment(endpoint.lastSeenAt),
      t.endpoints.healths[healthOf(endpoint)],
    ].map(visible),
  )
  return [titles, ...rows]
}

export function EndpointsPage() {
  const speech = useSpeech()
  const { t } = speech
  const [asked, ask] = useUrlState(NAMES)
  const [rows, setRows] = useState(ROWS_AT_ONCE)
  const { data, error, isPending, refetch } = useQuery(endpointsQuery)
  const columns = useMemo(() => columnsIn(speech), [speech])
  const all = data?.items ?? []
  const found = all.filter((endpoint) => fits(endpoint, asked))
  const departments = [...new Set(all.map(({ department }) => department))].toSorted()
  const choose = (
    name: 'connection' | 'health' | 'department',
    every: string,
    options: { value: string; label: string }[],
  ) => (
    <Select
      size="small"
      aria-label={every}
      className="filter"
      popupMatchSelectWidth={false}
      value={asked[name] ?? ''}
      options={[{ value: '', label: every }, ...options]}
      onChange={(value) => ask({ [name]: value })}
    />
  )
  return (
    <section className="card" aria-labelledby="endpoints">
      <h2 id="endpoints">
        {t.endpoints.title}
        <span className="aside">{t.endpoints.count(found.length, all.length)}</span>
        <span className="filters">
          <Input.Search
            size="small"
            className="filter"
            aria-label={t.endpoints.search}
            placeholder={t.endpoints.search}
            defaultValue={asked.q ?? ''}
            allowClear
            onSearch={(q) => ask({ q: q.trim() })}
          />
          {choose(
            'connection',
            t.endpoints.anyConnection,
            connections.map((value: Connection) => ({ value, label: t.endpoints.connections[value] })),
          )}
          {choose(
            'health',
            t.endpoints.anyHealth,
            healths.map((value: Health) => ({ value, label: t.endpoints.healths[value] })),
          )}
          {choose(
            'department',
            t.feed.allDepartments,
            departments.map((value) => ({ value, label: visible(value) })),
          )}
        </span>
        <Button
          size="small"
          onClick={() => saveCsv(`${t.endpoints.title}-${day(Date.now())}.csv`, toCsv(found, speech))}
        >
          {t.csv.save}
        </Button>
      </h2>
      {error && <Failure error={error} retry={() => void refetch()} />}
      <List
        label={t.endpoints.title}
        columns={columns}
        items={found.slice(0, rows)}
        rowClass={rowClass}
        empty={all.length === 0 ? t.endpoints.empty : t.endpoints.emptyFiltered}
        busy={isPending}
      />
      {found.length > rows && (
        <div className="turn">
          <Button onClick={() => setRows(rows + ROWS_AT_ONCE)}>{t.endpoints.more}</Button>
        </div>
      )}
    </section>
  )
}
