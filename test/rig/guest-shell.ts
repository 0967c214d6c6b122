import type { Socket } from 'node:net'
import { within } from './until.ts'

export interface Result {
  code: number
  stdout: string
  stderr: string
}
export interface Running {
  /** The process's number in the guest; also its group's. */
  pid: number
  /** What it has printed so far. */
  stdout: () => string
  stderr: () => string
  /** Resolves when it has ended, whatever its code (128 + signal, as in a shell); rejects only if the machine is gone. */
  ended: Promise<Result>
  /** To the whole group, as Ctrl-C would. */
  kill: (signal: NodeJS.Signals) => void
}
/** Commands in the guest, over a port of their own: never the console, which the kernel talks on too. */
export interface GuestShell {
  /** Runs a bash command to its end. A code other than 0 is a result, not an error; beyond the limit it is killed and this rejects. */
  sh: (command: string, options?: { timeoutMs?: number; input?: string }) => Promise<Result>
  /** As `sh`, for setting up: gives the output, and rejects with it if the code is not 0. */
  must: (command: string, options?: { timeoutMs?: number; input?: string }) => Promise<string>
  background: (command: string) => Promise<Running>
  /** Sets the guest's wall clock, in ms since 1970, and does not wait. */
  setClock: (wallMs: number) => void
}

interface Frame {
  ready?: true
  id?: number
  pid?: number
  out?: string
  err?: string
  code?: number
}
interface Command {
  out: Buffer[]
  err: Buffer[]
  started: PromiseWithResolvers<number>
  ended: PromiseWithResolvers<Result>
}

/** Resolves when the guest has said that it listens; it is given the host's time with the first word. */
export async function openGuestShell(socket: Socket, bootWithinMs: number): Promise<GuestShell> {
  const commands = new Map<number, Command>()
  const ready = Promise.withResolvers<void>()
  let last = 0

  const send = (message: object): void => {
    const body = Buffer.from(JSON.stringify(message))
    const head = Buffer.alloc(4)
    head.writeUInt32BE(body.length)
    socket.write(Buffer.concat([head, body]))
  }
  const take = ({ id, pid, out, err, code, ...rest }: Frame): void => {
    if (rest.ready) ready.resolve()
    const command = id === undefined ? undefined : commands.get(id)
    if (id === undefined || !command) return
    if (pid !== undefined) command.started.resolve(pid)
    if (out !== undefined) command.out.push(Buffer.from(out, 'base64'))
    if (err !== undefined) command.err.push(Buffer.from(err, 'base64'))
    if (code === undefined) return
    commands.delete(id)
    command.ended.resolve({ code, stdout: text(command.out), stderr: text(command.err) })
  }
  socket.on(
    'data',
    frames((body) => take(JSON.parse(body.toString()) as Frame)),
  )
  socket.once('close', () => {
    const gone = new Error('the machine is gone')
    ready.reject(gone)
    for (const { started, ended } of commands.values()) [started, ended].forEach(({ reject }) => reject(gone))
    commands.clear()
  })

  async function start(command: string, input?: string): Promise<Running> {
    if (socket.destroyed) throw new Error(`the machine is gone, cannot run: ${command}`)
    const id = ++last
    const entry: Command = { out: [], err: [], started: Promise.withResolvers(), ended: Promise.withResolvers() }
    entry.ended.promise.catch(() => undefined) // who does not ask how it ended is not to crash when the machine goes
    commands.set(id, entry)
    send({ id, command, input })
    const pid = await within(30_000, `the guest to start: ${command}`, entry.started.promise)
    return {
      pid,
      stdout: () => text(entry.out),
      stderr: () => text(entry.err),
      ended: entry.ended.promise,
      kill: (signal) => send({ id, signal }),
    }
  }
  const sh: GuestShell['sh'] = async (command, { timeoutMs = 30_000, input } = {}) => {
    const running = await start(command, input)
    try {
      return await within(timeoutMs, `the end of: ${command}`, running.ended)
    } catch (error) {
      if (!socket.destroyed) running.kill('SIGKILL')
      throw new Error(`${command}\n${running.stdout()}${running.stderr()}`, { cause: error })
    }
  }

  await within(bootWithinMs, 'the guest’s shell', ready.promise)
  const setClock = (wallMs: number): void => send({ clock: wallMs })
  setClock(Date.now())
  return {
    sh,
    setClock,
    must: async (command, options) => {
      const { code, stdout, stderr } = await sh(command, options)
      if (code !== 0) throw new Error(`code ${code} from: ${command}\n${stdout}${stderr}`)
      return stdout
    },
    background: (command) => start(command),
  }
}

const text = (pieces: readonly Buffer[]): string => Buffer.concat(pieces).toString()

/** Cuts a stream into the bodies of its length-prefixed frames. */
function frames(take: (body: Buffer) => void): (data: Buffer) => void {
  let held: Buffer = Buffer.alloc(0)
  return (data) => {
    held = held.length === 0 ? data : Buffer.concat([held, data])
    while (held.length >= 4 && held.length >= 4 + held.readUInt32BE(0)) {
      const end = 4 + held.readUInt32BE(0)
      take(held.subarray(4, end))
      held = held.subarray(end)
    }
  }
}
