import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, copyFileSync, openSync, readdirSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FirstLine, Journal } from '#agent/journal/journal.ts'
import { openJournal } from '#agent/journal/journal.ts'
import { JournalFullError } from '#agent/journal/format.ts'
import type { Previous } from '#shared/event/kinds.ts'
import { append, emptyFrontier, leafHash, rootOf } from '#shared/evidence/merkle.ts'
import { readEntries, writeEntries } from '#shared/wire/entries.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { folderOfTest } from '../../support/folder-of-test.ts'

const MIB = 1024 * 1024
const open = (directory: string, limitBytes = 64 * MIB): Journal =>
  openJournal({ file: join(directory, 'journal.db'), limitBytes }, { clock: manualClock() })
const boot = '44444444-4444-4444-8444-444444444444'
const otherBoot = '55555555-5555-4555-8555-555555555555'
const first: FirstLine = (previous, again) =>
  JSON.stringify({ started: true, ...(previous && { previous }), ...(again && { again }) })
const epochOf = (journal: Journal): string => journal.logs().at(-1)?.epoch ?? ''
const rootHex = (lines: readonly string[]): string =>
  rootOf(
    append(
      emptyFrontier,
      lines.map((line) => leafHash(line)),
    ),
  ).toString('hex')
const receipt = (epoch: string, size: number, seconds = 1_000) => ({
  agent: '',
  epoch,
  size,
  seconds,
  root: Buffer.alloc(32),
})

function overwrite(file: string, at: number, bytes: Buffer): void {
  const handle = openSync(file, 'r+')
  writeSync(handle, bytes, 0, bytes.length, at)
  closeSync(handle)
}

async function linesOf(journal: Journal, epoch: string): Promise<string[]> {
  const lines: string[] = []
  const size = journal.logs().find((log) => log.epoch === epoch)?.size ?? 0
  while (lines.length < size) {
    const batch = await journal.read(epoch, lines.length)
    if (batch === undefined || batch.entries.length === 0) throw new Error('A hole in the log.')
    lines.push(...batch.entries)
  }
  return lines
}
const previousIn = (line: string | undefined): Previous => JSON.parse(line ?? '').previous

