import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { within } from './until.ts'

/** The machine monitor's wire: what it answers, and what it tells unasked. */
export interface Qmp {
  /** Resolves to what the monitor returned; rejects with its own words when it refuses. */
  execute: (command: string, args?: object) => Promise<unknown>
  /** The next event of that name whose data matches, from this call on: call before you cause it. */
  event: (name: string, matches: (data: Data) => boolean, withinMs: number) => Promise<Data>
}

type Data = Readonly<Record<string, unknown>>
interface Message {
  id?: number
  return?: unknown
  error?: { class: string; desc: string }
  event?: string
  data?: Data
}

/** Speaks over a connected socket until it closes; then everything that waits is rejected. */
export async function openQmp(socket: Socket): Promise<Qmp> {
  const answers = new Map<number, PromiseWithResolvers<unknown>>()
  const watchers = new Set<{ name: string; matches: (data: Data) => boolean; found: PromiseWithResolvers<Data> }>()
  const greeted = Promise.withResolvers<void>()
  let last = 0

  function take({ id, event, error, data = {}, ...rest }: Message): void {
    if ('QMP' in rest) greeted.resolve()
    if (event !== undefined) {
      for (const watcher of watchers) {
        if (watcher.name !== event || !watcher.matches(data)) continue
        watchers.delete(watcher)
        watcher.found.resolve(data)
      }
    }
    const answer = id === undefined ? undefined : answers.get(id)
    if (id === undefined || !answer) return
    answers.delete(id)
    if (error) answer.reject(new Error(`QEMU refused: ${error.class}: ${error.desc}`))
    else answer.resolve(rest.return)
  }

  createInterface({ input: socket }).on('line', (line) => take(JSON.parse(line) as Message))
  socket.once('close', () => {
    const gone = new Error('QEMU’s monitor closed')
    greeted.reject(gone)
    for (const { reject } of answers.values()) reject(gone)
    for (const { found } of watchers) found.reject(gone)
    answers.clear()
    watchers.clear()
  })

  const execute = (command: string, args: object = {}): Promise<unknown> => {
    if (socket.destroyed) return Promise.reject(new Error(`QEMU’s monitor is closed, cannot ${command}`))
    const answer = Promise.withResolvers<unknown>()
    answers.set(++last, answer)
    socket.write(`${JSON.stringify({ execute: command, arguments: args, id: last })}\n`)
    return within(30_000, `QEMU to answer ${command}`, answer.promise)
  }
  const event: Qmp['event'] = async (name, matches, withinMs) => {
    const watcher = { name, matches, found: Promise.withResolvers<Data>() }
    watchers.add(watcher)
    try {
      return await within(withinMs, `QEMU’s event ${name}`, watcher.found.promise)
    } finally {
      watchers.delete(watcher)
    }
  }

  await within(10_000, 'QEMU’s greeting', greeted.promise)
  await execute('qmp_capabilities')
  return { execute, event }
}
