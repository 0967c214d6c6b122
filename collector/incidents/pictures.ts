/** What people are shown of a stored incident, made from what correlation gathered. */
import { pictureOfLog, type LogFacts } from './correlate/about-logs.ts'
import { bootsOf, pictureOf } from './correlate/correlate.ts'
import { type Incident, isMatterKind } from './correlate/incident.ts'
import { pictureOfMany, type ManyFacts } from './correlate/many.ts'
import type { Anchors } from './correlate/moment.ts'

/** Facts of an incident, by its kind. Written by this version's correlation alone (the store names its form). */
export function picture(kind: string, facts: string, anchors: Anchors): Incident | undefined {
  if (isMatterKind(kind)) return pictureOf(kind, facts, anchors)
  if (kind !== 'many-at-once') {
    const log = logFacts(facts)
    return log && pictureOfLog(log, anchors)
  }
  const many = manyFacts(facts)
  return many && pictureOfMany(many, anchors)
}

export function bootsIn(kind: string, facts: string): readonly number[] {
  if (isMatterKind(kind)) return bootsOf(kind, facts)
  if (kind !== 'many-at-once') return [logFacts(facts)?.at.boot ?? []].flat()
  const many = manyFacts(facts)
  return many === undefined ? [] : [many.opened.boot, many.last.boot]
}

/** Undefined where they are torn: what comes next begins anew. */
export const manyFacts = (facts: string | null): ManyFacts | undefined => read(facts, 'opened')
export const logFacts = (facts: string | null): LogFacts | undefined => read(facts, 'at')

/** JSON of an object with a moment of that name. */
function read<T>(json: string | null, moment: keyof T & string): T | undefined {
  try {
    const value = JSON.parse(json ?? 'null')
    return typeof value?.[moment]?.boot === 'number' ? value : undefined
  } catch {
    return undefined
  }
}

export { incidentOf } from '#collector/store/pictures.ts'

/** By which people search for it: a medium's serial or a card's address. */
export function deviceOf({ medium, network }: Incident): string | null {
  const device = medium?.usbSerial ?? medium?.diskSerial ?? network?.interface.mac
  return device?.toLowerCase() ?? null
}
