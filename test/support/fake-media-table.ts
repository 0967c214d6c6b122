/** A media table that a test drives by hand. */
import { createHash } from 'node:crypto'
import type { MediaChange, MediaFound, MediaTable, Plugged } from '#agent/media/signal.ts'
import type { Volume } from '#shared/event/subject.ts'

export interface FakeMediaTable extends MediaTable {
  /** A medium with one volume at `mountPoint`, plugged `since` (now, if not said), mounted at once. */
  plug: (mountPoint: string, volume?: Partial<Volume>, since?: number) => Plugged
  mount: (plugged: Plugged, mountPoint: string) => void
  unmounted: (plugged: Plugged, mountPoint?: string) => void
  removed: (plugged: Plugged) => void
}

export function fakeMediaTable(): FakeMediaTable {
  const present = new Map<string, Plugged>()
  const listeners = new Set<(change: MediaChange, found: MediaFound) => void>()
  const tell = (change: MediaChange): void => listeners.forEach((listener) => listener(change, 'live'))
  const put = (plugged: Plugged): Plugged => {
    present.set(plugged.plug, plugged)
    return plugged
  }
  const volumeAt = (mountPoint: string, more: Partial<Volume> = {}): Volume => ({
    device: '/dev/loop0',
    fs: 'ext4',
    readOnly: false,
    mountPoint,
    ...more,
  })
  return {
    subscribe: (listener) => {
      listeners.add(listener)
      for (const plugged of present.values()) {
        listener({ type: 'connected', plugged }, 'present')
        for (const volume of plugged.volumes) listener({ type: 'mounted', plugged, volume }, 'present')
      }
      return () => void listeners.delete(listener)
    },
    plug: (mountPoint, more, since = Date.now()) => {
      const plug = createHash('sha256').update(`${mountPoint} ${present.size}`).digest('hex').slice(0, 32)
      const volume = volumeAt(mountPoint, more)
      const plugged = put({ plug, medium: { key: `plug:${plug}` }, bus: 'usb', since, volumes: [volume] })
      tell({ type: 'connected', plugged })
      tell({ type: 'mounted', plugged, volume })
      return plugged
    },
    mount: ({ plug }, mountPoint) => {
      const before = present.get(plug)!
      const volume = volumeAt(mountPoint)
      const plugged = put({ ...before, volumes: [...before.volumes, volume] })
      tell({ type: 'mounted', plugged, volume })
    },
    unmounted: ({ plug }, mountPoint) => {
      const before = present.get(plug)!
      const volume = before.volumes.find((one) => mountPoint === undefined || one.mountPoint === mountPoint)!
      const plugged = put({ ...before, volumes: before.volumes.filter((one) => one !== volume) })
      tell({ type: 'unmounted', plugged, volume })
    },
    removed: ({ plug }) => {
      const plugged = present.get(plug)!
      present.delete(plug)
      tell({ type: 'removed', plugged })
    },
  }
}
