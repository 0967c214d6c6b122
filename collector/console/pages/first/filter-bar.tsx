/** What narrows the feed; the address bar remembers it. */
import { useQuery } from '@tanstack/react-query'
import { Button, Segmented, Select } from 'antd'
import { matterWords, severityWords, stageWords, waitingWords } from '#shared/vocabulary/labels.ts'
import { type Filters, orderOf } from '../../api.ts'
import { useSpeech } from '../../parts/language.tsx'
import { severityOrder } from '../../parts/marks.tsx'
import { visible } from '../../parts/visible.ts'
import { countsQuery, endpointsQuery } from '../../queries.ts'
import type { Narrowing } from './narrowing.ts'

const matters = Object.entries(matterWords)
const stages = Object.entries({ waiting: waitingWords, ...stageWords, waitingWords })

/** Whether anything is left out: the order leaves out nothing. */
export const isNarrowed = (filters: Filters): boolean => Object.keys(filters).some((name) => name !== 'order')

export function FilterBar({ filters, narrow }: Narrowing) {
  const { t, say } = useSpeech()
  const { data: counts } = useQuery(countsQuery)
  const { data: endpoints } = useQuery(endpointsQuery)
  const departments = [
    ...new Set([...(counts?.items ?? []), ...(endpoints?.items ?? [])].map(({ department }) => department)),
  ].toSorted()
  const choose = (
    name: 'department' | 'severity' | 'kind' | 'stage',
    all: string,
    options: { value: string; label: string }[],
  ) => (
    <Select
      size="small"
      aria-label={all}
      className="filter"
      popupMatchSelectWidth={false}
      value={filters[name] ?? ''}
      options={[{ value: '', label: all }, ...options]}
      onChange={(value) => narrow({ [name]: value })}
    />
  )
  return (
    <span className="filters">
      {choose(
        'severity',
        t.feed.allSeverities,
        severityOrder.map((value) => ({ value, label: say(severityWords[value]) })),
      )}
      {choose(
        'department',
        t.feed.allDepartments,
        departments.map((value) => ({ value, label: visible(value) })),
      )}
      {choose(
        'kind',
        t.feed.allKinds,
        matters.map(([value, words]) => ({ value, label: say(words) })),
      )}
      {choose(
        'stage',
        t.feed.allStages,
        stages.map(([value, words]) => ({ value, label: say(words) })),
      )}
      <Segmented
        size="small"
        aria-label={t.feed.order}
        value={orderOf(filters)}
        options={[
          { value: 'arrived', label: t.feed.arrived },
          { value: 'happened', label: t.feed.happened },
        ]}
        onChange={(order) => narrow({ order: order === 'happened' ? order : undefined })}
      />
      {isNarrowed(filters) && (
        <Button
          size="small"
          type="link"
          onClick={() => narrow({ department: undefined, severity: undefined, kind: undefined, stage: undefined })}
        >
          {t.feed.clear}
        </Button>
      )}
    </span>
  )
}
