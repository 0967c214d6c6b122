import { expect, test } from 'vitest'
import { openGate } from '#collector/ingest/gate.ts'

test('lets so many in at a time, and of those who wait a small and a large one in turn, each kind in its order', async () => {
  const gate = openGate(2)
  const entered: string[] = []
  const inside: Disposable[] = []
  const come = async (size: 'small' | 'large', name: string): Promise<void> => {
    inside.push(await gate.enter(size))
    entered.push(name)
  }
  const all = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => come('large', name))
  const small = ['1', '2'].map((name) => come('small', name))
  await Promise.all(all.slice(0, 2))
  expect(entered).toEqual(['a', 'b'])
  for (let left = 0; left < 8; left++) {
    inside.shift()?.[Symbol.dispose]()
    await Promise.resolve().then(() => undefined)
  }
  await Promise.all([...all, ...small])
  expect(entered).toEqual(['a', 'b', '1', 'c', '2', 'd', 'e', 'f'])
  for (const turn of inside) turn[Symbol.dispose]()
  await Promise.all([come('small', 'again'), come('large', 'and again')])
  expect(entered.slice(-2)).toEqual(['again', 'and again'])
})
