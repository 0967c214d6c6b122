/** The live feed: a row an incident, newest first. A row has to be understood by someone who has never seen it. */
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { Button, Table, type TableColumnsType } from 'antd'
import { useState } from 'react'
import type { IncidentPageView, IncidentView } from '../../shapes.ts'
import { endedByWords, incidentNumber } from '#shared/vocabulary/labels.ts'
import { orderOf } from '../../api.ts'
import { Failure } from '../../parts/failure.tsx'
import { type Speech, useSpeech } from '../../parts/language.tsx'
import { Mark, SeverityMark, StageMark } from '../../parts/marks.tsx'
import { brief, clock, day } from '../../parts/moment.ts'
import { FilterBar, isNarrowed } from './filter-bar.tsx'
import { BrokenLine, FileLine, InterfaceLines, Machine, MediumLines } from './incident-parts.tsx'
import type { Narrowing } from './overview.tsx'

const FILES_IN_ROW = 2
const BROKEN_IN_ROW = 3

function When({ incident }: { incident: IncidentView }) {
  const { t } = useSpeech()
  const { number, openedAt, receivedLate, unverified } = incident
  return (
    <>
      <div className="line">
        <button type="button" className="when figures" title={t.feed.open}>
          {clock(openedAt)}
        </button>
      </div>
      <div className="line quiet figures">{day(openedAt)}</div>
      <div className="line quiet figures">{t.feed.number(incidentNumber(number))}</div>
      {unverified && (
        <Mark tone="warn" title={t.feed.unverifiedHelp}>
          {t.feed.unverified}
        </Mark>
      )}
      {receivedLate && (
        <Mark tone="warn" title={t.feed.lateHelp}>
          {t.feed.late}
        </Mark>
      )}
    </>
  )
}

function Left({ incident: { files, network } }: { incident: IncidentView }) {
  const { t } = useSpeech()
  if (network !== undefined)
    return (
      <>
        {network.broke.slice(0, BROKEN_IN_ROW).map((broke) => (
          <BrokenLine key={`${broke.what} ${broke.text}`} broke={broke} />
        ))}
      </>
    )
  const all = files === undefined ? 0 : files.copied + files.interrupted
  const copying = files === undefined ? 0 : files.started - all
  const more = all - Math.min(all, FILES_IN_ROW)
  return (
    <>
      {files?.first.slice(0, FILES_IN_ROW).map((file) => (
        <FileLine key={file.copy} file={file} />
      ))}
      {more > 0 && <div className="line quiet">{t.feed.moreFiles(more)}</div>}
      {copying > 0 && <div className="line quiet">{t.feed.copying(copying)}</div>}
      {all === 0 && copying <= 0 && <span className="quiet">{t.feed.noFiles}</span>}
    </>
  )
}

function Clause({ incident: { rules } }: { incident: IncidentView }) {
  const { t, say } = useSpeech()
  const [worst] = rules
  if (worst === undefined) return t.none
  const { clause, title, rule } = worst
  const words = [clause.text, clause.summary && say(clause.summary)].filter((text) => text !== undefined).join('\n')
  return (
    <div title={words}>
      <div className="line">{title === undefined ? rule : say(title)}</div>
      <div className="line quiet">
        {clause.document === undefined ? clause.id : `《${clause.document}》${clause.article ?? ''}`}
      </div>
      {rules.length > 1 && <div className="line quiet">{t.feed.moreRules(rules.length - 1)}</div>}
    </div>
  )
}

function State({ incident: { stage, openedAt, endedAt, endedBy } }: { incident: IncidentView }) {
  const { t, say } = useSpeech()
  if (endedAt === undefined)
    return (
      <>
        <StageMark stage={stage} />
        <span className="going-on">{t.feed.goingOn}</span>
      </>
    )
  return (
    <>
      <StageMark stage={stage} />
      <div className="line">{t.feed.ended}</div>
      <div className="line quiet figures">{brief(endedAt, openedAt)}</div>
      {endedBy && <div className="line quiet">{say(endedByWords[endedBy])}</div>}
    </>
  )
}

const columns = ({ t }: Speech): TableColumnsType<IncidentView> => [
  { title: t.feed.time, key: 'time', width: 112, render: (_, incident) => <When incident={incident} /> },
  {
    title: t.feed.severity,
    key: 'severity',
    width: 92,
    render: (_, { severity }) => <SeverityMark severity={severity} />,
  },
  { title: t.feed.machine, key: 'machine', width: '18%', render: (_, { endpoint }) => <Machine endpoint={endpoint} /> },
  {
    title: t.feed.what,
    key: 'what',
    width: '19%',
    render: (_, { medium, network }) => (
      <>
        {medium && <MediumLines medium={medium} />}
        {network && <InterfaceLines network={network} />}
      </>
    ),
  },
  { title: t.feed.left, key: 'left', width: '24%', render: (_, incident) => <Left incident={incident} /> },
  { title: t.feed.clause, key: 'clause', render: (_, incident) => <Clause incident={incident} /> },
  { title: t.feed.state, key: 'state', width: 116, render: (_, incident) => <State incident={incident} /> },
]

interface FeedTableProps extends Narrowing {
  readonly list: UseInfiniteQueryResult<InfiniteData<IncidentPageView>>
  readonly open: (id: string) => void
}

export function FeedTable({ list, filters, narrow, open }: FeedTableProps) {
  const speech = useSpeech()
  const { t } = speech
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = list
  const items = data?.pages.flatMap((page) => page.items) ?? []
  // What changed after the page was opened is marked for a moment.
  const revision = data?.pages[0]?.revision
  const [opened, setOpened] = useState(revision)
  if (opened === undefined && revision !== undefined) setOpened(revision)
  const narrowed = isNarrowed(filters)
  return (
    <section className="card" aria-labelledby="feed">
      <h2 id="feed">
        {t.feed.title}
        <span className="aside">
          {orderOf(filters) === 'happened' ? t.feed.newestFirst : t.feed.newestArrivedFirst} ·{' '}
          {t.feed.count(items.length, data?.pages[0]?.total ?? items.length)}
        </span>
        <FilterBar filters={filters} narrow={narrow} />
      </h2>
      {error && <Failure error={error} retry={() => void refetch()} />}
      <Table<IncidentView>
        rowKey="id"
        size="small"
        tableLayout="fixed"
        columns={columns(speech)}
        dataSource={items}
        loading={isPending}
        pagination={false}
        locale={{ emptyText: isPending ? t.loading : narrowed ? t.feed.emptyFiltered : t.feed.empty }}
        rowClassName={(item) => {
          const changed = opened !== undefined && item.revision > opened
          return `row row-${item.severity}${changed ? ` changed-${item.revision % 2}` : ''}`
        }}
        onRow={({ id }) => ({
          onClick: () => open(id),
        })}
      />
      {hasNextPage && (
        <Button className="older" onClick={() => void fetchNextPage()} loading={isFetchingNextPage}>
          {t.feed.older}
        </Button>
      )}
    </section>
  )
}
