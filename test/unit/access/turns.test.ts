import { expect, test } from 'vitest'
import { openTurns } from '#collector/access/turns.ts'

/** Work that ends when it is told to. */
function jobs() {
  const begun: string[] = []
  const ends: (() => void)[] = []
  return {
    begun,
    job: (name: string) => (): Promise<string> => {
      begun.push(name)
      return new Promise((resolve) => ends.push(() => resolve(name)))
    },
    endAll: async (): Promise<void> => {
      for (const end of ends.splice(0)) end()
      await new Promise(setImmediate)
    },
  }
}

test('two at once, and an address that asks for many waits behind itself', async () => {
  const { take } = openTurns()
  const { begun, job, endAll } = jobs()
  const many = Array.from({ length: 6 }, (_, n) => take('a', job(`a${n}`)))
  const other = take('b', job('b'))
  expect(begun).toEqual(['a0', 'a1'])
  await endAll()
  expect(begun.slice(2)).toEqual(['a2', 'b'])
  await endAll()
  expect(await other).toBe('b')
  await endAll()
  await endAll()
  for (const [n, one] of many.entries()) expect(await one).toBe(`a${n}`)
})

test('what fails gives up its turn and says so', async () => {
  const { take } = openTurns()
  await expect(take('a', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(await take('a', () => Promise.resolve(1))).toBe(1)
})

test('too many of one address, and too many in all, are told so at once', () => {
  const { take } = openTurns()
  const { job } = jobs()
  const taken = (address: string): boolean => take(address, job(address)) !== undefined
  expect(Array.from({ length: 35 }, () => taken('a')).filter(Boolean)).toHaveLength(2 + 32)
  expect(taken('b')).toBe(true)
  const crowd = Array.from({ length: 600 }, (_, n) => taken(`address ${n}`))
  expect(crowd.filter(Boolean)).toHaveLength(512 - 33)
})
