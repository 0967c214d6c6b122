/** What can be wrong on the way to the collector: one function an occurrence, which names the condition and writes the
 *  operator's line, once a change of reason. */
import type { Conditions } from '#agent/conditions.ts'
import type { Log } from '#base/log.ts'
import type { HeaderOf } from '#shared/wire/messages.ts'

export interface Faults {
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
const LASTING: readonly (string | undefined)[] = ['fork', 'size', 'malformed']

const MAX_UNKNOWN = 16 // types named, × 64 characters; what is over is skipped all the same

export function openFaults(conditions: Conditions, log: Log): Faults {
  let lastFailure: string | undefined
  const unknownTypes = new Set<string>()
  return {
    down(why) {
      if (why === lastFailure) return
      lastFailure = why
      log.warn('No collector; recording goes on', { why })
      const todo = 'See that a collector of the list runs and can be reached.'
      conditions.raise('uplink.down', { severity: 'moderate', text: why, todo })
    },
    up() {
      if (lastFailure !== undefined) log.info('Connected to a collector')
      lastFailure = undefined
      conditions.clear('uplink.down')
    },
    dates(skewed) {
      if (!skewed) return conditions.clear('clock.skewed')
      const text = 'By this machine’s clock the collector’s certificate is not valid now.'
      const todo = 'Set the clock of this machine, or see to the collector’s certificate.'
      conditions.raise('clock.skewed', { severity: 'moderate', text, todo })
    },
    receipt: () =>
      conditions.raise('uplink.receipt', {
        severity: 'high',
        text: 'A receipt came that no key of the policy signed.',
        todo: 'See whether the collector’s keys changed without a newer policy.',
      }),
    unknown(type) {
      if (unknownTypes.size < MAX_UNKNOWN) unknownTypes.add(type)
      conditions.raise('uplink.unknown-message', {
        severity: 'low',
        text: `The collector sends what this version does not know: ${[...unknownTypes].join(', ')}.`,
        todo: 'Upgrade the agent.',
      })
    },
    taken() {
      conditions.clear('uplink.receipt')
      conditions.clear('uplink.refused')
    },
    bye({ reason, code, detail = '', epoch, index }) {
      if (reason !== 'refused' && reason !== 'revoked') return
      const what = code ?? reason
      log.warn('The collector refuses what was sent', { what, epoch, index })
      conditions.raise(LASTING.includes(code) ? `uplink.refused.${what}` : 'uplink.refused', {
        severity: 'high',
        text: `The collector refuses with ${what}: ${detail}.`,
        todo: 'See the refusals at the collector.',
      })
    },
  }
}
