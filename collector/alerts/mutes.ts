import type { Tx } from '#collector/store/schema.ts'
export interface NewMute { rule: string; endpointId: number; until: number; reason: string; by: string }
export type MuteRefused = 'no-endpoint' | 'past' | 'too-far'
export async function muteRule(_tx: Tx, _m: NewMute, _now: number): Promise<{ ok: true; id: number } | { ok: false; why: MuteRefused }> { return { ok: false, why: 'no-endpoint' } }
export async function liftMute(_tx: Tx, _id: number, _now: number): Promise<boolean> { return false }
export interface ListedMute { id: number; rule: string; endpointId: number; endpoint: string; department: string; until: number; reason: string; by: string; madeAt: number }
export async function mutesInForce(_tx: Tx, _p: { endpointId?: number; now: number; limit?: number }): Promise<ListedMute[]> { return [] }
