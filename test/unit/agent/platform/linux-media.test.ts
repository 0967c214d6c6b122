import { accessSync, constants, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { MediaFound, MediaListener, MediaSight } from '#agent/media/signal.ts'
import type { Descriptors } from '#agent/platform/linux/descriptors.ts'
import { openDescriptors } from '#agent/platform/linux/descriptors.ts'
import { openLibc, type Libc, type Received } from '#agent/platform/linux/libc.ts'
import { linuxMedia } from '#agent/platform/linux/media.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { manualClock } from '../../../support/manual-clock.ts'
import { eventually } from '../../../support/eventually.ts'

function listen() {
  const states: MediaFound[] = []
  const sights: MediaSight[] = []
  const losses: string[] = []
  const listener: MediaListener = {
    hear: (signal) => signal.type === 'state' && states.push(signal.found),
    lost: (source) => losses.push(source),
    cover: (sight) => sights.push(sight),
  }
  return { states, sights, losses, listener }
}

describe.runIf(process.platform === 'linux')('media on Linux', () => {
  const UEVENTS = 1_000_000
  /** The kernel's side of the announcements, played by hand; all else is this machine. */
  function start(openNetlink: Libc['openNetlink']) {
    const ready = new Map<number, () => void>()
    const descriptors: Pick<Descriptors, 'watch'> = {
      watch: (fd, _, call, signal) => {
        ready.set(fd, call)
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
      },
    }
    const heard = listen()
    const stop = new AbortController()
    const clock = manualClock()
    const libc = { ...openLibc(), openNetlink }
    const dependencies = { libc, descriptors: descriptors as Descriptors, clock }
    const running = linuxMedia({ boot: 'boot' }, dependencies).watch(heard.listener, stop.signal)
    return { ...heard, ready, clock, end: () => (stop.abort(), running) }
  }

  test('what the kernel could not announce is one gap and a look, which is reconciled', async () => {
    const queue: Received[] = []
    const receive = (): Received => queue.shift() ?? { outcome: 'empty' }
    const { states, losses, ready, end } = start(() => ({ fd: UEVENTS, receive, send: () => {}, close: () => {} }))
    await eventually(() => expect(states).toEqual(['present']))
    const change = Buffer.from('change@/devices/x\0ACTION=change\0SUBSYSTEM=block\0')
    queue.push({ outcome: 'lost' }, { outcome: 'message', bytes: change }, { outcome: 'lost' })
    ready.get(UEVENTS)?.()
    await eventually(() => expect(states).toEqual(['present', 'reconciled']))
    expect(losses).toEqual(['kernel-uevents'])
    queue.push({ outcome: 'message', bytes: change })
    ready.get(UEVENTS)?.()
    await eventually(() => expect(states).toEqual(['present', 'reconciled', 'live']))
    await end()
  })

  test('where nothing is announced it says so, and looks every 5 s', async () => {
    const { states, sights, clock, end } = start(() => {
      throw new Error('not allowed')
    })
    await eventually(() => expect(sights).toHaveLength(1))
    expect(sights).toMatchObject([{ state: 'degraded', code: 'media.looking' }])
    clock.pass(5_000)
    await eventually(() => expect(states).toEqual(['present', 'reconciled']))
    await end()
  })
})

/** Writing `change` there makes the kernel announce the disk once more: root may. */
const ANNOUNCE = '/sys/block/loop0/uevent'
function canAnnounce(): boolean {
  try {
    accessSync(ANNOUNCE, constants.W_OK)
    return process.getuid?.() === 0
  } catch {
    return false
  }
}

test.runIf(canAnnounce())("the kernel's own announcement makes it look", async () => {
  const libc = openLibc()
  await using descriptors = openDescriptors(libc)
  const { states, listener } = listen()
  const stop = new AbortController()
  const running = linuxMedia({ boot: 'boot' }, { libc, descriptors, clock: systemClock }).watch(listener, stop.signal)
  await eventually(() => expect(states[0]).toBe('present'))
  const heard = states.length // other tests mount and unmount beside this one
  writeFileSync(ANNOUNCE, 'change')
  await eventually(() => expect(states.slice(heard)).toContain('live'))
  stop.abort()
  await running
})
