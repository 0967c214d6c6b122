/** The live feed: a row an incident, newest first, one page at a time. A row has to be understood by someone who has never seen
 *  it, and it stays where it is: what is new waits above until somebody asks for it. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useCallback, useEffect, useMemo, useRef } from 'react'
import type { IncidentView } from '../../shapes.ts'
import { endedByWords, incidentNumber } from '#shared/vocabulary/labels.ts'
import { orderOf } from '../../api.ts'
import { Failure } from '../../parts/failure.tsx'
import { BrokenLine, FileLine, InterfaceLines, Machine, MediumLines } from '../../parts/incident-parts.tsx'
import { type Speech, useSpeech } from '../../parts/language.tsx'
import { type Column, List } from '../../parts/list.tsx'
import { Mark, SeverityMark, StageMark } from '../../parts/marks.tsx'
import { brief, clock, day } from '../../parts/moment.ts'
import { incidentsQuery } from '../../queries.ts'
import { type ListPage, MAX_WAITING } from '../../shown.ts'
import { ExportButton } from './export-button.tsx'
import { FilterBar, isNarrowed } from './filter-bar.tsx'
import type { Narrow } from './narrowing.ts'

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
  { key: 'time', title: t.feed.time, width: '112px', cell: (incident) => <When incident={incident} /> },
  {
    key: 'severity',
    title: t.feed.severity,
    width: '92px',
    cell: ({ severity }) => <SeverityMark severity={severity} />,
  },
  { key: 'machine', title: t.feed.machine, width: '17%', cell: ({ endpoint }) => <Machine endpoint={endpoint} /> },
  { key: 'what', title: t.feed.what, width: '17%', cell: (incident) => <What incident={incident} /> },
  { key: 'left', title: t.feed.left, width: '21%', cell: (incident) => <Left incident={incident} /> },
  { key: 'clause', title: t.feed.clause, cell: (incident) => <Clause incident={incident} /> },
  { key: 'state', title: t.feed.state, width: '112px', cell: (incident) => <State incident={incident} /> },
]

interface FeedTableProps {
  readonly page: ListPage
  readonly narrow: Narrow
  /** To the page that begins there; undefined: to the first. */
  readonly turn: (before: string | undefined) => void
  readonly open: (id: string) => void
}

const rowClass = ({ severity }: IncidentView): string => `row row-${severity}`

export function FeedTable({ page, narrow, turn, open }: FeedTableProps) {
  const speech = useSpeech()
  const { t } = speech
  const { data, error, isPending, isFetching, refetch } = useQuery({
    ...incidentsQuery(page),
    placeholderData: keepPreviousData,
  })
  const columns = useMemo(() => columnsIn(speech), [speech])
  const { filters, before } = page
  const openNow = useRef(open)
  useEffect(() => void (openNow.current = open))
  const openRow = useCallback(({ id }: IncidentView) => openNow.current(id), [])
  const { items = [], waiting = [], total = 0, next } = data ?? {}
  const isEmpty = items.length === 0
  useEffect(() => {
    if (isEmpty && waiting.length > 0) void refetch() // nothing is there that could move
  }, [isEmpty, waiting.length, refetch])
  return (
    <section className="card" aria-labelledby="feed">
      <h2 id="feed">
        {t.feed.title}
        <span className="aside">
          {orderOf(filters) === 'happened' ? t.feed.newestFirst : t.feed.newestArrivedFirst} ·{' '}
          {t.feed.count(items.length, total)}
        </span>
        <FilterBar filters={filters} narrow={narrow} />
        <ExportButton filters={filters} />
      </h2>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {/* It keeps its room, so that nothing moves when something comes. */}
      <output className="waiting">
        {waiting.length > 0 && (
          <button type="button" onClick={() => void refetch()}>
            {t.feed.waiting(waiting.length, waiting.length >= MAX_WAITING)}
          </button>
        )}
      </output>
      <List
        label={t.feed.title}
        columns={columns}
        items={items}
        rowClass={rowClass}
        open={openRow}
        empty={isNarrowed(filters) ? t.feed.emptyFiltered : t.feed.empty}
        busy={isPending || isFetching}
      />
      <div className="turn">
        {before !== undefined && <Button onClick={() => turn(undefined)}>{t.feed.newest}</Button>}
        {next !== undefined && <Button onClick={() => turn(next)}>{t.feed.older}</Button>}
      </div>
    </section>
  )
}
