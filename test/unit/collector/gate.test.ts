import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openGate } from '#collector/ingest/gate.ts'

type Size = 'small' | 'large'
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function rig(atOnce: number) {
  const gate = openGate(atOnce)
  const entered: string[] = []
  const inside = new Map<string, Disposable>()
  return {
    entered,
    inside,
    come: async (size: Size, name: string, agent = name): Promise<void> => {
      const turn = await gate.enter(size, agent)
      entered.push(name)
      inside.set(name, turn)
    },
    leave: async (name: string): Promise<void> => {
      inside.get(name)?.[Symbol.dispose]()
      inside.delete(name)
      await settled()
    },
  }
}

describe('the gate', () => {
  test('lets so many in at a time, and of those who wait three small ones before one large, each kind in its order', async () => {
    const { come, leave, entered, inside } = rig(2)
    const all = ['a', 'b', 'c', 'd'].map((name) => come('large', name))
    await settled()
    const small = ['1', '2', '3', '4', '5', '6', '7'].map((name) => come('small', name))
    await settled()
    expect(entered).toEqual(['a', 'b'])
    while (inside.size > 0) await leave([...inside.keys()][0] ?? '')
    await Promise.all([...all, ...small])
    expect(entered.slice(2)).toEqual(['1', '2', '3', 'c', '4', '5', '6', 'd', '7'])
  })

  test('lets an agent in once at a time: what more it has to say waits behind those that wait', async () => {
    const { come, leave, entered } = rig(2)
    const waiting = ['a1', 'a2', 'a3'].map((name) => come('large', name, 'a'))
    await settled()
    expect(entered).toEqual(['a1'])
    waiting.push(come('large', 'b1', 'b'), come('large', 'c1', 'c'))
    await settled()
    expect(entered).toEqual(['a1', 'b1'])
    await leave('b1')
    expect(entered).toEqual(['a1', 'b1', 'c1'])
    await leave('a1')
    await leave('a2')
    await Promise.all(waiting)
    expect(entered).toEqual(['a1', 'b1', 'c1', 'a2', 'a3'])
  })

  test('whoever floods it, everybody else gets in after a bounded number of others', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.constantFrom<Size>('small', 'large'), { minLength: 1, maxLength: 12 }),
        fc.constantFrom<Size>('small', 'large'),
        async (atOnce, others, flood) => {
          const { come, leave, entered, inside } = rig(atOnce)
          let sent = 0
          // It has the next one ready before the last is through, for ever.
          const flooding = Array.from({ length: 64 }, () => come(flood, `flood ${(sent += 1)}`, 'flood'))
          await settled()
          const honest = others.map((size, nth) => come(size, `honest ${nth}`))
          await settled()
          while (inside.size > 0) await leave([...inside.keys()][0] ?? '')
          await Promise.all([...flooding, ...honest])
          const last = Math.max(...others.map((_, nth) => entered.indexOf(`honest ${nth}`)))
          // At worst a large one waits for three small ones each time, and all of these may be of the flood.
          expect(last).toBeLessThanOrEqual(4 * (others.length + 1))
        },
      ),
      { numRuns: 50 },
    )
  })
})
