/** The operator's log is bounded, and a disk that was full for a moment costs the lines of that moment and no more. */
import { mkdtempSync, readdirSync, readFileSync, rmdirSync, statSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openLog as openAgentLog } from '#agent/log.ts'
import { rotatedFile as ofAgent } from '#agent/rotated-file.ts'
import { openLog as openCollectorLog } from '#collector/log.ts'
import { rotatedFile as ofCollector } from '#collector/rotated-file.ts'

const folder = (): string => mkdtempSync(join(tmpdir(), 'shoumi-log-'))

describe.each([
  ['agent', ofAgent, (file: string) => openAgentLog({ level: 'info', file })],
  ['collector', ofCollector, (file: string) => openCollectorLog({ dataDir: '', log: { level: 'info', file } })],
] as const)('the log of the %s', (_, rotatedFile, openLog) => {
  test('goes on once its file can be written again, and says how many lines were lost', async () => {
    const file = join(folder(), 'log')
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

  test('is as many files of a size, the newest under its own name', () => {
    const directory = folder()
    const file = join(directory, 'log')
    const stream = rotatedFile(file, { bytes: 100, files: 3 })
    for (let at = 0; at < 50; at += 1) stream.write(`line ${String(at).padStart(2, '0')}\n`)
    expect(readdirSync(directory).toSorted()).toEqual(['log', 'log.1', 'log.2'])
    for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).size).toBeLessThanOrEqual(100)
    expect(readFileSync(file, 'utf8')).toContain('line 49')
    expect(readFileSync(`${file}.1`, 'utf8') + readFileSync(file, 'utf8')).toMatch(/^line 36\n[^]*line 49\n$/)
  })
})
