/** Which endpoints are connected, or since when not: what is not connected is not seen. */
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { Failure } from '../../parts/failure.tsx'
import { useSpeech } from '../../parts/language.tsx'
import { minute } from '../../parts/moment.ts'
import { Name } from '../../parts/name.tsx'
import { endpointCountsQuery, endpointsQuery } from '../../queries.ts'
import type { EndpointCountsView } from '../../shapes.ts'

/** More would not fit beside the tiles; all are on the page of endpoints. */
const SHOWN = 3

export function ConnectionCard() {
  const { t } = useSpeech()
  const { data: counts, error, refetch } = useQuery(endpointCountsQuery)
  return (
    <section className="card" aria-labelledby="connections">
      <h2 id="connections">{t.overview.endpoints}</h2>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {counts?.all === 0 && <p className="nothing">{t.overview.noEndpoints}</p>}
      {counts !== undefined && counts.all > 0 && <Connections counts={counts} />}
    </section>
  )
}

function Connections({ counts: { all, connected, away, unwell } }: { counts: EndpointCountsView }) {
  const { t } = useSpeech()
  return (
    <>
      <p className="connected">
        <Link href="/endpoints?connection=connected" className="connected-count">
          {connected}
        </Link>
        <Link href="/endpoints" className="connected-all">
          / {all}
        </Link>{' '}
        {t.overview.connected}
      </p>
      {away === 0 ? <p className="good">{t.overview.allConnected}</p> : <Away count={away} />}
      {unwell > 0 && (
        <Link className="unwell" href="/endpoints?health=unwell">
          {t.overview.withConditions(unwell)}
        </Link>
      )}
    </>
  )
}

function Away({ count }: { count: number }) {
  const { t } = useSpeech()
  const { data } = useQuery(endpointsQuery({ connection: 'away', sort: 'seen-last', limit: String(SHOWN) }))
  return (
    <ul className="away">
      {data?.items.map(({ id, name, lastSeenAt }) => (
        <li key={id}>
          <Name value={name} max={20} />
          <span>{lastSeenAt === undefined ? t.endpoints.never : t.endpoints.away(minute(lastSeenAt))}</span>
        </li>
      ))}
      {count > SHOWN && (
        <li>
          <Link href="/endpoints?connection=away">{t.overview.more(count - SHOWN, count)}</Link>
        </li>
      )}
    </ul>
  )
}
