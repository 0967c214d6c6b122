/** What the list of incidents can be narrowed to. */
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { matterWords, severityWords, stageWords, waitingWords } from '#shared/vocabulary/labels.ts'
import { type Speech, useSpeech } from '../../parts/language.tsx'
import type { Choice } from '../../parts/list-bar.tsx'
import { severityOrder } from '../../parts/marks.tsx'
import { visible } from '../../parts/visible.ts'
import { countsQuery, endpointCountsQuery } from '../../queries.ts'

const stages = Object.entries({ waiting: waitingWords, ...stageWords })

export function useChoices(): readonly Choice[] {
  const { t, say } = useSpeech()
  const { data: counts } = useQuery(countsQuery)
  const { data: endpoints } = useQuery(endpointCountsQuery)
  const departments = new Set([
    ...(counts?.items ?? []).map(({ department }) => department),
    ...(endpoints?.departments ?? []),
  ])
  const named = JSON.stringify([...departments].toSorted())
  // Counts come each second; the choices are others only with another department.
  return useMemo(() => choicesOf(JSON.parse(named), { t, say }), [named, t, say])
}

function choicesOf(departments: readonly string[], { t, say }: Pick<Speech, 't' | 'say'>): readonly Choice[] {
  return [
    {
      name: 'severity',
      every: t.feed.allSeverities,
      options: severityOrder.map((value) => ({ value, label: say(severityWords[value]) })),
    },
    {
      name: 'department',
      every: t.feed.allDepartments,
      options: departments.map((value) => ({ value, label: visible(value) })),
    },
    {
      name: 'kind',
      every: t.feed.allKinds,
      options: Object.entries(matterWords).map(([value, words]) => ({ value, label: say(words) })),
    },
    {
      name: 'stage',
      every: t.feed.allStages,
      options: stages.map(([value, words]) => ({ value, label: say(words) })),
    },
  ]
}
