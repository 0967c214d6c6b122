/** What is the same on every page of whoever is signed in: head, navigation, the live feed; and which page it is. */
import { useQuery } from '@tanstack/react-query'
import { Spin } from 'antd'
import { lazy, Suspense } from 'react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { useFeed } from '../feed.ts'
import { Header, LevelHere, LostBar } from '../parts/header.tsx'
import { useSpeech } from '../parts/language.tsx'
import { feedPlaceQuery } from '../queries.ts'
import type { SessionView } from '../shapes.ts'
import { FirstPage } from './first-page.tsx'

const AlertsPage = lazy(() => import('./alerts-page.tsx').then((file) => ({ default: file.AlertsPage })))
const EndpointsPage = lazy(() => import('./endpoints-page.tsx').then((file) => ({ default: file.EndpointsPage })))
const FaultsPage = lazy(() => import('./faults-page.tsx').then((file) => ({ default: file.FaultsPage })))
const MutesPage = lazy(() => import('./mutes-page.tsx').then((file) => ({ default: file.MutesPage })))
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
      <p className="on-paper">
        {t.title} · {t.subtitle} · <LevelHere />
      </p>
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
              <Route path="/mutes">
                <MutesPage session={session} />
              </Route>
              <Route path="/faults">
                <FaultsPage />
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

const pages = ['incidents', 'endpoints', 'alerts', 'mutes', 'faults'] as const

function Navigation() {
  const { t } = useSpeech()
  const [path] = useLocation()
  return (
    <nav className="nav" aria-label={t.nav.label}>
      {pages.map((page) => {
        const address = page === 'incidents' ? '/' : `/${page}`
        return (
          <Link key={page} href={address} aria-current={path === address ? 'page' : undefined}>
            {t.nav[page]}
          </Link>
        )
      })}
    </nav>
  )
}
