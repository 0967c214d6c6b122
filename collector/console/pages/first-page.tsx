/** The first page: how many incidents are open and where, what happens now, and which endpoints can be seen. */
import { useInfiniteQuery } from '@tanstack/react-query'
import type { SessionView } from '../shapes.ts'
import type { Filters } from '../api.ts'
import { Header } from '../parts/header.tsx'
import { useFeed } from '../feed.ts'
import { incidentsQuery } from '../queries.ts'
import { useUrlState } from '../url-state.ts'
import { EndpointTable } from './first/endpoint-table.tsx'
import { FeedTable } from './first/feed-table.tsx'
import { IncidentDrawer } from './first/incident-drawer.tsx'
import { Notices } from './first/notices.tsx'
import { Overview } from './first/overview.tsx'

export function FirstPage({ session }: { session: SessionView }) {
  const [{ incident, ...filters }, setUrl] = useUrlState()
  const list = useInfiniteQuery(incidentsQuery(filters))
  const feed = useFeed(list.data?.pages[0]?.feed)
  const narrow = (change: { [K in keyof Filters]: Filters[K] | undefined }): void => setUrl(change)
  return (
    <div className="page">
      <Header session={session} feed={feed} />
      <main>
        <Notices session={session} />
        <Overview filters={filters} narrow={narrow} />
        <FeedTable list={list} filters={filters} narrow={narrow} open={(id) => setUrl({ incident: id })} />
        <EndpointTable />
      </main>
      <IncidentDrawer id={incident} session={session} close={() => setUrl({ incident: undefined })} />
    </div>
  )
}
