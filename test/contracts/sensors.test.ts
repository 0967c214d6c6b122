import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe } from 'vitest'
import type { MediaListener, MediaSource } from '#agent/media/signal.ts'
import { watchMedia } from '#agent/media/watch.ts'
import type { LinkListener, LinkSource } from '#agent/platform/links.ts'
import { openFilesOfLinux } from '#agent/platform/linux/open-files.ts'
import { portableFiles } from '#agent/platform/portable/files.ts'
import { filesSensor } from '#agent/sensors/files/files.ts'
import { mediaSensor } from '#agent/sensors/media/media.ts'
import { openStays } from '#agent/sensors/media/stays.ts'
import { openLinksOn } from '#agent/sensors/network/links-on.ts'
import { networkSensor } from '#agent/sensors/network/network.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { fakeMediaTable } from '../support/fake-media-table.ts'
import { sensorContract } from './sensor.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const bootId = '00000000-0000-4000-8000-000000000000'
/** No run was before this one. */
const forgetful = { memory: { keep: () => undefined, kept: () => undefined }, clock: systemClock }

const volume = { device: '/dev/sda1', fs: 'vfat', readOnly: false, mountPoint: '/media/密 盘' }
const stick = (plug: string) => ({
  plug: plug.repeat(32),
  medium: { key: `usb:46f4:0001:${plug}`, vid: '46f4', pid: '0001', sizeBytes: 67_108_864 },
  bus: 'usb' as const,
  interfaces: ['080650'],
  path: '/sys/devices/usb2/2-1',
  since: 1,
  mounts: [{ id: '36', volume }],
})

/** Tells one thing at the start and what it is told to tell; fails when told so. */
function fakeSource<Listener>(present: (listener: Listener) => void) {
  let listening: Listener | undefined
  let failing: (reason: Error) => void = () => {}
  return {
    tell: (what: (listener: Listener) => void) => listening && what(listening),
    fail: () => failing(new Error('the kernel is gone')),
    watch: (listener: Listener, signal: AbortSignal): Promise<void> =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return resolve()
        signal.addEventListener('abort', () => ((listening = undefined), resolve()))
        failing = reject
        listening = listener
        present(listener)
      }),
  }
}

describe('media sensor', () => {
  sensorContract(() => {
    const source = fakeSource<MediaListener>(({ hear, cover }) => {
      hear({ type: 'state', found: 'present', media: [stick('a')] })
      cover({ state: 'watching' })
    })
    const options = { declared: [{ path: '/srv/demo', label: 'demo' }], host: 'pc', boot: 'boot' }
    const table = watchMedia(options, { source: source satisfies MediaSource, clock: systemClock })
    return {
      sensor: mediaSensor(table, openStays(bootId, forgetful)),
      provoke: () => {
        source.tell(({ hear }) => hear({ type: 'state', found: 'live', media: [stick('a'), stick('b')] }))
        source.tell(({ hear }) => hear({ type: 'state', found: 'live', media: [{ ...stick('a'), mounts: [] }] }))
        source.tell(({ lost }) => lost('kernel-uevents'))
      },
      [Symbol.asyncDispose]: () => table[Symbol.asyncDispose](),
    }
  })
})

describe('network sensor', () => {
  sensorContract(() => {
    const link = { index: 2, name: 'eth0', mac: '02:42:ac:11:00:02', type: 'ethernet', card: '0c'.repeat(16) }
    const seen = { index: 2, address: { family: 'ipv4', address: '10.0.0.2', prefix: 24 } } as const
    const route = { family: 'ipv4', destination: '0.0.0.0/0', gateway: '10.0.0.1', table: 254 } as const
    const state = { links: [{ link, up: true }], addresses: [seen], routes: [{ index: 2, route }] }
    const source = fakeSource<LinkListener>(({ hear, cover }) => {
      hear({ type: 'state', found: 'present', state, meanwhile: [] })
      cover({ state: 'watching' })
    })
    return {
      sensor: networkSensor(source satisfies LinkSource, openLinksOn(bootId, forgetful)),
      provoke: () => {
        source.tell(({ hear }) => hear({ type: 'address', change: 'removed', seen }))
        source.tell(({ hear }) => hear({ type: 'link', change: 'removed', seen: { link, up: false } }))
        source.tell(({ lost }) => lost('route-netlink'))
      },
      fail: source.fail,
      [Symbol.asyncDispose]: async () => {},
    }
  })
})

describe('files sensor', () => {
  sensorContract(async () => {
    const { path: folder, remove } = temporaryFolder()
    const media = fakeMediaTable()
    media.plug(folder, { fs: 'folder' })
    let files = 0
    return {
      sensor: filesSensor({ media, files: portableFiles(openFilesOfLinux()), watchedUntil: 0 }),
      nothingPresent: 'what lay on a medium before is no copy',
      provoke: () => writeFile(join(folder, `${++files}.txt`), 'x'),
      [Symbol.asyncDispose]: async () => remove(),
    }
  })
})
