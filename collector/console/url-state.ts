/** What the address bar can hold is not state: the opened incident, the filters and the order. */
import { useCallback, useSyncExternalStore } from 'react'
import type { Filters } from './api.ts'

export interface UrlState extends Filters {
  readonly incident?: string
}
const names = ['incident', 'department', 'severity', 'kind', 'stage', 'order'] as const

const subscribe = (changed: () => void): (() => void) => {
  window.addEventListener('popstate', changed)
  return () => window.removeEventListener('popstate', changed)
}

export function useUrlState(): [UrlState, (change: { [K in keyof UrlState]: UrlState[K] | undefined }) => void] {
  const search = useSyncExternalStore(subscribe, () => window.location.search)
  const parameters = new URLSearchParams(search)
  const state: UrlState = Object.fromEntries(
    names.flatMap((name) => (parameters.get(name) ? [[name, parameters.get(name)]] : [])),
  )
  const set = useCallback((change: { [K in keyof UrlState]: UrlState[K] | undefined }) => {
    const next = new URLSearchParams(window.location.search)
    for (const [name, value] of Object.entries(change)) {
      if (typeof value === 'string' && value !== '') next.set(name, value)
      else next.delete(name)
    }
    window.history.pushState(null, '', `?${next.toString()}`)
    window.dispatchEvent(new PopStateEvent('popstate'))
  }, [])
  return [state, set]
}
