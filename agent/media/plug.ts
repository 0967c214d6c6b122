/** Names made of facts: of one stay of a medium, or of a network card; alike when heard and when found present. */
import { createHash } from 'node:crypto'

/** 32 hex digits from its parts. For a stay, parts that together never come again: boot id first, then what the system
 *  counts. */
export const plugOf = (...parts: readonly (string | number)[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)
