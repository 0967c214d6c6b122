/** Whether two readings are of one machine. Pure. */
import type { Machine } from '#shared/wire/enrolment.ts'

/** True where at least one reading is known on both sides and all of those differ: then the identity was copied to another
 *  machine. Unknown is never different, and one card of several is enough to be the same. */
export function isAnother(before: Machine, now: Machine): boolean {
  const same: boolean[] = []
  if (before.uuid !== undefined && now.uuid !== undefined) same.push(before.uuid === now.uuid)
  if (before.macs !== undefined && now.macs !== undefined) {
    const { macs } = now
    same.push(before.macs.some((mac) => macs.includes(mac)))
  }
  return same.length > 0 && !same.includes(true)
}
