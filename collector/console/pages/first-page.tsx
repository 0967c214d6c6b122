/** The first page: how many incidents wait and where, who cannot be seen, and what happens now. */
import type { SessionView } from '../shapes.ts'
import { useUrlState } from '../url-state.ts'
import { FeedTable } from './first/feed-table.tsx'
import { Notices } from './first/notices.tsx'
import { Overview } from './first/overview.tsx'
import { IncidentDrawer } from './incident/drawer.tsx'

const NAMES = [
  'incident',
  'before',
  'department',
  'severity',
  'kind',
  'stage',
  'order',
  'sort',
  'q',
  'from',
  'to',
  'find',
  'by',
] as const

export function FirstPage({ session }: { session: SessionView }) {
  const [{ incident, before, find: _find, by: _by, ...filters }, ask] = useUrlState(NAMES)
  return (
    <>
      <Notices session={session} />
      <Overview filters={filters} ask={ask} />
      <FeedTable page={{ filters, before }} ask={ask} open={(id) => ask({ incident: id })} />
      <IncidentDrawer
        id={incident}
        session={session}
        close={() => ask({ incident: undefined, find: undefined, by: undefined })}
      />
    </>
  )
}
