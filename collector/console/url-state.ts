/** What the address bar can hold is not state: what is opened, the filters, the order and the page. */
import { useCallback } from 'react'
import { useLocation, useSearch } from 'wouter'

export type Change<Name extends string> = { readonly [K in Name]?: string | undefined }

/** The parameters of these names, and how they are changed: undefined takes one away. */
export function useUrlState<const Name extends string>(
  names: readonly Name[],
): [{ readonly [K in Name]?: string }, (change: Change<Name>) => void] {
  const parameters = new URLSearchParams(useSearch())
  const [path, go] = useLocation()
  const state: { [K in Name]?: string } = {}
  for (const name of names) {
    const value = parameters.get(name)
    if (value !== null && value !== '') state[name] = value
  }
  const set = useCallback(
    (change: Change<Name>) => {
      const next = new URLSearchParams(window.location.search)
      for (const [name, value] of Object.entries<string | undefined>(change)) {
        if (value !== undefined && value !== '') next.set(name, value)
        else next.delete(name)
      }
      const search = next.toString()
      go(search === '' ? path : `${path}?${search}`)
    },
    [go, path],
  )
  return [state, set]
}
