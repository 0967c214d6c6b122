/** What is the same on every page of whoever is signed in: head, navigation, the live feed; and which page it is. */
import { useQuery } from '@tanstack/react-query'
import { Spin } from 'antd'
import { lazy, Suspense } from 'react'
import { Link, Route, Switch, useRoute } from 'wouter'
import { useFeed } from '../feed.ts'
import { Header, LostBar } from '../parts/header.tsx'
import { useSpeech } from '../parts/language.tsx'
import { feedPlaceQuery } from '../queries.ts'
import type { SessionView } from '../shapes.ts'
import { FirstPage } from './first-page.tsx'

const AlertsPage = lazy(() => import('./alerts-page.tsx').then((file) => ({ default: file.AlertsPage })))
const EndpointsPage = lazy(() => import('./endpoints-page.tsx').then((file) => ({ default: file.EndpointsPage })))
const IncidentPage = lazy(() => import('./incident-page.tsx').then((file) => ({ default: file.IncidentPage })))

export function Shell({ session }: { session: SessionView }) {
  const { t } = useSpeech()
  const { data: place } = useQuery(feedPlaceQuery)
  const feed = useFeed(place?.feed)
  return (
    <div className="page">
      <a className="skip" href="#content">
        {t.skip}
      </a>
      <div className="top">
        <Header session={session} feed={feed} />
        <LostBar feed={feed} />
      </div>
      <Navigation />
      <main id="content" tabIndex={-1}>
        {/* Nothing is read before the place is known from which the feed tells the rest. */}
        {place === undefined ? (
          <Spin description={t.loading} />
        ) : (
          <Suspense fallback={<Spin description={t.loading} />}>
            <Switch>
              <Route path="/endpoints">
                <EndpointsPage />
              </Route>
              <Route path="/alerts">
                <AlertsPage session={session} />
              </Route>
              <Route path="/incidents/:id">{({ id }) => <IncidentPage key={id} id={id} session={session} />}</Route>
              <Route>
                <FirstPage session={session} />
              </Route>
            </Switch>
          </Suspense>
        )}
      </main>
      <footer className="foot">{t.notCertified}</footer>
    </div>
  )
}

function Navigation() {
  const { t } = useSpeech()
  const [atEndpoints] = useRoute('/endpoints')
  const [atAlerts] = useRoute('/alerts')
  const [atFirst] = useRoute('/')
  return (
    <nav className="nav" aria-label={t.nav.label}>
      <Link href="/" aria-current={atFirst ? 'page' : undefined}>
        {t.nav.incidents}
      </Link>
      <Link href="/endpoints" aria-current={atEndpoints ? 'page' : undefined}>
        {t.nav.endpoints}
      </Link>
      <Link href="/alerts" aria-current={atAlerts ? 'page' : undefined}>
        {t.nav.alerts}
      </Link>
    </nav>
  )
}
