/** The operator's log is bounded, and a disk that was full for a moment costs the lines of that moment and no more. */
import { mkdirSync, readdirSync, readFileSync, rmSync, rmdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openLog as openAgentLog } from '#agent/log.ts'
import { rotatedFile } from '#base/rotated-file.ts'
import { openLog as openCollectorLog } from '#collector/log.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { folderOfTest } from '../support/folder-of-test.ts'

const silent = { clock: systemClock, say: () => undefined }

describe.each([
  ['agent', (file: string) => ({ ...openAgentLog({ level: 'info', file }, silent), async [Symbol.asyncDispose]() {} })],
  ['collector', (file: string) => openCollectorLog({ dataDir: '', log: { level: 'info', file } })],
] as const)('the log of the %s', (_, openLog) => {
  test('goes on once its file can be written again, and says how many lines were lost', async () => {
    const file = join(folderOfTest(), 'log')
    mkdirSync(file) // a folder where the file should be takes no line
    {
      await using log = openLog(file)
      for (let at = 0; at < 40; at += 1) log.info(`lost ${at}`)
      await new Promise((resolve) => void setImmediate(resolve))
      rmdirSync(file)
      log.info('kept')
    }
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ lost: 40 }, { message: 'kept' }])
  })

  test('takes a line after it has ended without harm: a peer may be turned away that late', async () => {
    const file = join(folderOfTest(), 'log')
    const log = openLog(file)
    log.info('kept')
    await log[Symbol.asyncDispose]()
    expect(() => log.info('late')).not.toThrow()
    await new Promise((resolve) => void setImmediate(resolve)) // where winston would throw
    expect(readFileSync(file, 'utf8')).toContain('kept')
  })

  test('keeps no line below its level, and the fields beside the sentence', async () => {
    const file = join(folderOfTest(), 'log')
    {
      await using log = openLog(file)
      log.debug('not kept')
      log.info('kept', { what: '网卡', count: 2 })
    }
    const [line = '', ...more] = readFileSync(file, 'utf8').split('\n').filter(Boolean)
    expect(more).toEqual([])
    expect(JSON.parse(line)).toEqual({
      level: 'info',
      message: 'kept',
      what: '网卡',
      count: 2,
      timestamp: expect.stringMatching(/^2/),
    })
  })
})

test('the agent says on the standard error what it keeps, as a person reads it', () => {
  const said: string[] = []
  const log = openAgentLog({ level: 'warn' }, { clock: systemClock, say: (line) => void said.push(line) })
  log.info('below')
  log.warn('The collector is gone', { why: 'refused' })
  log.error('Alone')
  expect(said).toEqual([
    expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d warn The collector is gone \{"why":"refused"\}$/),
    expect.stringMatching(/ error Alone$/),
  ])
})

describe('a rotated file', () => {
  test('is as many files of a size, the newest under its own name', () => {
    const directory = folderOfTest()
    const file = join(directory, 'log')
    const stream = rotatedFile(file, { bytes: 100, files: 3 })
    for (let at = 0; at < 50; at += 1) stream.write(`line ${String(at).padStart(2, '0')}\n`)
    expect(readdirSync(directory).toSorted()).toEqual(['log', 'log.1', 'log.2'])
    for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).size).toBeLessThanOrEqual(100)
    expect(readFileSync(file, 'utf8')).toContain('line 49')
    expect(readFileSync(`${file}.1`, 'utf8') + readFileSync(file, 'utf8')).toMatch(/^line 36\n[^]*line 49\n$/)
  })

  test('follows no link that lies in its place', () => {
    const directory = folderOfTest()
    const [file, planted] = [join(directory, 'log'), join(directory, 'planted')]
    writeFileSync(planted, 'of another')
    symlinkSync(planted, file)
    const stream = rotatedFile(file, { bytes: 100, files: 3 })
    stream.write('lost\n')
    rmSync(file)
    stream.write('kept\n')
    expect(readFileSync(planted, 'utf8')).toBe('of another')
    expect(readFileSync(file, 'utf8')).toMatch(/"lost":1\}\nkept\n$/)
  })
})
