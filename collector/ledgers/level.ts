/** The level of what the collector holds: it decides what mail may say, and stands at the head of every page. */
import { highestLevel, levels, type Level } from '#shared/vocabulary/levels.ts'
import { levelsInUse } from '#collector/store/endpoints.ts'
import type { Tx } from '#collector/store/schema.ts'

/** The configured one, else the highest of the confirmed endpoints; without any the lowest. */
export async function levelHere(tx: Tx, configured: Level | undefined): Promise<Level> {
  if (configured !== undefined) return configured
  const inUse = await levelsInUse(tx)
  return highestLevel(levels.filter((level) => inUse.includes(level)))
}
