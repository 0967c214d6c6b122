/** The duty about the server's certificate: it is made anew while the collector serves, a month before its end. */
import type { Conditions } from '#collector/conditions.ts'
import type { Log } from '#base/log.ts'
import { rfc3339, type Clock } from '#shared/vocabulary/clock.ts'
import type { ServerCertificate, Trust } from './trust.ts'

/** One look costs reading a small file. */
const LOOK_MS = 3_600_000

/** `swap` puts a new one before every listener; connections that stand go on with the old one. */
export function watchServerCertificate({
  trust,
  swap,
  clock,
  conditions,
  log,
}: {
  readonly trust: Pick<Trust, 'server' | 'serverCertificate'>
  readonly swap: (certificate: ServerCertificate) => void
  readonly clock: Pick<Clock, 'wall' | 'sleep'>
  readonly conditions: Conditions
  readonly log: Log
}): AsyncDisposable {
  const stop = new AbortController()
  let served = trust.server
  const look = async (): Promise<void> => {
    try {
      const now = await trust.serverCertificate(clock.wall())
      if (now.cert !== served.cert) {
        swap(now)
        served = now
        log.info('The server’s certificate is a new one', { endsAt: rfc3339(now.endsAt, 0) })
      }
      conditions.clear('certificate.not-renewed')
    } catch (error) {
      conditions.raise('certificate.not-renewed', {
        endsAt: `${rfc3339(served.endsAt, 0).slice(0, 16).replace('T', ' ')} UTC`,
        ended: clock.wall() >= served.endsAt,
        error: String(error),
      })
    }
  }
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await look()
      await clock.sleep(LOOK_MS, stop.signal)
    }
  }
  const running = run()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}
