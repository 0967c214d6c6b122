/** The store as a command uses it, beside `serve` or without: opened for its one act, by whoever runs it. */
import { storeFileOf, type CollectorConfig } from '#collector/config.ts'
import { openStore } from '#collector/store/database.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { openAccess, type Access, type Actor } from './acting.ts'

export interface AtHand extends AsyncDisposable {
  readonly access: Access
  readonly actor: Actor
}

/** `command`: as typed. `user`: who runs it, as far as the system says. */
export async function openAtHand(
  config: Pick<CollectorConfig, 'dataDir'>,
  command: string,
  { clock, user }: { readonly clock: Clock; readonly user: string },
): Promise<AtHand> {
  const store = await openStore(storeFileOf(config))
  return {
    access: openAccess(store, clock),
    actor: { kind: 'command', id: command, name: user },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}
