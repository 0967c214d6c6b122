/** What the ledger says of a medium, and what the register approves for it. Pure look-ups. */
import type { MediumIdentity } from '#shared/event/subject.ts'
import { parseTime } from '#shared/vocabulary/clock.ts'
import type { Level } from '#shared/vocabulary/levels.ts'
import type { Known, Outcome } from './checks/check.ts'
import type { MediumMatch, RegisteredMedium } from './documents.ts'

export interface Recognised {
  status: 'registered' | 'unregistered'
  /** Percent of the parts that the ledger names which were seen and agree. */
  score: number
  level?: Level
  /** The ledger's number. */
  id?: string
}

const unknown: Recognised = { status: 'unregistered', score: 0 }

/** A serial is never proof alone: one part that is seen and differs makes it another medium (a cloned serial), and
 *  without any serial seen nothing is recognised. */
export function recognise(media: readonly RegisteredMedium[], medium: MediumIdentity): Recognised {
  const scored = withSerialOf(media, medium).map((listed) => ({
    ...listed,
    score: matchScore(listed.entry.identity, medium),
  }))
  const [best] = scored.filter(({ score }) => score > 0).toSorted((a, b) => b.score - a.score || a.place - b.place)
  return best ? { status: 'registered', score: best.score, level: best.entry.level, id: best.entry.id } : unknown
}

/** Of a list, its media by their serials: 65,536 media must not be gone through for each file. Goes with its list. */
const bySerial = new WeakMap<readonly RegisteredMedium[], Index>()
/** `place`: in the list; of equals the first counts. */
interface Listed {
  readonly entry: RegisteredMedium
  readonly place: number
}
type Index = ReadonlyMap<string, readonly Listed[]>

function indexOf(media: readonly RegisteredMedium[]): Index {
  const known = bySerial.get(media)
  if (known !== undefined) return known
  const made = new Map<string, Listed[]>()
  for (const [place, entry] of media.entries())
    for (const serial of serialsOf(entry.identity)) {
      const others = made.get(serial)
      if (others === undefined) made.set(serial, [{ entry, place }])
      else others.push({ entry, place })
    }
  bySerial.set(media, made)
  return made
}

const serialsOf = ({ usbSerial, diskSerial }: MediumMatch): string[] => [
  ...(usbSerial === undefined ? [] : [`usb ${usbSerial}`]),
  ...(diskSerial === undefined ? [] : [`disk ${diskSerial}`]),
]

function withSerialOf(media: readonly RegisteredMedium[], medium: MediumIdentity): Listed[] {
  const index = indexOf(media)
  return serialsOf(medium).flatMap((serial) => index.get(serial) ?? [])
}

const parts = ['usbSerial', 'diskSerial', 'vid', 'pid', 'fsUuid', 'partitionTable', 'sizeBytes'] as const

/** 0: not this one. */
function matchScore(wanted: MediumMatch, seen: MediumIdentity): number {
  const named = parts.filter((part) => wanted[part] !== undefined)
  const agree = named.filter((part) => seen[part] === wanted[part])
  const differ = named.some((part) => seen[part] !== undefined && seen[part] !== wanted[part])
  const hasSerial = agree.includes('usbSerial') || agree.includes('diskSerial')
  return differ || !hasSerial ? 0 : Math.round((100 * agree.length) / named.length)
}

export interface Asked {
  readonly medium: MediumIdentity
  readonly allows: 'use' | 'copy'
}

/** Ids of the approvals in force, by trusted time, that allow this with the medium. */
export function approvalsFor({ register, media, trusted }: Omit<Known, 'endpoint'>, asked: Asked): string[] {
  const { id } = recognise(media, asked.medium)
  return register.approvals
    .filter(({ allows, medium, from, to }) => {
      const names = 'id' in medium ? medium.id === id : matchScore(medium.identity, asked.medium) > 0
      return names && allows.includes(asked.allows) && parseTime(from) <= trusted && trusted < parseTime(to)
    })
    .map((approval) => approval.id)
}

/** Broken, unless an approval in force covers it. */
export function unlessApproved(known: Known, asked: Asked): Outcome {
  const covered = approvalsFor(known, asked)
  return covered.length === 0 ? 'broken' : { covered }
}
