/** Which endpoints are connected, or since when not: what is not connected is not seen. */
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { Failure } from '../../parts/failure.tsx'
import { useSpeech } from '../../parts/language.tsx'
import { minute } from '../../parts/moment.ts'
import { Name } from '../../parts/name.tsx'
import { endpointsQuery } from '../../queries.ts'
import { healthOf } from '../../parts/endpoint-state.ts'

/** More would not fit beside the tiles; all are on the page of endpoints. */
const SHOWN = 3

export function ConnectionCard() {
  const { t } = useSpeech()
  const { data, error, refetch } = useQuery(endpointsQuery)
  const all = data?.items ?? []
  const away = all
    .filter(({ connectedSince }) => connectedSince === undefined)
    .toSorted((a, b) => (b.lastSeenAt ?? 0) - (a.lastSeenAt ?? 0))
  const unwell = all.filter((endpoint) => healthOf(endpoint) === 'unwell').length
  return (
    <section className="card" aria-labelledby="connections">
      <h2 id="connections">{t.overview.endpoints}</h2>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {data && all.length === 0 && <p className="nothing">{t.overview.noEndpoints}</p>}
      {all.length > 0 && (
        <>
          <p className="connected">
            <Link href="/endpoints?connection=connected" className="connected-count">
              {all.length - away.length}
            </Link>
            <Link href="/endpoints" className="connected-all">
              / {all.length}
            </Link>{' '}
            {t.overview.connected}
          </p>
          {away.length === 0 ? (
            <p className="good">{t.overview.allConnected}</p>
          ) : (
            <ul className="away">
              {away.slice(0, SHOWN).map(({ id, name, lastSeenAt }) => (
                <li key={id}>
                  <Name value={name} max={20} />
                  <span>{lastSeenAt === undefined ? t.endpoints.never : t.endpoints.away(minute(lastSeenAt))}</span>
                </li>
              ))}
              {away.length > SHOWN && (
                <li>
                  <Link href="/endpoints?connection=away">{t.overview.more(away.length - SHOWN, away.length)}</Link>
                </li>
              )}
            </ul>
          )}
          {unwell > 0 && (
            <Link className="unwell" href="/endpoints?health=unwell">
              {t.overview.withConditions(unwell)}
            </Link>
          )}
        </>
      )}
    </section>
  )
}