describe('journal', () => {
  test('a journal cut off anywhere after its last promise holds all it promised, once, in order', async () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => JSON.stringify({ text }))
    const batches = fc.array(fc.array(line, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(batches, fc.nat(), fc.nat(), async (all, which, where) => {
        const [from, to] = [folderOfTest(), folderOfTest()]
        await using journal = open(from)
        await journal.begin(boot, first)
        const walBytes = (): number => statSync(join(from, 'journal.db-wal')).size
        const promises = [{ size: 1, walBytes: walBytes() }]
        for (const lines of all) promises.push({ size: await journal.append(lines), walBytes: walBytes() })
        const promise = promises[which % promises.length] ?? { size: 0, walBytes: 0 }
        const cut = promise.walBytes + (where % (walBytes() - promise.walBytes + 1))
        for (const name of ['journal.db', 'journal.db-wal']) copyFileSync(join(from, name), join(to, name))
        truncateSync(join(to, 'journal.db-wal'), cut)

        await using again = open(to)
        const found = await linesOf(again, epochOf(again))
        const written = [first(undefined), ...all.flat()]
        expect(found).toEqual(written.slice(0, found.length))
        expect(found.length).toBeGreaterThanOrEqual(promise.size)
        await again.begin(boot, first)
        const [opening] = await linesOf(again, epochOf(again))
        expect(previousIn(opening)).toMatchObject({ size: found.length, root: rootHex(found), ended: 'unclean' })
      }),
      { numRuns: 40 },
    )
  })

  test('a killed process loses nothing that it was promised', async () => {
    const directory = folderOfTest()
    const script = `
      import { openJournal } from ${JSON.stringify(fileURLToPath(import.meta.resolve('#agent/journal/journal.ts')))}
      import { systemClock } from ${JSON.stringify(fileURLToPath(import.meta.resolve('#shared/vocabulary/clock.ts')))}
      const journal = openJournal({ file: ${JSON.stringify(join(directory, 'journal.db'))}, limitBytes: ${64 * MIB} }, { clock: systemClock })
      await journal.begin(${JSON.stringify(boot)}, () => '{"started":true}')
      for (let i = 1; ; i++) process.stdout.write(await journal.append(['{"i":' + i + '}']) + '\\n')`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.split('\n').length > 200) child.kill('SIGKILL')
    })
    await once(child, 'close')
    const promised = Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1))
    await using journal = open(directory)
    const found = await linesOf(journal, epochOf(journal))
    expect(found).toEqual(['{"started":true}', ...found.slice(1).map((_, i) => `{"i":${i + 1}}`)])
    expect(found.length).toBeGreaterThanOrEqual(promised)
    expect(promised).toBeGreaterThan(100)
  })

  test('callers at the same moment share one commit, each told the size after its own lines', async () => {
    await using journal = open(folderOfTest())
    await journal.begin(boot, first)
    let commits = 0
    journal.onGrown(() => commits++)
    const sizes = await Promise.all(Array.from({ length: 20 }, (_, i) => journal.append([`{"a":${i}}`, `{"b":${i}}`])))
    expect(sizes).toEqual(Array.from({ length: 20 }, (_, i) => 3 + 2 * i))
    expect(commits).toBe(1)
  })

  test('each run names the one before it: its size, its root and how it ended', async () => {
    const directory = folderOfTest()
    {
      await using journal = open(directory)
      await journal.begin(boot, first)
      expect(previousIn((await linesOf(journal, epochOf(journal)))[0])).toBeUndefined()
      await journal.append(['{"a":1}'])
      await journal.endClean()
    }
    await using journal = open(directory)
    const [before] = journal.logs()
    await journal.begin(boot, first)
    const root = rootHex([first(undefined), '{"a":1}'])
    const [opening] = await linesOf(journal, epochOf(journal))
    expect(previousIn(opening)).toMatchObject({ epoch: before?.epoch, size: 2, root, ended: 'clean' })
  })

  test('reads from any place in messages within their bounds, with the frontier that signs the next checkpoint', async () => {
    await using journal = open(folderOfTest())
    await journal.begin(boot, first)
    const long = `{"long":"${'长'.repeat(20_000)}"}` // 60 kB: four of them and a bit fill a message
    const lines = [...Array.from({ length: 700 }, (_, i) => `{"i":${i}}`), ...Array.from({ length: 9 }, () => long)]
    await journal.append(lines)
    const all = [first(undefined), ...lines]
    for (const from of [0, 1, 333, 701, 5, 709]) {
      const batch = await journal.read(epochOf(journal), from)
      const entries = batch?.entries ?? []
      expect(entries).toEqual(all.slice(from, from + entries.length))
      expect(batch && rootOf(batch.frontier).toString('hex')).toBe(rootHex(all.slice(0, from + entries.length)))
      const body = Buffer.from(writeEntries(entries, 'checkpoint'))
      expect(body.length).toBeLessThan(320 * 1024)
      expect(readEntries(body, 500)).toMatchObject({ ok: true, checkpoint: 'checkpoint' })
    }
    expect(await journal.read(epochOf(journal), 710)).toMatchObject({ entries: [] })
    expect(await journal.read(epochOf(journal), 711)).toBeUndefined()
    expect(await journal.root(epochOf(journal), 300)).toEqual(Buffer.from(rootHex(all.slice(0, 300)), 'hex'))
  })

  test('an entry that is refused is sent as a tombstone with the same root', async () => {
    await using journal = open(folderOfTest())
    await journal.begin(boot, first)
    await journal.append(['{"bad":1}', '{"good":1}'])
    await journal.bury(epochOf(journal), 1, 'malformed')
    const batch = await journal.read(epochOf(journal), 1)
    expect(batch?.entries).toEqual([JSON.stringify([leafHash('{"bad":1}').toString('hex'), 'malformed']), '{"good":1}'])
    expect(batch && rootOf(batch.frontier).toString('hex')).toBe(rootHex([first(undefined), '{"bad":1}', '{"good":1}']))
  })

  test.for([0, 2, 3])('after a refusal what had no receipt moves into a new log (%i receipted)', async (receipted) => {
    await using journal = open(folderOfTest())
    await journal.begin(boot, first)
    await journal.append(['{"a":1}', '{"b":2}'])
    const epoch = epochOf(journal)
    // A receipt and a refusal that come in one breath: the receipt counts.
    await Promise.all([journal.acknowledge(receipt(epoch, receipted), 'note'), journal.beginAnew(epoch, first)])
    await journal.append(['{"c":3}'])

    const written = [first(undefined), '{"a":1}', '{"b":2}']
    const [opening, ...rest] = await linesOf(journal, epochOf(journal))
    expect(rest).toEqual([...written.slice(receipted), '{"c":3}'])
    const root = rootHex(written.slice(0, receipted))
    // Where all of it moved it has gone, and is not named: it had named none.
    const { epoch: names, size, root: itsRoot, ended } = previousIn(opening) ?? {}
    const named = receipted === 0 ? [] : [epoch, receipted, root, 'refused']
    expect([names, size, itsRoot, ended].filter((part) => part !== undefined)).toEqual(named)
    expect(journal.logs().slice(0, -1)).toEqual(receipted === 0 ? [] : [{ epoch, size: receipted, receipted }])
    expect(await journal.root(epochOf(journal), rest.length + 1)).toEqual(
      Buffer.from(rootHex([opening ?? '', ...rest]), 'hex'),
    )
  })

  test('an earlier log that is refused is written again in its own boot and place, and recording goes on where it was', async () => {
    const directory = folderOfTest()
    const stamped = '{"at":"2026-01-02T03:04:05.678+08:00","mono":7}'
    {
      await using journal = open(directory)
      await journal.begin(boot, first)
      await journal.append([stamped, '{"b":2}'])
    }
    await using journal = open(directory)
    await journal.begin(otherBoot, first)
    const [refused, running] = journal.logs().map(({ epoch }) => epoch)
    await journal.acknowledge(receipt(refused ?? '', 1), 'note')
    await journal.beginAnew(refused ?? '', first)
    await journal.append(['{"c":3}'])

    const epochs = journal.logs().map(({ epoch }) => epoch)
    expect(epochs).toEqual([refused, expect.any(String), running])
    const [opening, ...rest] = await linesOf(journal, epochs[1] ?? '')
    expect(JSON.parse(opening ?? '').again).toEqual({
      boot,
      since: { at: '2026-01-02T03:04:05.678+08:00', mono: 7 },
    })
    expect(previousIn(opening)).toMatchObject({ epoch: refused, size: 1, ended: 'refused' })
    expect(rest).toEqual([stamped, '{"b":2}'])
    const last = await linesOf(journal, running ?? '')
    expect(last.slice(1)).toEqual(['{"c":3}'])
    expect(previousIn(last[0])).toMatchObject({ epoch: refused, size: 3, ended: 'unclean' }) // as it was
  })

  test('a replacement of a replacement names what the first had named', async () => {
    const directory = folderOfTest()
    for (let run = 0; run < 2; run++) {
      await using journal = open(directory)
      await journal.begin(boot, first)
      await journal.endClean()
    }
    await using journal = open(directory)
    const [before, refused] = journal.logs().map(({ epoch }) => epoch)
    await journal.begin(otherBoot, first)
    await journal.beginAnew(refused ?? '', first)
    await journal.beginAnew(journal.logs()[1]?.epoch ?? '', first)
    const [, again] = journal.logs().map(({ epoch }) => epoch)
    const lines = await linesOf(journal, again ?? '')
    expect(lines.map((line) => previousIn(line))).toMatchObject([
      { epoch: before, size: 1, ended: 'refused' },
      { epoch: before, size: 1, ended: 'refused' },
      { epoch: before, size: 1, ended: 'clean' },
    ])
  })

  test('a log that is refused while the agent stops has ended in order all the same', async () => {
    const directory = folderOfTest()
    {
      await using journal = open(directory)
      await journal.begin(boot, first)
      await journal.endClean()
      await journal.beginAnew(epochOf(journal), first)
    }
    await using journal = open(directory)
    await journal.begin(boot, first)
    expect(previousIn((await linesOf(journal, epochOf(journal)))[0])).toMatchObject({ ended: 'clean', size: 2 })
  })

  test('whatever is refused, in whatever order, across crashes, runs and boots: every line once, in its boot, in order', async () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constant('append' as const), lines: fc.integer({ min: 1, max: 4 }) }),
      },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('refuse' as const), log: fc.nat({ max: 5 }) }) },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant('receipt' as const),
          log: fc.nat({ max: 5 }),
          more: fc.nat({ max: 5 }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constant('run' as const), clean: fc.boolean(), reboot: fc.boolean() }),
      },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const directory = folderOfTest()
        const written: string[] = [] // in the order in which it happened
        const ever = new Map<string, string[]>() // each log with all that it ever held
        let boots = 0
        let journal = open(directory)
        const begin: FirstLine = (previous, again) => {
          const line = JSON.stringify({
            n: written.length,
            boot: again?.boot ?? String(boots),
            started: true,
            previous,
            again,
          })
          if (again === undefined) written.push(line)
          return line
        }
        const note = async (): Promise<void> => {
          for (const { epoch, size } of journal.logs()) {
            const known = ever.get(epoch) ?? []
            if (size > known.length) ever.set(epoch, await linesOf(journal, epoch))
          }
        }
        await journal.begin(String(boots), begin)
        for (const each of steps) {
          const logs = journal.logs()
          const log = logs[('log' in each ? each.log : 0) % logs.length]
          if (each.do === 'append') {
            const lines = Array.from({ length: each.lines }, (_, i) =>
              JSON.stringify({ n: written.length + i, boot: String(boots) }),
            )
            written.push(...lines)
            await journal.append(lines)
          } else if (each.do === 'refuse' && log) await journal.beginAnew(log.epoch, begin)
          else if (each.do === 'receipt' && log) {
            const size = Math.min(log.size, log.receipted + each.more)
            await journal.acknowledge(receipt(log.epoch, size), 'note')
          } else if (each.do === 'run') {
            if (each.clean) await journal.endClean()
            await note()
            await journal[Symbol.asyncDispose]()
            if (each.reboot) boots++
            journal = open(directory)
            await journal.begin(String(boots), begin)
          }
          await note()
        }
        const logs = await Promise.all(
          journal.logs().map(async ({ epoch }) => ({ epoch, lines: await linesOf(journal, epoch) })),
        )
        await journal[Symbol.asyncDispose]()
        const parsed = logs.map(({ lines }) => lines.map((line) => JSON.parse(line)))
        expect(parsed.map((lines) => new Set(lines.map((line) => line.boot)).size)).toEqual(logs.map(() => 1))
        expect(logs.flatMap(({ lines }) => lines).filter((line) => JSON.parse(line).again === undefined)).toEqual(
          written,
        )
        for (const [at, { lines }] of logs.entries()) {
          const previous = JSON.parse(lines[0] ?? '').previous as Previous | undefined
          if (previous === undefined) continue
          const named = ever.get(previous.epoch) ?? []
          expect(rootHex(named.slice(0, previous.size))).toBe(previous.root)
          const stands = logs.findIndex(({ epoch }) => epoch === previous.epoch)
          expect(stands).toBeLessThan(at) // or it has gone, for it was refused itself
        }
      }),
      { numRuns: 60 },
    )
  })

  test('keeps the newest receipt, and takes no older one for newer', async () => {
    const directory = folderOfTest()
    {
      await using journal = open(directory)
      await journal.begin(boot, first)
      await journal.append(['{"a":1}'])
      await journal.acknowledge(receipt(epochOf(journal), 2, 200_000), 'newer')
      await journal.acknowledge(receipt(epochOf(journal), 1, 100_000), 'older')
    }
    await using journal = open(directory)
    expect(journal.newestReceipt()).toBe('newer')
    expect(journal.logs()).toMatchObject([{ size: 2, receipted: 2 }])
  })

  test('logs go whole, once all of them is receipted and old; never the one that is written', async () => {
    await using journal = open(folderOfTest())
    for (let run = 0; run < 3; run++) await journal.begin(boot, first)
    const [old, unreceipted, current] = journal.logs().map(({ epoch }) => epoch)
    await journal.acknowledge(receipt(old ?? '', 1, 1_000), 'a')
    await journal.acknowledge(receipt(current ?? '', 1, 1_000), 'c')
    await journal.prune(1_000)
    expect(journal.logs()).toHaveLength(3)
    await journal.prune(1_001)
    expect(journal.logs().map(({ epoch }) => epoch)).toEqual([unreceipted, current])
  })

  test('at its bound it takes nothing more, loses nothing, and goes on once a receipted log has made room', async () => {
    await using journal = open(folderOfTest(), 16 * 4096)
    await journal.begin(boot, first)
    const line = `{"x":"${'x'.repeat(1000)}"}`
    const fillUp = async (): Promise<number> => {
      for (let taken = 0; taken < 1000; taken++) {
        const full = await journal.append([line]).then(
          () => false,
          (error: unknown) => error instanceof JournalFullError,
        )
        if (full) return taken
      }
      throw new Error('It never filled up.')
    }
    const taken = await fillUp()
    const epoch = epochOf(journal)
    expect(await linesOf(journal, epoch)).toEqual([first(undefined), ...Array<string>(taken).fill(line)])
    expect(journal.fill().bytes).toBeLessThanOrEqual(journal.fill().limitBytes)
    await journal.acknowledge(receipt(epoch, taken + 1), 'note')
    await journal.beginAnew(epoch, first)
    expect(await fillUp()).toBeGreaterThan(taken / 2)
    expect(journal.logs()).toHaveLength(1)
  })

  test.for([
    ['garbage from the first byte', 0],
    ['garbage in its tables', 8192],
  ] as const)('a damaged file is moved aside and kept, and a new one begins: %s', async ([, from]) => {
    const directory = folderOfTest()
    const file = join(directory, 'journal.db')
    {
      await using journal = open(directory)
      await journal.begin(boot, first)
      await journal.append(Array.from({ length: 100 }, (_, i) => `{"i":"${String(i).repeat(100)}"}`))
    }
    const size = statSync(file).size
    overwrite(file, from, Buffer.alloc(size - from, 0xa5))

    await using journal = open(directory)
    expect(journal.damaged).toBe(`${file}.damaged-1`)
    expect(readdirSync(directory)).toContain('journal.db.damaged-1')
    await journal.begin(boot, first)
    expect(await journal.append(['{"a":1}'])).toBe(2)
  })

  test('a second agent on the same folder is told so', async () => {
    const directory = folderOfTest()
    await using journal = open(directory)
    await journal.begin(boot, first)
    expect(() => open(directory)).toThrow(/another agent runs on this data folder/)
  })

  test.for([1, 9])('a file of another format is left alone, and one is told what to do: format %i', async (format) => {
    const directory = folderOfTest()
    {
      await using journal = open(directory)
      await journal.begin(boot, first)
    }
    overwrite(join(directory, 'journal.db'), 60, Buffer.from([0, 0, 0, format])) // user_version (sqlite.org/fileformat2.html)
    expect(() => open(directory)).toThrow(
      new RegExp(`has format ${format}, this version knows 2: use the version that wrote it, or move the file away`),
    )
  })
})
