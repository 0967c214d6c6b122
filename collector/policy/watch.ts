/** The duty about documents while the collector serves: hand out what another process published, and sign anew in time. */
import type { Log } from '#base/log.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Documents } from './documents.ts'

/** `publish` takes hold within this; one small question to the store. */
const LOOK_MS = 2_000
/** What ends is signed anew a month before, at the latest. */
const RENEW_MS = 24 * 3_600_000

export interface DocumentWatch extends AsyncDisposable {
  /** Looks at once, and hands out what is new. Never rejects. */
  readonly look: () => Promise<void>
}

/** `push` hands every connected agent what is newer than its own. `onNews`: somebody acted beside us, and what people look
 *  at may have changed. */
export function watchDocuments({
  documents,
  push,
  onNews,
  clock,
  log,
}: {
  readonly documents: Pick<Documents, 'look' | 'renew' | 'compare'>
  readonly push: () => Promise<void>
  readonly onNews: () => void
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>
  readonly log: Log
}): DocumentWatch {
  const stop = new AbortController()
  const look = async (): Promise<void> => {
    try {
      if (!(await documents.look())) return
      onNews()
      await documents.compare()
      await push()
    } catch (error) {
      log.error('What is published could not be read; it is looked for again', { error: String(error) })
    }
  }
  const renew = async (): Promise<void> => {
    try {
      await documents.renew()
      await documents.look()
      await push() // registers are signed anew as they are handed out
    } catch (error) {
      log.error('Documents could not be signed anew; it is tried again', { error: String(error) })
    }
  }
  const run = async (): Promise<void> => {
    let renewedAt = -Infinity
    while (!stop.signal.aborted) {
      if (clock.monotonic() - renewedAt >= RENEW_MS) {
        renewedAt = clock.monotonic()
        await renew()
      }
      await look()
      await clock.sleep(LOOK_MS, stop.signal)
    }
  }
  const running = run()
  return {
    look,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}
