import { isStoreFault } from '#collector/store/faults.ts'

/** What went wrong with one torn row, or one event that our own code stumbles over: it must stop no agent and no other
 *  matter. Undefined: nothing. Rejects where the store itself failed. */
export async function stumbled(run: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await run()
    return undefined
  } catch (error) {
    if (isStoreFault(error)) throw error
    return String(error)
  }
}
