/** Whoever asks is named: the only way for pages, programs and commands to the store. What was done is recorded in the
 *  transaction that did it, so that neither stands without the other. */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { timeNow, type Clock } from '#shared/vocabulary/clock.ts'
import { insertAudit } from '#collector/store/audit.ts'
import type { Store } from '#collector/store/database.ts'
import { isStoreFault } from '#collector/store/faults.ts'
import type { Tx } from '#collector/store/schema.ts'

/** What `act` and `ask` hand out, for whoever may not name the store. */
export type { Tx }

export interface Actor {
  readonly kind: 'account' | 'agent' | 'command' | 'collector'
  /** Of an account its row number, of an agent or collector its UUID, of a command its name. */
  readonly id: string
  readonly name: string
  readonly duty?: string
  /** Where it spoke from. */
  readonly address?: string
}

/** What is done, for the audit trail. */
export interface About {
  /** A word such as `incident.acknowledge`. */
  readonly act: string
  readonly subject: { readonly kind: string; readonly id: string }
  readonly reason?: string
  /** The fields that change, as they were and as they are; the record keeps a salted hash of each, for names are secret. */
  readonly before?: object
  readonly after?: object
  /** Of a record that stands for many of its kind. */
  readonly count?: number
}

/** The store takes, or gives, nothing now: a full or broken disk, or another process that holds it. Nothing was done. */
export class StoreTakesNothingError extends Error {
  override name = 'StoreTakesNothingError'
}

export interface Access {
  /** `run` and its audit record are committed together or not at all. `about` may depend on what came of it; undefined:
   *  nothing was done after all, and nothing is recorded. Rejects with StoreTakesNothingError where nothing can be. */
  readonly act: <T>(
    actor: Actor,
    about: About | ((result: T) => About | undefined),
    run: (tx: Tx) => Promise<T>,
  ) => Promise<T>
  /** Only looks; nothing is recorded. Rejects with StoreTakesNothingError where the store cannot be read. */
  readonly ask: <T>(actor: Actor, run: (tx: Tx) => Promise<T>) => Promise<T>
}

export function openAccess(store: Pick<Store, 'write' | 'read'>, clock: Clock): Access {
  return {
    act: (actor, about, run) =>
      store
        .write(async (tx) => {
          const result = await run(tx)
          const done = typeof about === 'function' ? about(result) : about
          if (done !== undefined) await record(tx, actor, done, clock)
          return result
        })
        .catch(rethrow),
    ask: (_actor, run) => store.read(run).catch(rethrow),
  }
}

function rethrow(error: unknown): never {
  if (isStoreFault(error)) throw new StoreTakesNothingError('The store takes nothing now.', { cause: error })
  throw error
}

/** Writes the record; for what is an act of its own inside a larger transaction. */
export function record(
  tx: Tx,
  actor: Actor,
  { act, subject, reason, before, after, count }: About,
  clock: Clock,
): Promise<void> {
  const { kind, id, name, duty, address } = actor
  const salt = randomBytes(16).toString('hex')
  const hashed = (fields: object): string =>
    createHash('sha256').update(salt).update(JSON.stringify(fields)).digest('hex')
  const line = JSON.stringify({
    v: 1,
    salt,
    at: timeNow(clock),
    actor: { kind, id, name, ...(duty !== undefined && { duty }) },
    ...(address !== undefined && { address }),
    act,
    subject,
    ...(before && { before: hashed(before) }),
    ...(after && { after: hashed(after) }),
    ...(reason !== undefined && { reason }),
    ...(count !== undefined && { count }),
    request: randomUUID(),
  })
  return insertAudit(tx, { at: clock.wall(), act, line })
}

/** The collector itself, for its own duties. */
export const collectorActor = (collector: string): Actor => ({
  kind: 'collector',
  id: collector,
  name: 'shoumi-collector',
})
