/** An agent's log, and the events in it, right by docs/protocol.md; whoever wants may lie. */
import { randomUUID, type KeyObject } from 'node:crypto'
import type { Identity } from './client.ts'
import { leafHash, signedCheckpoint, treeHash } from './evidence.ts'

/** Of a line, or of the one that a tombstone stands for. */
const leafOf = (entry: string): Buffer =>
  entry.startsWith('[') ? Buffer.from(entry.slice(2, 66), 'hex') : leafHash(entry)

/** A log as its agent keeps it. */
export interface Log {
  readonly epoch: string
  readonly lines: string[]
  /** These entries, as the body of an `events` message, under a checkpoint after the last; `spoil` may lie in any of it. */
  readonly body: (from: number, to?: number, spoil?: Partial<Claim>) => string
  readonly rootAt: (size: number) => string
}
interface Claim {
  origin: string
  size: number
  root: Buffer
  keyName: string
  key: KeyObject
  entries: string[]
}

export function newLog({ agent, key }: Identity, lines: string[] = [], epoch: string = randomUUID()): Log {
  const treeOf = (size: number): Buffer => treeHash(lines.slice(0, size).map(leafOf))
  return {
    epoch,
    lines,
    body(from, to = lines.length, spoil = {}) {
      const origin = `shoumi.1/${agent}/${epoch}`
      const claim = { origin, size: to, root: treeOf(to), keyName: `shoumi.1/${agent}`, key, ...spoil }
      return `${(spoil.entries ?? lines.slice(from, to)).join('\n')}\n\n${signedCheckpoint(claim)}`
    },
    rootAt: (size) => treeOf(size).toString('hex'),
  }
}

let salt = 0
/** An event's line, right by docs/protocol.md#event; `ms` after a fixed moment. */
export function line(kind: string, ms: number, parts: Record<string, unknown> = {}): string {
  salt += 1
  return JSON.stringify({
    v: 1,
    salt: salt.toString(16).padStart(32, '0'),
    at: new Date(Date.UTC(2026, 0, 5, 9) + ms).toISOString().replace('Z', '+08:00'),
    mono: 1_000_000 + ms,
    boot: '44444444-4444-4444-8444-444444444444',
    kind,
    found: 'live',
    subject: {},
    verdicts: [],
    detail: {},
    ...parts,
  })
}
/** What `agent.started` says of the log before. */
export interface Previous {
  readonly epoch: string
  readonly size: number
  readonly root: string
  readonly ended?: 'clean' | 'unclean' | 'refused' | 'damaged'
}
/** `parts`: another boot, `found: 'recovered'` for a replacement. */
export const started = (previous?: Previous, parts: Record<string, unknown> = {}): string =>
  line('agent.started', 0, {
    detail: {
      version: '0',
      host: 'pc-1',
      platform: 'linux',
      ...(previous && { previous: { ended: 'clean', ...previous, at: '2026-01-05T08:59:00.000+08:00' } }),
    },
    ...parts,
  })
export const linkUp = (ms: number, parts: Record<string, unknown> = {}): string =>
  line('net.link-up', ms, {
    subject: { interface: { index: 2, name: '网卡0', type: 'ethernet', card: 'c0'.repeat(16) } },
    ...parts,
  })
