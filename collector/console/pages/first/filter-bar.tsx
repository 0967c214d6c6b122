/** What narrows the feed; the address bar remembers it. */
import { useQuery } from '@tanstack/react-query'
import { Button, Select } from 'antd'
import { matterWords, severityWords } from '#shared/vocabulary/labels.ts'
import { useSpeech } from '../../parts/language.tsx'
import { severityOrder } from '../../parts/marks.tsx'
import { visible } from '../../parts/visible.ts'
import { countsQuery, endpointsQuery } from '../../queries.ts'
import type { Narrowing } from './overview.tsx'

const matters = Object.entries(matterWords)

export function FilterBar({ filters, narrow }: Narrowing) {
  const { t, say } = useSpeech()
  const { data: counts } = useQuery(countsQuery)
  const { data: endpoints } = useQuery(endpointsQuery)
  const departments = [
    ...new Set([...(counts?.items ?? []), ...(endpoints?.items ?? [])].map(({ department }) => department)),
  ].toSorted()
  const choose = (
    name: 'department' | 'severity' | 'kind',
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
      {Object.keys(filters).length > 0 && (
        <Button
          size="small"
          type="link"
          onClick={() => narrow({ department: undefined, severity: undefined, kind: undefined })}
        >
          {t.feed.clear}
        </Button>
      )}
    </span>
  )
}
