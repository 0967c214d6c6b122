/** One incident as a page of its own: to send its address, and to print it whole. */
import { useIsFetching, useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { incidentNumber } from '#shared/vocabulary/labels.ts'
import { useSpeech } from '../parts/language.tsx'
import { incidentQuery, timelineQuery } from '../queries.ts'
import type { SessionView } from '../shapes.ts'
import { Details } from './incident/details.tsx'

export function IncidentPage({ id, session }: { id: string; session: SessionView }) {
  const { t } = useSpeech()
  const [opened] = useState({ id, opening: crypto.randomUUID() })
  const { data } = useQuery(incidentQuery(opened))
  const isReading = useIsFetching({ queryKey: timelineQuery(opened).queryKey }) > 0 // printed, it would not be whole
  return (
    <section className="card incident-page" aria-labelledby="incident-title">
      <h2 id="incident-title">
        {t.incident.title} {data && incidentNumber(data.number)}
        <Button size="small" disabled={isReading} onClick={() => window.print()}>
          {t.incident.print}
        </Button>
      </h2>
      <Details opened={opened} session={session} />
    </section>
  )
}
