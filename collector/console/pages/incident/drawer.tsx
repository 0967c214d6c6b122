/** One incident beside the list that it was opened from. */
import { useQuery } from '@tanstack/react-query'
import { Drawer } from 'antd'
import { useState } from 'react'
import { Link } from 'wouter'
import { incidentNumber } from '#shared/vocabulary/labels.ts'
import type { Opened } from '../../api.ts'
import { useSpeech } from '../../parts/language.tsx'
import { incidentQuery } from '../../queries.ts'
import type { SessionView } from '../../shapes.ts'
import { Details } from './details.tsx'

interface IncidentDrawerProps {
  readonly id: string | undefined
  readonly session: SessionView
  readonly close: () => void
}

export function IncidentDrawer({ id, session, close }: IncidentDrawerProps) {
  const { t } = useSpeech()
  const opened = useOpening(id)
  return (
    <Drawer
      open={id !== undefined}
      onClose={close}
      size="min(940px, 100vw)"
      destroyOnHidden
      closable={{ 'aria-label': t.incident.close, placement: 'end' }}
      title={<Title opened={opened} />}
      extra={id !== undefined && <Link href={`/incidents/${id}`}>{t.incident.asPage}</Link>}
    >
      {opened !== undefined && <Details key={opened.opening} opened={opened} session={session} />}
    </Drawer>
  )
}

/** A word of its own for each time that an incident is opened. */
function useOpening(id: string | undefined): Opened | undefined {
  const [opened, setOpened] = useState<Opened>()
  if (opened?.id === id) return opened
  const fresh = id === undefined ? undefined : { id, opening: crypto.randomUUID() }
  setOpened(fresh)
  return fresh
}

function Title({ opened }: { opened: Opened | undefined }) {
  const { t } = useSpeech()
  const { data } = useQuery({ ...incidentQuery(opened ?? { id: '', opening: '' }), enabled: opened !== undefined })
  return data === undefined ? t.incident.title : `${t.incident.title} ${incidentNumber(data.number)}`
}
