/** What an actor gets to see of what the collector knows. Every domain function that hands out rows asks here, so that who
 *  sees what is decided in one place. */
import type { Actor } from './acting.ts'
import { rightsOfRole } from './rights.ts'

/** Of incidents, events, endpoints, alerts and mutes. */
export type Visible = 'all' | 'nothing'

/** Everything for the collector's own duties and commands, and for an account whose duty may read incidents; else nothing. */
export function visibleTo({ kind, duty = '' }: Actor): Visible {
  if (kind === 'collector' || kind === 'command') return 'all'
  return kind === 'account' && rightsOfRole(duty).includes('incidents.read') ? 'all' : 'nothing'
}
