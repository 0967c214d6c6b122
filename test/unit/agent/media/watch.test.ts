import { expect, test } from 'vitest'
import type { MediaListener, MediaSight, MediaSource } from '#agent/media/signal.ts'
import { watchMedia } from '#agent/media/watch.ts'
import { manualClock } from '../../../support/manual-clock.ts'
import { eventually } from '../../../support/eventually.ts'

const options = { declared: [{ path: '/srv/demo', label: 'demo' }], host: 'pc', boot: 'boot' }
const quiet: MediaSource = {
  watch: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
}

test('a declared folder is a medium from the start, mounted, and the same plug after a restart', async () => {
  const plugs: string[] = []
  for (let i = 0; i < 2; i++) {
    await using table = watchMedia(options, { source: quiet, clock: manualClock() })
    table.subscribe((change, found) =>
      plugs.push(`${found} ${change.type} ${change.plugged.plug} ${change.plugged.medium.key} ${change.plugged.bus}`),
    )()
  }
  expect(plugs[0]).toMatch(/^present connected [0-9a-f]{32} folder:pc:\/srv\/demo declared$/)
  expect(plugs[1]).toMatch(/^present mounted /)
  expect(plugs.slice(2)).toEqual(plugs.slice(0, 2))
})

test('it stays when the source says what is there', async () => {
  const told: string[] = []
  let listening: MediaListener | undefined
  const source: MediaSource = { watch: (listener, signal) => ((listening = listener), quiet.watch(listener, signal)) }
  await using table = watchMedia(options, { source, clock: manualClock() })
  table.subscribe(({ type }, found) => told.push(`${found} ${type}`))
  listening?.hear({ type: 'state', found: 'reconciled', media: [] })
  expect(told).toEqual(['present connected', 'present mounted'])
})

test('a source that fails is watched again after 5 s, and until then the table says that it is blind', async () => {
  const sights: MediaSight[] = []
  let lives = 0
  const clock = manualClock()
  const source: MediaSource = {
    watch: (_, signal) => (++lives === 1 ? Promise.reject(new Error('no descriptors')) : quiet.watch(_, signal)),
  }
  await using table = watchMedia(options, { source, clock })
  table.subscribe(() => {}, { lost: () => {}, cover: (sight) => sights.push(sight) })
  await eventually(() => expect(sights).toMatchObject([{ state: 'unavailable', code: 'media.failed' }]))
  clock.pass(4_999)
  expect(lives).toBe(1)
  clock.pass(1)
  await eventually(() => expect(lives).toBe(2))
})
