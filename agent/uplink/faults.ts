/** What can be wrong on the way to the collector: one function an occurrence, which names the condition and writes the
 *  operator's line, once a change of reason. */
import type { Conditions } from '#agent/conditions.ts'
import type { Log } from '#base/log.ts'
import type { HeaderOf } from '#shared/wire/messages.ts'

export interface UplinkFaults {
  readonly down: (why: string) => void
  readonly up: () => void
  /** `skewed`: the dates in the collector's certificates do not hold by this machine's clock, all else does. */
  readonly dates: (skewed: boolean) => void
  readonly receipt: () => void
  /** A message of a type that this version does not know was skipped. */
  readonly unknown: (type: string) => void
  /** The collector has taken something: what was refused before has passed. */
  readonly taken: () => void
  readonly bye: (bye: HeaderOf<'bye'>) => void
}

/** A fork, or an entry that was not taken, is not mended by what comes after: it stays until the agent starts anew. */
const conditionOf = (code: HeaderOf<'bye'>['code']) =>
  code === 'fork' || code === 'size' || code === 'malformed' ? (`uplink.refused.${code}` as const) : 'uplink.refused'

const MAX_UNKNOWN = 16 // types named, × 64 characters; what is over is skipped all the same

export function openFaults(conditions: Conditions, log: Log): UplinkFaults {
  let lastFailure: string | undefined
  const unknownTypes = new Set<string>()
  return {
    down(why) {
      if (why === lastFailure) return
      lastFailure = why
      log.warn('No collector; recording goes on', { why })
      conditions.raise('uplink.down', { why })
    },
    up() {
      if (lastFailure !== undefined) log.info('Connected to a collector')
      lastFailure = undefined
      conditions.clear('uplink.down')
    },
    dates(skewed) {
      if (skewed) conditions.raise('clock.skewed', {})
      else conditions.clear('clock.skewed')
    },
    receipt: () => conditions.raise('uplink.receipt', {}),
    unknown(type) {
      if (unknownTypes.size < MAX_UNKNOWN) unknownTypes.add(type)
      conditions.raise('uplink.unknown-message', { types: [...unknownTypes] })
    },
    taken() {
      conditions.clear('uplink.receipt')
      conditions.clear('uplink.refused')
    },
    bye({ reason, code, detail = '', epoch, index }) {
      if (reason !== 'refused' && reason !== 'revoked') return
      const what = code ?? reason
      log.warn('The collector refuses what was sent', { what, epoch, index })
      conditions.raise(conditionOf(code), { what, detail })
    },
  }
}
