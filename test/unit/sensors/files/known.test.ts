import { describe, expect, test } from 'vitest'
import type { Look } from '#agent/platform/files.ts'
import { isFresh, knownByStay, knownFiles } from '#agent/sensors/files/known.ts'

const look = (more: Partial<Look> = {}): Look => ({
  sizeBytes: 5,
  mtimeMs: 1000,
  ctimeMs: 1000,
  birthtimeMs: 1000,
  dev: 1,
  ino: 7,
  ...more,
})

describe('a file that changed since the medium was plugged in', () => {
  const since = 1_767_323_045_678
  const now = since + 60_000
  const hour = 3_600_000
  test.for<[string, Partial<Look>, boolean]>([
    ['was there before', { mtimeMs: since - hour, ctimeMs: since - hour, birthtimeMs: since - hour }, false],
    ['was written to', { mtimeMs: since + 1 }, true],
    ['came with its old time (ext4: ctime)', { ctimeMs: since + 1 }, true],
    ['came with its old time (vfat: time of creation)', { mtimeMs: 0, ctimeMs: 0, birthtimeMs: since + 10 }, true],
    ['was written to in the first second, told in even seconds', { mtimeMs: Math.floor(since / 2000) * 2000 }, true],
    [
      'was written east of here an hour ago, on vfat',
      { mtimeMs: now + hour, ctimeMs: now + hour, birthtimeMs: now + hour },
      false,
    ],
    ['has no times at all', { mtimeMs: 0, ctimeMs: 0, birthtimeMs: 0 }, false],
  ])('%s', ([, times, fresh]) => expect(isFresh(look(times), since, now)).toBe(fresh))
})

describe('a known file', () => {
  test.for<[string, Partial<Look>, boolean]>([
    ['is known by another name or mode', { ctimeMs: 2000 }, true],
    ['written to is not', { mtimeMs: 2000 }, false],
    ['of another length is not', { sizeBytes: 6 }, false],
    ['whose inode number another file has now is not', { birthtimeMs: 2000 }, false],
    ['with another inode number is not', { ino: 8 }, false],
  ])('%s', ([, change, isKnown]) => {
    const known = knownFiles(10)
    known.add(look())
    expect(known.has(look(change))).toBe(isKnown)
  })

  test('without a time of birth, whose inode number another has now with the same time, is not', () => {
    const known = knownFiles(10)
    known.add(look({ birthtimeMs: 0 }))
    expect(known.has(look({ birthtimeMs: 0, ctimeMs: 2000 }))).toBe(false)
  })

  test('is forgotten when the bound is reached, the oldest first', () => {
    const known = knownFiles(2)
    for (const ino of [1, 2, 1, 3]) known.add(look({ ino }))
    expect([1, 2, 3].map((ino) => known.has(look({ ino })))).toEqual([true, false, true])
  })
})

describe('a file system that is mounted again in one stay', () => {
  const again = look({ ino: 8 }) // vfat makes its inode numbers up
  test('has its files back', () => {
    const knowns = knownByStay(10)
    for (const file of [look(), look({ ino: 9, mtimeMs: 2000 })]) knowns.of('plug', '/dev/sda1').add(file)
    for (let mounts = 0; mounts < 3; mounts++) {
      const known = knowns.of('plug', '/dev/sda1')
      expect([known.has(again), known.had(again), known.had(look({ sizeBytes: 6 }))]).toEqual([false, true, false])
    }
  })
  test('is not another partition, nor another stay', () => {
    const knowns = knownByStay(10)
    knowns.of('plug', '/dev/sda1').add(look())
    expect(knowns.of('plug', '/dev/sda2').had(again)).toBe(false)
    expect(knowns.of('other', '/dev/sda1').had(again)).toBe(false)
    knowns.forget('plug')
    expect(knowns.of('plug', '/dev/sda1').had(again)).toBe(false)
  })
})
