/** Cursors: where a page ended. Opaque to callers; what is none is a bad request. And where the live feed goes on. */
import type { FeedPlace, ListPlace } from '#collector/incidents/lists.ts'
import type { EventPlace } from '#collector/incidents/timeline.ts'
import { Problem } from './problem.ts'

const bad = (): Problem => new Problem('bad-request', 'This cursor is none of ours: take `next` of the page before.')

export const writePlace = ({ at, number, severity }: ListPlace): string =>
  Buffer.from([at, number, severity].filter((part) => part !== undefined).join(' ')).toString('base64url')

export function readPlace(text: string): ListPlace {
  const parts = /^(-?\d{1,15}) (\d{1,15})(?: (\d))?$/.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? []
  const [, at, number, severity] = parts
  if (at === undefined || number === undefined) throw bad()
  return { at: Number(at), number: Number(number), ...(severity !== undefined && { severity: Number(severity) }) }
}

export const writeEventPlace = ({ id, logId, index }: EventPlace): string => `${logId}.${index}.${id}`

export function readEventPlace(text: string): EventPlace {
  const [, logId, index, id] = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})$/.exec(text) ?? []
  if (id === undefined) throw bad()
  return { id: Number(id), logId: Number(logId), index: Number(index) }
}

export function readNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw bad()
  return Number(text)
}

export const writeFeedPlace = ({ incarnation, revision }: FeedPlace): string => `${incarnation}.${revision}`

/** Undefined where it is none: of another form, or from before the store was another. */
export function readFeedPlace(text: string): FeedPlace | undefined {
  const [, incarnation, revision] = /^([0-9a-f-]{36})\.(\d{1,15})$/.exec(text) ?? []
  return incarnation === undefined ? undefined : { incarnation, revision: Number(revision) }
}
