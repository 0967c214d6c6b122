import type { Tx } from '#collector/store/schema.ts'
export type Which = { alert: number } | { refusedOf: string }
export interface Done {
  alerts: number
  more: boolean
}
export async function sendAgain(_tx: Tx, _w: Which, _p: { mailboxes: readonly string[]; now: number }): Promise<Done> {
  return { alerts: 0, more: false }
}
export async function dismiss(_tx: Tx, _w: Which): Promise<Done> {
  return { alerts: 0, more: false }
}
