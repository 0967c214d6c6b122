/** The table of what is plugged in and where it is mounted: pure. A medium is connected before it is mounted, and all its
 *  mounts end before it is removed. */
import type { MediaChange, MediaSignal, Plugged, SeenMedium, SeenMount } from './signal.ts'

export type Table = ReadonlyMap<string, SeenMedium>

export const emptyMedia: Table = new Map()

/** The table after the signal, and how it changed: endings first, for what leaves a place may make room there. */
export function stepMedia(table: Table, signal: MediaSignal): [Table, MediaChange[]] {
  if (signal.type === 'passed') return [table, table.has(signal.medium.plug) ? [] : passed(signal.medium)]
  const after: Table = new Map(signal.media.map((medium) => [medium.plug, medium]))
  const stays = [...new Set([...table.keys(), ...after.keys()])]
  const pairs = stays.map((plug) => [table.get(plug), after.get(plug)] as const)
  return [after, [...pairs.flatMap((pair) => endings(...pair)), ...pairs.flatMap((pair) => beginnings(...pair))]]
}

/** What is there, as if it had just come: each medium, then its mounts. */
export const presentMedia = (table: Table): MediaChange[] =>
  [...table.values()].flatMap((medium) => beginnings(undefined, medium))

const passed = (medium: SeenMedium): MediaChange[] => [...beginnings(undefined, medium), ...endings(medium, undefined)]

const sameMount = (a: SeenMount, b: SeenMount): boolean =>
  a.id === b.id &&
  a.volume.mountPoint === b.volume.mountPoint &&
  a.volume.device === b.volume.device &&
  a.volume.fs === b.volume.fs

const plugged = ({ mounts, ...medium }: SeenMedium, seen = mounts): Plugged => ({
  ...medium,
  volumes: seen.map(({ volume }) => volume),
})

function endings(before: SeenMedium | undefined, after: SeenMedium | undefined): MediaChange[] {
  if (before === undefined) return []
  const stays = (mount: SeenMount): boolean => after?.mounts.some((other) => sameMount(mount, other)) === true
  const [kept, ended] = [before.mounts.filter(stays), before.mounts.filter((mount) => !stays(mount))]
  const unmounted = ended.map(({ volume }, i): MediaChange => {
    return { type: 'unmounted', plugged: plugged(after ?? before, [...kept, ...ended.slice(i + 1)]), volume }
  })
  return after === undefined ? [...unmounted, { type: 'removed', plugged: plugged(before, []) }] : unmounted
}

function beginnings(before: SeenMedium | undefined, after: SeenMedium | undefined): MediaChange[] {
  if (after === undefined) return []
  const connected: MediaChange[] = before === undefined ? [{ type: 'connected', plugged: plugged(after, []) }] : []
  const mounted = after.mounts.flatMap((mount): MediaChange[] => {
    const was = before?.mounts.find((other) => sameMount(mount, other))
    if (was === undefined) return [{ type: 'mounted', plugged: plugged(after), volume: mount.volume }]
    if (was.volume.readOnly === mount.volume.readOnly) return []
    return [{ type: 'remounted', plugged: plugged(after), volume: mount.volume }]
  })
  return [...connected, ...mounted]
}
