/** Evidence made by shared/ is opened by a program that shares no code with it: Go, with Debian's packages for signed
 *  notes and transparency logs. Skipped, with the reason, where they are not installed. */
import { execFile, execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { encodeEvent } from '#shared/event/event.ts'
import { agentKeyName, collectorKeyName, makeReceipt, signCheckpoint } from '#shared/evidence/checkpoint.ts'
import { append, emptyFrontier, leafHash } from '#shared/evidence/merkle.ts'
import { cosignatureVerifierKey, noteVerifierKey } from '#shared/evidence/note.ts'
import { writeTombstone } from '#shared/wire/entries.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Where Debian puts Go packages. */
const GOPATH = '/usr/share/gocode'
const missing = ((): string | undefined => {
  if (!existsSync(`${GOPATH}/src/golang.org/x/mod/sumdb/note`)) return 'golang-golang-x-mod-dev is not installed'
  try {
    execFileSync('go', ['version'])
    return undefined
  } catch {
    return 'golang-go is not installed'
  }
})()
if (missing !== undefined) console.log(`foreign implementation skipped: ${missing}`)

const run = promisify(execFile)

const boot = randomUUID()
const event = (at: number): string => {
  const line = encodeEvent({
    v: 1,
    salt: randomBytes(16).toString('hex'),
    at: '2026-01-02T03:04:05.678+08:00',
    mono: at,
    boot,
    kind: 'net.link-up',
    found: 'live',
    // Each character that is escaped, some that are not, and one that is no character.
    subject: {
      interface: {
        index: at,
        name: '网卡\u0000\b\t\n\u001f"\\/<\u007f\u2028😀\ud800',
        type: 'ethernet',
        card: 'c0'.repeat(16),
      },
    },
    verdicts: [],
    detail: {},
  })
  if (line === undefined) throw new Error('an event of the test is none')
  return line
}

describe.skipIf(missing !== undefined)('the foreign implementation', () => {
  let folder: string
  let program: string
  const check = async (...args: string[]): Promise<string> => {
    try {
      return (await run(program, args)).stdout.trim()
    } catch (error) {
      return String(Reflect.get(Object(error), 'stderr')).trim()
    }
  }

  beforeAll(async () => {
    const made = temporaryFolder()
    folder = made.path
    program = join(folder, 'check')
    await run('go', ['build', '-o', program, '.'], {
      cwd: fileURLToPath(new URL('../independent/go/', import.meta.url)),
      env: { ...process.env, GO111MODULE: 'off', GOPATH, GOFLAGS: '', GOCACHE: join(folder, 'cache') },
    })
    return made.remove
  }, 180_000)

  /** A log of that size with fresh keys, written out for somebody else to open. */
  async function exportLog(size: number): Promise<void> {
    const [agent, collector, epoch] = [randomUUID(), randomUUID(), randomUUID()]
    const { privateKey: agentKey } = generateKeyPairSync('ed25519')
    const { privateKey: collectorKey } = generateKeyPairSync('ed25519')
    const lines = Array.from({ length: size }, (_, at) => event(at))
    const frontier = append(emptyFrontier, lines.map(leafHash))
    const checkpoint = signCheckpoint({ agent, epoch, frontier }, { name: agentKeyName(agent), privateKey: agentKey })
    const cosigner = { name: collectorKeyName(collector), privateKey: collectorKey }
    const entries = lines.map((line, at) => (at % 3 === 2 ? writeTombstone(leafHash(line), 'evicted') : line))
    const files = {
      'keys.json': JSON.stringify({
        agent: noteVerifierKey(agentKeyName(agent), agentKey),
        collector: cosignatureVerifierKey(cosigner.name, collectorKey),
      }),
      'entries.txt': `${entries.join('\n')}\n`,
      'checkpoint.txt': checkpoint,
      'receipt.txt': makeReceipt(checkpoint, cosigner, 1_800_000_000),
    }
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  }

  test('agrees with every vector', async () => {
    expect(await check('vectors', fileURLToPath(new URL('../fixtures/protocol/', import.meta.url)))).toBe('all holds')
  })

  test.for([1, 2, 3, 7, 64, 201])('opens a log of %i entries', async (size) => {
    await exportLog(size)
    expect(await check('log', folder)).toBe('all holds')
  })

  test('finds one changed byte in entries, checkpoint or receipt, wherever it is', async () => {
    await exportLog(2) // without a tombstone: its reason is a hint and no evidence
    for (const name of ['entries.txt', 'checkpoint.txt', 'receipt.txt']) {
      const file = join(folder, name)
      const good = await readFile(file)
      // Each 13th byte: the last newline of the entries is no evidence, nor are the unused bits at the end of base64.
      for (let at = 0; at < good.length - 1; at += 13) {
        const bad = Buffer.from(good)
        bad.writeUInt8(bad.readUInt8(at) ^ 1, at)
        await writeFile(file, bad)
        expect(await check('log', folder), `${name} byte ${at}`).not.toBe('all holds')
      }
      await writeFile(file, good)
    }
    expect(await check('log', folder)).toBe('all holds')
  })
})
