/** The order of events within one boot of an agent: by monotonic time, then by log and index (CONTRACTS §6). */
export interface Position {
  readonly mono: number
  readonly epoch: string
  readonly index: number
}

export function compare(a: Position, b: Position): number {
  if (a.mono !== b.mono) return a.mono - b.mono
  if (a.epoch !== b.epoch) return a.epoch < b.epoch ? -1 : 1
  return a.index - b.index
}
