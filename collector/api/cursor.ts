/** Cursors: where a page ended. Opaque to callers; what is none is a bad request. */
import { Problem } from './problem.ts'

const bad = (): Problem => new Problem('bad-request', 'This cursor is none of ours: take `next` of the page before.')

export const writePlace = (at: number, id: string): string => Buffer.from(`${at} ${id}`).toString('base64url')

export function readPlace(text: string): { at: number; id: string } {
  const [, at, id] = /^(\d{1,15}) ([0-9a-f]{1,64})$/.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? []
  if (at === undefined || id === undefined) throw bad()
  return { at: Number(at), id }
}

export function readNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw bad()
  return Number(text)
}
