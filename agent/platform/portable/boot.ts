import { createHash } from 'node:crypto'
import { hostname, uptime } from 'node:os'

/** A UUID (RFC 9562, version 8) of this boot where the system gives none: from host name and the minute it booted. A wall
 *  clock that was set since gives another: then what is present begins anew. */
export function portableBoot(wall: () => number): string {
  const minute = Math.round((wall() / 1000 - uptime()) / 60)
  const hex = createHash('sha256').update(`${hostname()}\n${minute}`).digest('hex')
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-a$4-$5')
}
