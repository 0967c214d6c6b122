/** What an event costs by part: the CPU profile of a collector that 100 senders keep busy, its time given to the part of
 *  the way that it was spent in. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generate } from './ingest.ts'
import { healthyAt, setUpCollector, start } from './programs.ts'
import type { Row } from './report.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const SENDERS = 100

/** By name of a function; time belongs to the innermost of them that it was spent under. */
const parts: readonly (readonly [part: string, functions: RegExp])[] = [
  [
    'reads sockets, decrypts, takes frames apart',
    /^(onStreamRead|readMessage|_?write|startLoop|getData|onhandshake.*)$/,
  ],
  ['takes the message apart, hashes its leaves', /^readEntries$/],
  ['checks the signature', /^openCheckpoint$/],
  ['hashes the tree', /^(append|rootOf)$/],
  ['parses and checks the event', /^(parseEvent|readLine)$/],
  [
    'places it: log, boot, repeated, held',
    /^(placeLog|anchorBoot|repeatedIn|standingIn|placeOf|momentOf|placedOf|held)$/,
  ],
  ['correlates it', /^(gatherIncidents|finish|tell)$/],
  ['inserts it', /^(insertEntry|assignIncident)$/],
  ['makes its row', /^(rowOf|read)$/],
  ['begins and commits', /^exec$/],
  ['signs and sends the receipt', /^(makeReceipt|receipt|send)$/],
  ['collects garbage', /^\(garbage collector\)$/],
]
const IDLE = /^\((idle|program)\)$/

interface Profile {
  readonly nodes: readonly { id: number; callFrame: { functionName: string }; children?: number[] }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

export async function benchParts(seconds: number): Promise<Row[]> {
  using folder = temporaryFolder()
  const collector = await setUpCollector(folder.path)
  const token = await collector.token(SENDERS)
  const profile = join(folder.path, 'profile')
  let receipted: number
  {
    await using running = start('collector', ['serve', '--config', collector.config], { profile })
    await healthyAt(collector.consoleUrl, running)
    ;({ receipted } = await generate({ port: collector.agentsPort, token, senders: SENDERS, seconds }))
  }
  const [name] = await readdir(profile)
  if (name === undefined) throw new Error('The collector left no profile.')
  const read: Profile = JSON.parse(await readFile(join(profile, name), 'utf8'))
  const spent = spentBy(read)
  const whole = [...spent.values()].reduce((sum, us) => sum + us, 0)
  return [...spent, ['in all', whole] as const].map(([what, us]) => ({
    what,
    value: us / receipted,
    unit: 'µs an event',
  }))
}

function spentBy({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const partOf = new Map<number, string>()
  const walk = (id: number, above: string): void => {
    const node = byId.get(id)
    if (node === undefined) return
    const name = node.callFrame.functionName
    const part = parts.find(([, functions]) => functions.test(name))?.[0] ?? (IDLE.test(name) ? 'idle' : above)
    partOf.set(id, part)
    for (const child of node.children ?? []) walk(child, part)
  }
  const [root] = nodes
  if (root !== undefined) walk(root.id, 'the rest')
  const spent = new Map<string, number>([...parts.map(([part]) => part), 'the rest'].map((part) => [part, 0]))
  for (const [at, id] of samples.entries()) {
    const part = partOf.get(id) ?? 'the rest'
    if (part !== 'idle') spent.set(part, (spent.get(part) ?? 0) + (timeDeltas[at] ?? 0))
  }
  return spent
}
