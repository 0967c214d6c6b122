/** What came and was not taken as it was: the lists behind the collector's counts. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import { useMemo } from 'react'
import { refusalWords, type Words } from '#shared/vocabulary/labels.ts'
import { type Speech, useSpeech } from '../parts/language.tsx'
import type { Column } from '../parts/list.tsx'
import { ListPage } from '../parts/list-page.tsx'
import { moment } from '../parts/moment.ts'
import { Name } from '../parts/name.tsx'
import { faultsQuery } from '../queries.ts'
import type { FaultPageView } from '../shapes.ts'
import { useUrlState } from '../url-state.ts'

type Fault = FaultPageView['items'][number]
const kinds = ['refused', 'quarantined', 'forked', 'broken'] as const
type Kind = (typeof kinds)[number]

const NAMES = ['of', 'since', 'before'] as const
const rowClass = (): string => ''
const DAY_MS = 86_400_000

const columnsIn = ({ t }: Speech, of: Kind): readonly Column<Fault>[] => [
  ...(of === 'broken'
    ? []
    : [
        {
          key: 'at',
          title: t.faults.at,
          width: '160px',
          cell: ({ at }: Fault) => <span className="figures">{at === undefined ? t.none : moment(at)}</span>,
        },
      ]),
  {
    key: 'endpoint',
    title: t.faults.endpoint,
    width: '22%',
    cell: ({ endpoint, agent, peer }) => (
      <>
        <div className="line">
          {endpoint === undefined ? t.faults.unknownEndpoint : <Name value={endpoint} max={32} />}
        </div>
        {peer !== undefined && <div className="line quiet">{t.faults.peer(peer)}</div>}
        {agent !== undefined && <div className="line quiet hash">{agent}</div>}
      </>
    ),
  },
  { key: 'what', title: t.faults.what, cell: (fault) => <What fault={fault} of={of} /> },
  {
    key: 'place',
    title: t.faults.place,
    width: '30%',
    cell: ({ epoch, index }) =>
      epoch === undefined ? (
        t.none
      ) : (
        <span className="hash">{index === undefined ? epoch : `${epoch} / ${index}`}</span>
      ),
  },
]

const wordsOfRefusal: Readonly<Record<string, Words>> = refusalWords

function What({ fault: { code, detail, times, expected, given }, of }: { fault: Fault; of: Kind }) {
  const { t, language } = useSpeech()
  if (of === 'broken')
    return (
      <>
        <Pair title={t.faults.expected} value={expected} />
        <Pair title={t.faults.given} value={given} />
      </>
    )
  if (of === 'forked') return times === undefined ? t.none : t.faults.times(times)
  const known = code === undefined ? undefined : (wordsOfRefusal[code]?.[language] ?? code)
  return (
    <>
      {known !== undefined && <div className="line">{known}</div>}
      {/* What the code says already is English. */}
      {detail !== undefined && (language === 'en' || known === undefined) && (
        <div className="line quiet" lang="en">
          <Name value={detail} max={160} />
        </div>
      )}
    </>
  )
}

function Pair({ title, value }: { title: string; value: string | undefined }) {
  const { t } = useSpeech()
  return (
    <div className="line">
      <span className="quiet">
        {title}
        {t.colon}
      </span>
      <Name value={value ?? t.none} max={120} />
    </div>
  )
}

export function FaultsPage() {
  const speech = useSpeech()
  const { t } = speech
  const [{ of: asked, since, before }, ask] = useUrlState(NAMES)
  const of = kinds.find((kind) => kind === asked) ?? 'refused'
  const { data, error, isPending, refetch } = useQuery({
    ...faultsQuery({ of, since, before }),
    placeholderData: keepPreviousData,
  })
  const columns = useMemo(() => columnsIn(speech, of), [speech, of])
  return (
    <ListPage
      id="faults"
      title={t.faults.title}
      page={data}
      error={error}
      retry={() => void refetch()}
      busy={isPending}
      before={before}
      asked={{}}
      ask={ask}
      columns={columns}
      rowClass={rowClass}
      empty={t.faults.empty}
      above={<p className="quiet">{t.faults.why[of]}</p>}
    >
      <Select
        size="small"
        aria-label={t.faults.of}
        className="filter"
        popupMatchSelectWidth={false}
        value={of}
        options={kinds.map((value) => ({ value, label: t.faults.kinds[value] }))}
        onChange={(value) => ask({ of: value, since: undefined, before: undefined })}
      />
      {of === 'refused' && (
        <Select
          size="small"
          aria-label={t.faults.at}
          className="filter"
          popupMatchSelectWidth={false}
          value={since === undefined ? 'all' : 'day'}
          options={[
            { value: 'all', label: t.faults.allKept },
            { value: 'day', label: t.faults.lastDay },
          ]}
          onChange={(value) =>
            ask({ since: value === 'day' ? String(Date.now() - DAY_MS) : undefined, before: undefined })
          }
        />
      )}
    </ListPage>
  )
}
