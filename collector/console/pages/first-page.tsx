/** The first page: how many incidents wait and where, who cannot be seen, and what happens now. */
import type { SessionView } from '../shapes.ts'
import { useUrlState } from '../url-state.ts'
import { FeedTable } from './first/feed-table.tsx'
import type { Narrow } from './first/narrowing.ts'
import { Notices } from './first/notices.tsx'
import { Overview } from './first/overview.tsx'
import { IncidentDrawer } from './incident/drawer.tsx'

export function FirstPage({ session }: { session: SessionView }) {
  const [{ incident, before, ...filters }, setUrl] = useUrlState([
    'incident',
    'before',
    'department',
    'severity',
    'kind',
    'stage',
    'order',
  ])
  // Another list begins at its beginning.
  const narrow: Narrow = (change) => setUrl({ ...change, before: undefined })
  return (
    <>
      <Notices session={session} />
      <Overview filters={filters} narrow={narrow} />
      <FeedTable
        page={{ filters, before }}
        narrow={narrow}
        turn={(to) => setUrl({ before: to })}
        open={(id) => setUrl({ incident: id })}
      />
      <IncidentDrawer id={incident} session={session} close={() => setUrl({ incident: undefined })} />
    </>
  )
}
