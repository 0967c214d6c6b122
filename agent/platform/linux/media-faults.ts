/** What keeps the table from seeing all: by code, the words for people. */
import type { MediaSight } from '#agent/media/signal.ts'
import type { CoverageCode } from '#shared/vocabulary/conditions/coverage.ts'

export interface MediaFaults {
  /** `text` undefined: it is well. */
  set: (code: CoverageCode, text: string | undefined) => void
  /** Says how it stands now, if that is new. */
  report: () => void
}

export function mediaFaults(cover: (sight: MediaSight) => void): MediaFaults {
  const faults = new Map<CoverageCode, string>()
  let told: string | undefined
  return {
    set: (code, text) => void (text === undefined ? faults.delete(code) : faults.set(code, text)),
    report() {
      const [first] = faults.keys()
      const text = [...faults.values()].join(' ')
      if (text === told) return
      told = text
      cover(first === undefined ? { state: 'watching' } : { state: 'degraded', code: first, text })
    },
  }
}
