/** Every endpoint, narrowed by what one asks for: the lists behind the numbers of the first page. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { connectionWords, healthWords, type Words } from '#shared/vocabulary/labels.ts'
import { useSpeech } from '../parts/language.tsx'
import { ListPage } from '../parts/list-page.tsx'
import { isNarrowed } from '../parts/list-bar.tsx'
import { visible } from '../parts/visible.ts'
import { endpointCountsQuery, endpointsQuery } from '../queries.ts'
import type { EndpointView } from '../shapes.ts'
import { useUrlState } from '../url-state.ts'
import { columnsIn } from './endpoints/endpoint-columns.tsx'

const NAMES = ['connection', 'health', 'department', 'q', 'sort', 'before'] as const

const rowClass = ({ connection }: EndpointView): string => `row-${connection}`

export function EndpointsPage() {
  const speech = useSpeech()
  const { t, say } = speech
  const [{ before, ...asked }, ask] = useUrlState(NAMES)
  const { data, error, isPending, refetch } = useQuery({
    ...endpointsQuery({ ...asked, before }),
    placeholderData: keepPreviousData,
  })
  const { data: counts } = useQuery(endpointCountsQuery)
  const columns = useMemo(() => columnsIn(speech), [speech])
  const wordsOf = (words: Readonly<Record<string, Words>>) =>
    Object.entries(words).map(([value, word]) => ({ value, label: say(word) }))
  const departments = (counts?.departments ?? []).map((value) => ({ value, label: visible(value) }))
  return (
    <ListPage
      id="endpoints"
      title={t.endpoints.title}
      page={data}
      countText={t.endpoints.count}
      error={error}
      retry={() => void refetch()}
      busy={isPending}
      before={before}
      asked={asked}
      ask={ask}
      search={t.endpoints.search}
      choices={[
        { name: 'connection', every: t.endpoints.anyConnection, options: wordsOf(connectionWords) },
        { name: 'health', every: t.endpoints.anyHealth, options: wordsOf(healthWords) },
        { name: 'department', every: t.feed.allDepartments, options: departments },
      ]}
      exported={{ path: 'endpoints', query: asked }}
      columns={columns}
      rowClass={rowClass}
      empty={isNarrowed(asked) ? t.endpoints.emptyFiltered : t.endpoints.empty}
    />
  )
}
