/** Folds one matter anew from its stored entries, in the order of the agent's logs. The one function behind everything that
 *  comes out of its order: an older log after a newer one, a filled tombstone, an entry that an older version did not
 *  understand, a new form of the facts, and `recorrelate`. Reading and folding go in slices beside other work; what came of
 *  it is applied in one transaction. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { parseEvent } from '#shared/event/event.ts'
import { logById, type KnownLogRow } from '#collector/store/logs.ts'
import { incidentsOfMatter, agentPlaceOf, type AgentPlace, type IncidentRow } from '#collector/store/incidents.ts'
import type { MatterRow } from '#collector/store/matters.ts'
import { asOf, eventsOfMatterIn, logsOfMatter, type AsOf, type FoldedEntry } from '#collector/store/refolding.ts'
import type { Transact } from '#collector/store/database.ts'
import { fold, type Placed } from './correlate/correlate.ts'
import { isLate, isMatterKind, type MatterKind, type Sighting } from './correlate/incident.ts'
import { momentOf, type Moment } from './correlate/moment.ts'
import { endUnknown, endWithBoot } from './refold-ends.ts'

/** Events folded in one go: about 5 ms; then others have their turn. */
export const SLICE = 200
/** An incident as folding found it. */
export interface FoundIncident {
  /** The entry that opened it. */
  readonly opening: FoldedEntry & { readonly epoch: string; readonly at: Moment }
  facts: string
  /** Of its newest event, or of its end. */
  boot: number
  linked: boolean
  /** Its entries, each with the incident that it names in the store, and whether it is a violation that counts. */
  readonly entries: { readonly id: number; readonly incident: number | null; readonly counts: boolean }[]
  /** The numbers that these have in the store. */
  readonly stored: Set<number>
}

/** As far as it is folded. */
export interface Running {
  readonly row: MatterRow
  readonly kind: MatterKind
  readonly place: AgentPlace
  /** The matter's incidents as they are stored, the oldest first. */
  readonly before: readonly IncidentRow[]
  readonly splits: ReadonlySet<number>
  facts: string
  goesOn: boolean
  /** What is on now, all of the last boot. */
  readonly on: Set<string>
  bootId: number
  branch: number
  readonly incidents: FoundIncident[]
  /** Entries that belong to no incident and have a number all the same. */
  readonly loose: number[]
  /** Entries that cannot be folded, with why: set aside, so that the others are. */
  readonly aside: { readonly id: number; readonly reason: string }[]
  receivedAt: number
  entries: number
  /** The last entry: what comes behind it can be folded on. Undefined where something ended after it without an event. */
  last: { readonly logId: number; readonly index: number } | undefined
}

export interface Refolded extends Readonly<Running> {
  /** As it was when it was read: what is different by then is folded on, or again. */
  readonly asOf: AsOf
}

/** Reads and folds; changes nothing. `read`: what hands out transactions to look with. */
export async function refold(read: Transact, row: MatterRow): Promise<Refolded | undefined> {
  if (!isMatterKind(row.kind)) return undefined
  const { kind } = row
  const begun = await read(async (tx) => ({
    place: await agentPlaceOf(tx, row.agent_id),
    asOf: await asOf(tx, row),
    before: await incidentsOfMatter(tx, row.id),
    logs: await logsOfMatter(tx, row.id),
  }))
  const running: Running = {
    row,
    kind,
    place: begun.place,
    before: begun.before,
    splits: new Set(
      begun.before.flatMap(({ linked_to, opening_entry }) => (linked_to === null ? [] : (opening_entry ?? []))),
    ),
    facts: '',
    goesOn: false,
    on: new Set(),
    bootId: row.boot_id,
    branch: 0,
    incidents: [],
    loose: [],
    aside: [],
    receivedAt: 0,
    entries: 0,
    last: undefined,
  }
  for (const [at, id] of begun.logs.entries()) {
    const log = await read((tx) => logById(tx, id))
    if (log === undefined) continue
    await foldLog(read, running, log, -1)
    const next = begun.logs[at + 1]
    await read((tx) => endWithBoot(tx, running, log, next))
  }
  if (running.goesOn) await read((tx) => endUnknown(tx, running))
  if (running.branch === 0) running.branch = row.branch
  // What came meanwhile behind the rest is folded with it.
  return { ...running, asOf: { ...begun.asOf, entries: Math.max(begun.asOf.entries, running.entries) } }
}

/** With the events that have come behind its last one since, at most `most`: a matter that never rests is folded all the
 *  same. Undefined where there are more, or something else has come: then it has to be folded again. */
