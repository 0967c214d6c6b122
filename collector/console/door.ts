/** Leaving: whatever tells that nobody is signed in leads here. */
import type { QueryClient } from '@tanstack/react-query'
import { api, ApiError } from './api.ts'
import { sessionQuery } from './queries.ts'
import { tellOfDoor } from './shared-feed.ts'

/** How long signing out waits for the session of now. */
const SESSION_MS = 10_000

/** Nothing of what was read stays: not on the screen, in memory or in the address bar. */
export function goToDoor(client: QueryClient): void {
  void client.cancelQueries()
  client.setQueryData(sessionQuery.queryKey, null)
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] })
  client.getMutationCache().clear()
  window.history.replaceState(null, '', '/')
}

export const isSignedOut = (error: unknown): boolean => error instanceof ApiError && error.code === 'not-signed-in'

/** Signs out whoever is signed in in this browser, or throws: an older tab has the token of a session before. */
export async function signOut(csrf: string): Promise<void> {
  try {
    await api.signOut(csrf).catch(async (error: unknown) => {
      if (!(error instanceof ApiError) || error.code !== 'wrong-token') throw error
      const now = await api.session(AbortSignal.timeout(SESSION_MS))
      await api.signOut(now.csrf)
    })
  } catch (error) {
    if (!isSignedOut(error)) throw error
  }
  tellOfDoor()
}
