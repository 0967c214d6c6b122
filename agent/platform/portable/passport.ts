/** The hardware passport, by systeminformation in a child process: its calls may block for seconds and start programs. */
import { spawn } from 'node:child_process'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Passport } from '#shared/wire/enrolment.ts'

/** A slow machine under load took 24 s. Nothing waits for it but the enrolment: without it an endpoint would stay pending. */
const LIMIT_MS = 60_000
const LIMIT_BYTES = 1 << 20 // a server with 100 interfaces prints 100 KiB
const LIMIT_HEAP_MIB = 64 // it needs 10

export interface PassportOptions {
  /** The file of passport-child: beside this one, or where a bundle ships it. */
  entry: string
  limitMs?: number
}

/** What the hardware says of itself. What it does not say, or not in time, is absent: *unknown*, never *none*. Reads
 *  anew at each call; never rejects. The child gets no token, and ends with all that it started, at once where `signal`
 *  aborts. */
export const passportBy =
  ({ entry, limitMs = LIMIT_MS }: PassportOptions, clock: Clock): ((signal?: AbortSignal) => Promise<Passport>) =>
  async (signal) =>
    passportOf(await answerOf(entry, limitMs, clock, signal))

const Text = Type.Optional(Type.Unknown())
const Answer = Type.Object({
  machine: Type.Optional(Type.Object({ manufacturer: Text, model: Text, serial: Text })),
  board: Type.Optional(Type.Object({ serial: Text })),
  disks: Type.Optional(Type.Array(Type.Object({ serialNum: Text }))),
  links: Type.Optional(Type.Array(Type.Object({ mac: Text, internal: Text, virtual: Text }))),
  os: Type.Optional(Type.Object({ distro: Text, release: Text, kernel: Text, arch: Text })),
  processor: Type.Optional(Type.Object({ manufacturer: Text, brand: Text })),
  memory: Type.Optional(Type.Object({ total: Text })),
})
type Answer = Static<typeof Answer>

/** What firmware says when nobody filled it in. */
const EMPTY =
  /^(-|n\/?a|none|unknown|not (specified|applicable|available|provided)|default string|to be filled.*|system (serial number|manufacturer|product name)|0+|x+|(00:){5}00)$/i

const said = (...parts: unknown[]): string | undefined => {
  const words = parts.flatMap((part) => (typeof part === 'string' && !EMPTY.test(part.trim()) ? [part.trim()] : []))
  return words.join(' ').trim().slice(0, 512) || undefined
}
const list = (all: readonly (string | undefined)[], max: number): string[] | undefined => {
  const given = [...new Set(all.filter((one) => one !== undefined))].toSorted().slice(0, max)
  return given.length === 0 ? undefined : given
}

export function passportOf(answer: unknown): Passport {
  if (!Value.Check(Answer, answer)) return {}
  const { machine, board, disks = [], links = [], os, processor, memory }: Answer = answer
  const bytes = memory?.total
  return present({
    manufacturer: said(machine?.manufacturer),
    model: said(machine?.model),
    serial: said(machine?.serial),
    boardSerial: said(board?.serial),
    diskSerials: list(
      disks.map((disk) => said(disk.serialNum)),
      32,
    ),
    macs: list(
      links.map((one) => (one.internal === true || one.virtual === true ? undefined : said(one.mac))),
      64,
    ),
    os: said(os?.distro, os?.release, os?.kernel, os?.arch),
    cpu: said(processor?.manufacturer, processor?.brand),
    memoryBytes: typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined,
  })
}

/** Without what is unknown. */
const present = (all: { [K in keyof Passport]: Passport[K] | undefined }): Passport =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))

/** The child needs to find programs and its own temporary folder, and shall know nothing else of us. */
const PASSED_ON = ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'windir', 'ComSpec']
const passedOn = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED_ON.includes(name)))

async function answerOf(entry: string, limitMs: number, clock: Clock, signal?: AbortSignal): Promise<unknown> {
  const ended = new AbortController()
  const enough = signal === undefined ? ended.signal : AbortSignal.any([ended.signal, signal])
  const child = spawn(process.execPath, [`--max-old-space-size=${LIMIT_HEAP_MIB}`, entry], {
    env: passedOn(),
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: process.platform !== 'win32', // a group of its own, so that what it started ends with it
  })
  const output = new Promise<string>((resolve) => {
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
      if (text.length > LIMIT_BYTES) resolve('')
    })
    child.on('error', () => resolve(''))
    child.on('close', () => resolve(text))
  })
  const text = await Promise.race([output, clock.sleep(limitMs, enough).then(() => '')])
  ended.abort()
  end(child.pid)
  try {
    return JSON.parse(text)
  } catch {
    return undefined // cut off, killed, or nothing: all unknown
  }
}

function end(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    // it has ended by itself
  }
}