export async function foldOn(read: Transact, refolded: Refolded, most = Infinity): Promise<Refolded | undefined> {
  const { row, last, asOf: then } = refolded
  const now = await read((tx) => asOf(tx, row))
  const missing = now.entries - then.entries
  if (isDeepStrictEqual(now, then)) return refolded
  if (last === undefined || missing > most || now.log !== then.log || now.over !== then.over) return undefined
  const log = await read((tx) => logById(tx, last.logId))
  if (log === undefined) return undefined
  const running: Running = {
    ...refolded,
    on: new Set(refolded.on),
    incidents: refolded.incidents.map((each) => ({
      ...each,
      entries: [...each.entries],
      stored: new Set(each.stored),
    })),
    loose: [...refolded.loose],
    aside: [...refolded.aside],
    entries: 0,
  }
  await foldLog(read, running, log, last.index)
  return running.entries < missing
    ? undefined
    : { ...running, asOf: { ...then, entries: then.entries + running.entries } }
}

async function foldLog(read: Transact, running: Running, log: KnownLogRow, from: number): Promise<void> {
  running.branch = Math.max(running.branch, log.branch)
  running.bootId = log.boot_id
  for (let after = from; ;) {
    const page = await read((tx) => eventsOfMatterIn(tx, running.row.id, log.id, after, SLICE))
    foldDespite(running, log, page)
    const last = page.at(-1)
    if (last === undefined) return
    running.entries += page.length
    running.last = { logId: log.id, index: last.index }
    if (page.length < SLICE) return
    after = last.index
    await nextTurn()
  }
}

/** One entry that cannot be read any more, or that our own code stumbles over, must not keep the others from being folded. */
function foldDespite(running: Running, log: KnownLogRow, page: readonly FoldedEntry[]): void {
  try {
    foldPage(running, log, page)
  } catch (error) {
    const [only, ...more] = page
    if (only === undefined) return
    if (more.length === 0) running.aside.push({ id: only.id, reason: `not correlated: ${String(error)}`.slice(0, 200) })
    else for (const entry of page) foldDespite(running, log, [entry])
  }
}

function foldPage(running: Running, log: KnownLogRow, page: readonly FoldedEntry[]): void {
  const placed = page.map((entry) => placedOf(entry, log, running.splits))
  const known = { kind: running.kind, facts: running.facts, goesOn: running.goesOn, isClosed: false }
  const folded = fold(known, placed, (part) => running.on.has(part))
  const began = running.incidents.length
  for (const incident of folded.incidents) {
    const opening = incident.opening === undefined ? undefined : page[incident.opening]
    const at = incident.opening === undefined ? undefined : placed[incident.opening]?.at
    if (opening && at)
      running.incidents.push({
        opening: { ...opening, epoch: log.epoch, at },
        facts: incident.facts,
        boot: log.boot_id,
        linked: incident.linked,
        entries: [],
        stored: new Set(),
      })
    const found = running.incidents.at(-1)
    if (found === undefined) continue
    found.facts = incident.facts
    found.boot = log.boot_id
  }
  const goesOnFrom = folded.incidents[0]?.opening === undefined ? began - 1 : began
  for (const [at, which] of folded.belongs.entries()) {
    const entry = page[at]
    if (entry === undefined) continue
    const found = which === undefined ? undefined : running.incidents[goesOnFrom + which]
    if (found === undefined) {
      if (entry.incidentNumber !== null) running.loose.push(entry.id)
      continue
    }
    const counts = folded.incidents[which ?? 0]?.counted.includes(at) === true
    found.entries.push({ id: entry.id, incident: entry.incidentNumber, counts })
    if (entry.incidentNumber !== null) found.stored.add(entry.incidentNumber)
  }
  if (folded.on.cleared) running.on.clear()
  for (const [part, isOn] of folded.on.parts)
    if (isOn) running.on.add(part)
    else running.on.delete(part)
  running.facts = folded.facts
  running.goesOn = folded.goesOn
  running.receivedAt = page.at(-1)?.receivedAt ?? running.receivedAt
}

function placedOf(entry: FoldedEntry, log: KnownLogRow, splits: ReadonlySet<number>): Placed {
  const parsed = parseEvent(Buffer.from(entry.line ?? '').toString('utf8'))
  if (!parsed.ok) throw new Error(`understood when it was stored, and not now: ${parsed.reason}`)
  const { index, receivedAt } = entry
  const sighting: Sighting = { event: parsed.event, epoch: log.epoch, index, receivedAt }
  const at = momentOf(parsed.event, log.boot_id, receivedAt)
  return {
    sighting,
    at,
    judgedAnew: log.judged_from !== null && index > log.judged_from,
    opensAnew: splits.has(entry.id),
    late: isLate({ at: at.trusted ?? at.wall, receivedAt }),
  }
}
