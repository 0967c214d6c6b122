/** What the agent knows that it did not record. */
import type { Detail } from '#shared/event/kinds.ts'

export type Gap = Detail<'agent.gap'>

/** What is known to be missing, by reason and source: constants, and so a few. */
export function countGaps() {
  const missing = new Map<string, Gap>()
  return {
    any: (): boolean => missing.size > 0,
    count({ reason, source, count = 1 }: Gap): void {
      const name = `${reason} ${source}`
      missing.set(name, { reason, source, count: (missing.get(name)?.count ?? 0) + count })
    },
    take(): Gap[] {
      const all = [...missing.values()]
      missing.clear()
      return all
    },
  }
}
