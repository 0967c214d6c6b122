/** What an agent makes of a collector that refuses, forgets, or falls silent. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AgentConfig } from '#agent/config.ts'
import { parseEvent, type Event } from '#shared/event/event.ts'
import { systemClock, type Clock } from '#shared/vocabulary/clock.ts'
import type { Refusal } from '#shared/wire/messages.ts'
import { scriptedCollector, type ScriptedCollector } from '../support/scripted-collector.ts'
import { runAgent } from '../support/whole-system.ts'
import { eventually } from '../support/eventually.ts'

const configOf = ({ address, caPin, dataDir }: ScriptedCollector, over: Partial<AgentConfig> = {}): AgentConfig => ({
  collectors: [address],
  caPin,
  dataDir,
  journalLimitBytes: 64 * 1024 * 1024,
  declaredMedia: [],
  log: { level: 'error' },
  ...over,
})
const eventsOf = (lines: readonly string[] | undefined): Event[] =>
  (lines ?? []).flatMap((line) => {
    const parsed = parseEvent(line)
    return parsed.ok ? [parsed.event] : []
  })
const kindsOf = (lines: readonly string[] | undefined): string[] => eventsOf(lines).map(({ kind }) => kind)

test.for<Refusal>(['fork', 'root', 'signature', 'start'])(
  'refused with %s it begins a log that follows the last receipt, and logs there what had none',
  async (code) => {
    await using collector = await scriptedCollector()
    const accepted: string[] = []
    let refusals = 0
    collector.onBatch = ({ epoch, from, accept, bye }) => {
      if (refusals === 0 && from > 0) {
        refusals++
        return bye({ reason: 'refused', code, epoch, from })
      }
      if (!accepted.includes(epoch)) accepted.push(epoch)
      return accept()
    }
    const medium = join(collector.dataDir, 'medium')
    await mkdir(medium)
    await using _agent = await runAgent(configOf(collector, { declaredMedia: [{ path: medium }] }))
    await writeFile(join(medium, 'one.txt'), 'one')
    await eventually(() => expect(kindsOf(collector.held.get(accepted[1] ?? ''))).toContain('file.identified'))

    const [first = '', second = ''] = accepted
    const [started, ...again] = eventsOf(collector.held.get(second))
    expect(started).toMatchObject({
      kind: 'agent.started',
      detail: { previous: { epoch: first, size: collector.held.get(first)?.length, ended: 'refused' } },
    })
    // Together they are the one life, nothing missing and nothing twice.
    const monos = [...eventsOf(collector.held.get(first)), ...again].map(({ mono }) => mono)
    expect(monos).toEqual(monos.toSorted((a, b) => a - b))
    expect(
      kindsOf(collector.held.get(first))
        .concat(again.map(({ kind }) => kind))
        .filter((k) => k === 'file.copied'),
    ).toHaveLength(1)
  },
)

test.for<Refusal>(['size', 'malformed'])(
  'an entry refused with %s comes again as a tombstone, and the log goes on',
  async (code) => {
    await using collector = await scriptedCollector()
    let refused = false
    collector.onBatch = ({ epoch, from, entries, accept, bye }) => {
      const at = entries.findIndex(({ line }) => line?.includes('agent.coverage'))
      if (refused || at < 0) return accept()
      refused = true
      return bye({ reason: 'refused', code, epoch, from, index: from + at })
    }
    await using _agent = await runAgent(configOf(collector))
    await eventually(() => {
      const [lines = []] = [...collector.held.values()]
      expect(lines.filter((line) => line === `tombstone: ${code}`)).toHaveLength(1)
      expect(kindsOf(lines)).toContain('agent.coverage')
      expect(kindsOf(lines)[0]).toBe('agent.started')
    })
    expect(collector.held.size).toBe(1)
  },
)

test('a collector that was restored from a backup gets again what it lost', async () => {
  await using collector = await scriptedCollector()
  const config = configOf(collector)
  {
    await using _agent = await runAgent(config)
    await eventually(() => expect(kindsOf([...collector.held.values()][0])).toContain('agent.coverage'))
  }
  const [[epoch, lines] = ['', []]] = [...collector.held]
  collector.held.set(epoch, lines.slice(0, 2))
  await using _agent = await runAgent(config)
  await eventually(() => {
    expect(collector.held.get(epoch)).toEqual(lines)
    expect(collector.held.size).toBe(2)
  })
})

test('a receipt that was lost is asked for again, from the last one that came', async () => {
  await using collector = await scriptedCollector()
  const medium = join(collector.dataDir, 'medium')
  await mkdir(medium)
  const froms: number[] = []
  let lost = false
  collector.onBatch = ({ from, accept, bye }) => {
    froms.push(from)
    if (from === 0 || lost) return accept()
    lost = true
    collector.alive = false // it takes it, and the answer is lost on the way
    accept()
    collector.alive = true
    return bye({ reason: 'shutdown' })
  }
  await using _agent = await runAgent(configOf(collector, { declaredMedia: [{ path: medium }] }))
  await eventually(() => expect(collector.held.size).toBe(1))
  await writeFile(join(medium, 'one.txt'), 'one')
  await eventually(() => {
    expect(collector.greetings).toHaveLength(2)
    expect(kindsOf([...collector.held.values()][0])).toContain('file.identified')
  })
  const again = froms.findIndex((from, i) => i > 0 && froms[i - 1] === from)
  expect(froms[again]).toBeGreaterThan(0)
})

test('a peer that falls silent is left within 30 s, and the agent greets anew', async () => {
  // Twenty times as fast for whatever waits; wall clock as it is.
  const clock: Clock = {
    ...systemClock,
    monotonic: () => systemClock.monotonic() * 20,
    sleep: (ms, signal) => systemClock.sleep(ms / 20, signal),
  }
  await using collector = await scriptedCollector()
  await using _agent = await runAgent(configOf(collector), clock)
  await eventually(() => expect(collector.greetings).toHaveLength(1))
  collector.alive = false
  const silentSince = clock.monotonic()
  await eventually(() => expect(collector.greetings.length).toBeGreaterThan(1))
  expect(clock.monotonic() - silentSince).toBeLessThan(45_000) // 30 s to notice, and a first wait of a second
  collector.alive = true
  await eventually(() => expect(collector.held.size).toBe(1))
})
