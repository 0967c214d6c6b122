import { expect, test } from 'vitest'
import { lookWhenAsked } from '#agent/platform/linux/look-when-asked.ts'
import { eventually } from '../../../support/eventually.ts'

/** Looks that end when the test says so. */
function start() {
  const told: string[] = []
  const ends: (() => void)[] = []
  const stop = new AbortController()
  const look = (): Promise<number> => new Promise((resolve) => ends.push(() => resolve(ends.length)))
  const tell = async (_: number, found: string, heard: boolean): Promise<void> =>
    void told.push(`${found}${heard ? ' heard' : ''}`)
  const looking = lookWhenAsked(look, tell, () => 1_000, stop.signal)
  const running = looking.run()
  const end = async (): Promise<void> => {
    const before = told.length
    await eventually(() => expect(ends.length).toBeGreaterThan(0))
    ends.shift()?.()
    await eventually(() => expect(told.length).toBe(before + 1))
  }
  return { told, ends, stop, looking, running, end }
}

test('the first look is what is present, then one for each reason, the reasons during a look together', async () => {
  const { told, looking, stop, running, end } = start()
  looking.ask('live')
  await end()
  looking.ask('live')
  looking.ask('live')
  await end()
  await end()
  looking.ask('time')
  await end()
  expect(told).toEqual(['present', 'live heard', 'live heard', 'reconciled'])
  stop.abort()
  await running
})

test('a loss outweighs what was heard; what was heard during a look for its time counts as heard', async () => {
  const { told, looking, stop, running, end } = start()
  await end()
  looking.ask('live')
  looking.ask('lost')
  await end()
  looking.ask('time')
  await eventually(() => expect(looking.wanted()).toBeUndefined())
  looking.ask('live')
  await end()
  expect(told).toEqual(['present', 'reconciled', 'live'])
  stop.abort()
  await running
})

test('a look that never ends does not keep it from ending', async () => {
  const { stop, running, told } = start()
  stop.abort()
  await running
  expect(told).toEqual([])
})

test('a look that fails ends it', async () => {
  const looking = lookWhenAsked(
    () => Promise.reject(new Error('too many open files')),
    async () => {},
    () => 0,
    new AbortController().signal,
  )
  await expect(looking.run()).rejects.toThrow('too many open files')
})
