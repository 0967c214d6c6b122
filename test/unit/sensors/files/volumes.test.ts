import { describe, expect, test } from 'vitest'
import { volumesOf } from '#agent/sensors/files/volumes.ts'
import type { WatchedVolume } from '#agent/sensors/files/watch-volume.ts'
import { fakeMediaTable } from '../../../support/fake-media-table.ts'
import { manualClock } from '../../../support/manual-clock.ts'

function start() {
  const clock = manualClock()
  const media = fakeMediaTable()
  const stop = new AbortController()
  const happened: string[] = []
  const volumes = volumesOf({
    clock,
    signal: stop.signal,
    failed: (error) => expect.fail(String(error)),
    open: (place) => {
      const at = place.volume.mountPoint
      happened.push(`open ${at}`)
      const says = (what: string): void => void happened.push(`${what} ${at}`)
      const volume: Partial<WatchedVolume> = {
        place,
        leave: async () => says('leave'),
        end: async (reason) => says(reason),
      }
      return volume as WatchedVolume
    },
  })
  media.subscribe(volumes.onChange)
  const pass = async (ms: number): Promise<void> => {
    clock.pass(ms)
    await new Promise(setImmediate)
  }
  return { media, volumes, happened, pass }
}

describe('why a volume went', () => {
  test('an unmount with a removal at its heels was a pull', async () => {
    const { media, happened, pass } = start()
    const plugged = media.plug('/a')
    media.unmounted(plugged)
    await pass(499)
    media.removed(plugged)
    await pass(10_000)
    expect(happened).toEqual(['open /a', 'leave /a', 'removed /a'])
  })

  test('an unmount alone was an unmount, though the medium is removed later', async () => {
    const { media, happened, pass } = start()
    const plugged = media.plug('/a')
    media.unmounted(plugged)
    await pass(500)
    media.removed(plugged)
    await pass(10_000)
    expect(happened).toEqual(['open /a', 'leave /a', 'unmounted /a'])
  })

  test('a removal takes all volumes of the medium, and no other', () => {
    const { media, happened, volumes } = start()
    const plugged = media.plug('/a')
    media.mount(plugged, '/a2')
    media.plug('/b')
    media.removed(plugged)
    expect(happened.slice(3)).toEqual(['removed /a', 'removed /a2'])
    expect(volumes.all().map(({ place }) => place.volume.mountPoint)).toEqual(['/b'])
  })

  test('what is mounted over another unmounts it', async () => {
    const { media, happened, pass } = start()
    media.plug('/a')
    media.plug('/a')
    await pass(500)
    expect(happened).toEqual(['open /a', 'leave /a', 'open /a', 'unmounted /a'])
  })

  test('the end of the agent ends them all, each for its own reason', async () => {
    const { media, happened, volumes } = start()
    media.unmounted(media.plug('/a'))
    media.plug('/b')
    await volumes.end()
    expect(happened.slice(-2)).toEqual(['unmounted /a', 'agent-stopped /b'])
  })
})
