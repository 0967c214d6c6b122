/** The live feed: a row an incident, newest first, one page at a time. A row has to be understood by someone who has never seen
 *  it, and it stays where it is: what is new waits above until somebody asks for it. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Segmented } from 'antd'
import { useCallback, useEffect, useMemo, useRef } from 'react'
import type { IncidentView } from '../../shapes.ts'
import { endedByWords, incidentNumber } from '#shared/vocabulary/labels.ts'
import { type Filters, incidentQueryOf, orderOf } from '../../api.ts'
import { BrokenLine, FileLine, InterfaceLines, Machine, MediumLines } from '../../parts/incident-parts.tsx'
import { type Speech, useSpeech } from '../../parts/language.tsx'
import type { Column } from '../../parts/list.tsx'
import type { Ask } from '../../parts/list-bar.tsx'
import { ListPage } from '../../parts/list-page.tsx'
import { Mark, SeverityMark, StageMark } from '../../parts/marks.tsx'
import { brief, clock, day } from '../../parts/moment.ts'
import { incidentsQuery } from '../../queries.ts'
import { type ListPage as ListPageOf, MAX_WAITING } from '../../shown.ts'
import { useChoices } from './choices.ts'

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
      <div className="line">
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
      </div>
    </>
  )
}

function What({ incident: { medium, network } }: { incident: IncidentView }) {
  return (
    <>
      {medium && <MediumLines medium={medium} />}
      {network && <InterfaceLines network={network} />}
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
        <div>
          <span className="going-on">{t.feed.goingOn}</span>
        </div>
      </>
    )
  return (
    <>
      <StageMark stage={stage} />
      <div className="line quiet">{t.feed.ended}</div>
      <div className="line quiet figures">{brief(endedAt, openedAt)}</div>
      {endedBy && <div className="line quiet">{say(endedByWords[endedBy])}</div>}
    </>
  )
}

const columnsIn = ({ t }: Speech): readonly Column<IncidentView>[] => [
  {
    key: 'time',
    title: t.feed.time,
    width: '112px',
    cell: (incident) => <When incident={incident} />,
    sorts: [
      { by: undefined, direction: 'descending' },
      { by: 'oldest', direction: 'ascending' },
    ],
  },
  {
    key: 'severity',
    title: t.feed.severity,
    width: '104px',
    cell: ({ severity }) => <SeverityMark severity={severity} />,
    sorts: [{ by: 'worst', direction: 'descending' }],
  },
  { key: 'machine', title: t.feed.machine, width: '17%', cell: ({ endpoint }) => <Machine endpoint={endpoint} /> },
  { key: 'what', title: t.feed.what, width: '17%', cell: (incident) => <What incident={incident} /> },
  { key: 'left', title: t.feed.left, width: '21%', cell: (incident) => <Left incident={incident} /> },
  { key: 'clause', title: t.feed.clause, cell: (incident) => <Clause incident={incident} /> },
  { key: 'state', title: t.feed.state, width: '112px', cell: (incident) => <State incident={incident} /> },
]

interface FeedTableProps {
  readonly page: ListPageOf
  readonly ask: Ask
  readonly open: (id: string) => void
}

const rowClass = ({ severity }: IncidentView): string => `row row-${severity}`

export function FeedTable({ page, ask, open }: FeedTableProps) {
  const speech = useSpeech()
  const { t } = speech
  const { data, error, isPending, isFetching, refetch } = useQuery({
    ...incidentsQuery(page),
    placeholderData: keepPreviousData,
  })
  const columns = useMemo(() => columnsIn(speech), [speech])
  const choices = useChoices()
  const openNow = useRef(open)
  useEffect(() => void (openNow.current = open))
  const openRow = useCallback(({ id }: IncidentView) => openNow.current(id), [])
  const { items = [], waiting = [] } = data ?? {}
  const isEmpty = items.length === 0
  useEffect(() => {
    if (isEmpty && waiting.length > 0) void refetch() // nothing is there that could move
  }, [isEmpty, waiting.length, refetch])
  const { filters, before } = page
  const order = useMemo(() => <Order filters={filters} ask={ask} />, [filters, ask])
  return (
    <ListPage
      id="feed"
      title={t.feed.title}
      page={data}
      countText={t.feed.count}
      error={error}
      retry={() => void refetch()}
      busy={isPending || isFetching}
      before={before}
      asked={filters}
      ask={ask}
      search={t.feed.search}
      searchHelp={t.feed.searchHelp}
      hasPeriod
      choices={choices}
      exported={{ path: 'incidents', query: incidentQueryOf(filters) }}
      columns={columns}
      rowClass={rowClass}
      open={openRow}
      empty={t.feed.empty}
      above={<Waiting count={waiting.length} show={() => void refetch()} />}
    >
      {order}
    </ListPage>
  )
}

/** It keeps its room, so that nothing moves when something comes. */
function Waiting({ count, show }: { count: number; show: () => void }) {
  const { t } = useSpeech()
  return (
    <output className="waiting">
      {count > 0 && (
        <button type="button" onClick={show}>
          {t.feed.waiting(count, count >= MAX_WAITING)}
        </button>
      )}
    </output>
  )
}

function Order({ filters, ask }: { filters: Filters; ask: Ask }) {
  const { t } = useSpeech()
  return (
    <Segmented
      size="small"
      aria-label={t.feed.order}
      value={orderOf(filters)}
      options={[
        { value: 'arrived', label: t.feed.arrived },
        { value: 'happened', label: t.feed.happened },
      ]}
      onChange={(order) => ask({ order: order === 'happened' ? order : undefined, before: undefined })}
    />
  )
}
