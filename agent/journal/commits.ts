/** Group commit: what waits at one moment shares one transaction and one wait for the disk. */
import type { DatabaseSync } from 'node:sqlite'
import { asFull } from './format.ts'

export interface Commits {
  /** Resolves with what `work` returned, once that is on the disk. `work` is synchronous, touches only the database and
   *  what `rolledBack` undoes, and may be run twice. Rejects with JournalFullError where nothing can be written. */
  readonly run: <T>(work: () => T) => Promise<T>
  /** Commits at once what waits. */
  readonly flush: () => void
}

interface Job {
  readonly work: () => () => void
  readonly fail: (error: unknown) => void
}

/** One transaction holds the thread for about 20 ms: 32 jobs of 500 lines at most, in practice one. */
const MAX_JOBS = 32

export function groupCommits(
  db: DatabaseSync,
  { committed, rolledBack }: Record<'committed' | 'rolledBack', () => void>,
): Commits {
  const waiting: Job[] = []
  let scheduled: NodeJS.Immediate | undefined

  const attempt = (jobs: readonly Job[]): void => {
    let settle: (() => void)[]
    try {
      db.exec('BEGIN IMMEDIATE')
      settle = jobs.map(({ work }) => work())
      db.exec('COMMIT')
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK')
      rolledBack()
      // One that cannot be written must not take the others with it.
      if (jobs.length > 1) for (const job of jobs) attempt([job])
      else for (const job of jobs) job.fail(asFull(error))
      return
    }
    committed()
    for (const done of settle) done()
  }
  const next = (): void => {
    scheduled = undefined
    attempt(waiting.splice(0, MAX_JOBS))
    if (waiting.length > 0) scheduled = setImmediate(next)
  }
  return {
    run: (work) =>
      new Promise((resolve, reject) => {
        waiting.push({
          work: () => {
            const result = work()
            return () => resolve(result)
          },
          fail: reject,
        })
        scheduled ??= setImmediate(next)
      }),
    flush: () => {
      clearImmediate(scheduled)
      while (waiting.length > 0) attempt(waiting.splice(0, MAX_JOBS))
      scheduled = undefined
    },
  }
}
