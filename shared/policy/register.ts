/** What the register says of a medium: who it is, and what it is approved for. Pure look-ups. */
import type { MediumIdentity } from '#shared/event/subject.ts'
import { parseTime } from '#shared/vocabulary/clock.ts'
import type { Level } from '#shared/vocabulary/levels.ts'
import type { Approval, MediumMatch, Register } from './documents.ts'

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
 *  without any serial seen nothing is recognised (DOMAIN §3). */
export function recognise(register: Register | undefined, medium: MediumIdentity): Recognised {
  const scored = (register?.media ?? []).map((entry) => ({ entry, score: matchScore(entry.identity, medium) }))
  const [best] = scored.filter(({ score }) => score > 0).toSorted((a, b) => b.score - a.score)
  return best ? { status: 'registered', score: best.score, level: best.entry.level, id: best.entry.id } : unknown
}

const parts = ['usbSerial', 'diskSerial', 'vid', 'pid', 'fsUuid', 'partitionTable', 'sizeBytes'] as const

/** 0: not this one. */
function matchScore(wanted: MediumMatch, seen: MediumIdentity): number {
  const named = parts.filter((part) => wanted[part] !== undefined)
  const agree = named.filter((part) => seen[part] === wanted[part])
  const differ = named.some((part) => seen[part] !== undefined && seen[part] !== wanted[part])
  const bySerial = agree.includes('usbSerial') || agree.includes('diskSerial')
  return differ || !bySerial ? 0 : Math.round((100 * agree.length) / named.length)
}

/** The approval in force that allows this with the medium, at that trusted time (ms since 1970). */
export function approvalFor(
  register: Register | undefined,
  what: { medium: MediumIdentity; allows: 'use' | 'copy'; trusted: number },
): Approval | undefined {
  const { id } = recognise(register, what.medium)
  return register?.approvals.find(({ allows, medium, from, to }) => {
    const names = 'id' in medium ? medium.id === id : matchScore(medium.identity, what.medium) > 0
    return names && allows.includes(what.allows) && parseTime(from) <= what.trusted && what.trusted < parseTime(to)
  })
}
