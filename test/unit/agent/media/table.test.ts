import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MediaChange, SeenMedium, SeenMount } from '#agent/media/signal.ts'
import { emptyMedia, presentMedia, stepMedia, type Table } from '#agent/media/table.ts'

const mount = (id: string, mountPoint: string, readOnly = false): SeenMount => ({
  id,
  volume: { device: '/dev/sda1', fs: 'vfat', readOnly, mountPoint },
})
const stick = (plug: string, ...mounts: SeenMount[]): SeenMedium => ({
  plug,
  medium: { key: `plug:${plug}` },
  bus: 'usb',
  since: 1,
  mounts,
})
const words = (changes: readonly MediaChange[]): string[] =>
  changes.map((change) =>
    [change.type, change.plugged.plug, ...('volume' in change ? [change.volume.mountPoint] : [])].join(' '),
  )
const state = (...media: SeenMedium[]) => ({ type: 'state', found: 'live', media }) as const
const tableOf = (...media: SeenMedium[]): Table => stepMedia(emptyMedia, state(...media))[0]

describe('one step of the table of media', () => {
  test.for([
    ['connected comes before mounted', [], [stick('a', mount('1', '/m'))], ['connected a', 'mounted a /m']],
    [
      'all mounts end before removed',
      [stick('a', mount('1', '/m'), mount('2', '/n'))],
      [],
      ['unmounted a /m', 'unmounted a /n', 'removed a'],
    ],
    [
      'a stick changed for another is removed first',
      [stick('a', mount('1', '/m'))],
      [stick('b')],
      ['unmounted a /m', 'removed a', 'connected b'],
    ],
    [
      'read-only now is a remount',
      [stick('a', mount('1', '/m'))],
      [stick('a', mount('1', '/m', true))],
      ['remounted a /m'],
    ],
    [
      'mounted again at the same place',
      [stick('a', mount('1', '/m'))],
      [stick('a', mount('2', '/m'))],
      ['unmounted a /m', 'mounted a /m'],
    ],
    [
      'each place of one volume is a mount',
      [stick('a', mount('1', '/m'))],
      [stick('a', mount('1', '/m'), mount('2', '/n'))],
      ['mounted a /n'],
    ],
    ['what is known better is no change', [stick('a')], [{ ...stick('a'), medium: { key: 'plug:a', label: 'X' } }], []],
  ] as [string, SeenMedium[], SeenMedium[], string[]][])('%s', ([, before, after, told]) => {
    expect(words(stepMedia(tableOf(...before), state(...after))[1])).toEqual(told)
  })

  test('a medium that only passed is told whole, once, and leaves nothing behind', () => {
    const [after, changes] = stepMedia(emptyMedia, { type: 'passed', medium: stick('a') })
    expect(words(changes)).toEqual(['connected a', 'removed a'])
    expect(after.size).toBe(0)
    expect(stepMedia(tableOf(stick('a')), { type: 'passed', medium: stick('a') })[1]).toEqual([])
  })

  test('a change says how the medium stands after it', () => {
    const [, changes] = stepMedia(tableOf(stick('a', mount('1', '/m'), mount('2', '/n'))), state())
    expect(changes.map(({ plugged }) => plugged.volumes.map(({ mountPoint }) => mountPoint))).toEqual([['/n'], [], []])
  })
})

/** What really happens to one of three sticks, and whether a look follows; a look may be lost or come twice. */
const happening = fc.record({
  plug: fc.constantFrom('a', 'b', 'c'),
  do: fc.constantFrom('plug', 'pull', 'mount', 'unmount', 'remount'),
  looks: fc.integer({ min: 0, max: 2 }),
})

test('whatever looks are lost or doubled, the last one makes it true, and nothing is told twice', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
      const world = new Map<string, SeenMedium>()
      let stays = 0
      let table = emptyMedia
      const told: MediaChange[] = []
      const look = (): void => {
        const [after, changes] = stepMedia(table, state(...world.values()))
        table = after
        told.push(...changes)
      }
      for (const { plug, do: what, looks } of happenings) {
        const here = world.get(plug)
        if (what === 'plug' && !here) world.set(plug, stick(`${plug}${++stays}`))
        if (what === 'pull') world.delete(plug)
        if (what === 'mount' && here)
          world.set(plug, { ...here, mounts: [...here.mounts, mount(`${++stays}`, `/${stays}`)] })
        if (what === 'unmount' && here) world.set(plug, { ...here, mounts: here.mounts.slice(1) })
        if (what === 'remount' && here)
          world.set(plug, {
            ...here,
            mounts: here.mounts.map((each) => mount(each.id, each.volume.mountPoint, !each.volume.readOnly)),
          })
        for (let i = 0; i < looks; i++) look()
      }
      look()
      expect(replay(told)).toEqual(words(presentMedia(table)).toSorted())
      expect([...table.values()]).toEqual([...world.values()])
    }),
    { numRuns: 500 },
  )
})

/** Who believes only the changes, and stumbles over one that cannot be. */
function replay(changes: readonly MediaChange[]): string[] {
  const believed = new Set<string>()
  for (const change of changes) {
    const { plug } = change.plugged
    const medium = `connected ${plug}`
    const what = 'volume' in change ? `mounted ${plug} ${change.volume.mountPoint}` : medium
    const begins = change.type === 'connected' || change.type === 'mounted'
    const mounts = [...believed].filter((each) => each.startsWith(`mounted ${plug} `))
    const fits = believed.has(what) !== begins && (change.type === 'connected' || believed.has(medium))
    if (!fits || (change.type === 'removed' && mounts.length > 0)) throw new Error(`cannot be: ${change.type} ${what}`)
    if (begins) believed.add(what)
    else if (change.type !== 'remounted') believed.delete(what)
  }
  return [...believed].toSorted()
}
