/** What ends while a matter is folded anew and has no event of its own. */
import { branchAfter, branchBefore, logById, overSince, type KnownLogRow } from '#collector/store/logs.ts'
import type { Tx } from '#collector/store/schema.ts'
import { endMatter } from './correlate/correlate.ts'
import type { Span } from './correlate/moment.ts'
import { firstMoment, lastMoment, unknownSpan } from './log-moments.ts'
import type { Running } from './refold.ts'

/** Logs of a branch looked through at once for the next boot. */
const LOGS = 64

/** The next log of the branch that is of another boot ended what was on; unless the matter goes on before it. */
export async function endWithBoot(tx: Tx, running: Running, log: KnownLogRow, next: number | undefined): Promise<void> {
  if (!running.goesOn) return
  const until = next === undefined ? undefined : await logById(tx, next)
  const other = await nextBoot(tx, running.branch, log)
  if (other === undefined || (until !== undefined && until.position < other.position)) return
  const last = (await branchBefore(tx, running.branch, other.position)) ?? log
  end(running, { by: 'boot-ended', span: { after: lastMoment(last), before: firstMoment(other) } }, other.boot_id)
}

async function nextBoot(tx: Tx, branch: number, log: KnownLogRow): Promise<KnownLogRow | undefined> {
  for (let after = log.position; ;) {
    const logs = await branchAfter(tx, branch, after, LOGS)
    const other = logs.find(({ boot_id }) => boot_id !== log.boot_id)
    const last = logs.at(-1)
    if (other !== undefined || last === undefined || logs.length < LOGS) return other
    after = last.position
  }
}

/** Its branch was said to be over, and nothing of the matter has come since. */
export async function endUnknown(tx: Tx, running: Running): Promise<void> {
  const at = await overSince(tx, running.branch)
  const last = await branchBefore(tx, running.branch, Number.MAX_SAFE_INTEGER)
  if (at === undefined || last === undefined || running.receivedAt > at) return
  end(running, { by: 'unknown', span: unknownSpan(last, at) }, running.bootId)
}

function end(running: Running, how: { by: 'boot-ended' | 'unknown'; span: Span }, boot: number): void {
  running.facts = endMatter(running.kind, running.facts, how)
  running.goesOn = false
  running.last = undefined
  running.on.clear()
  const newest = running.incidents.at(-1)
  if (newest === undefined) return
  newest.facts = running.facts
  newest.boot = boot
}
