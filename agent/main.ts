/** The composition root of an agent: the way of the data, from what happens on this computer to the collector. */
import { join } from 'node:path'
import { openConditions, type Conditions } from '#agent/conditions.ts'
import type { AgentConfig } from '#agent/config.ts'
import { openIdentity, type Identity } from '#agent/identity/identity.ts'
import { JournalFullError } from '#agent/journal/format.ts'
import { openJournal, type FirstLine, type Journal } from '#agent/journal/journal.ts'
import type { Log } from '#base/log.ts'
import { watchMedia } from '#agent/media/watch.ts'
import type { Platform } from '#agent/platform/platform.ts'
import { openRecorder, type Recorder } from '#agent/recorder.ts'
import { filesSensor } from '#agent/sensors/files/files.ts'
import { mediaSensor } from '#agent/sensors/media/media.ts'
import { openStays } from '#agent/sensors/media/stays.ts'
import { openLinksOn } from '#agent/sensors/network/links-on.ts'
import { networkSensor } from '#agent/sensors/network/network.ts'
import type { Memory } from '#agent/sensors/remember.ts'
import { supervise } from '#agent/sensors/supervise.ts'
import { keepHouse } from '#agent/housekeeping.ts'
import { startReporting } from '#agent/uplink/reporting.ts'
import { openTrustedTime } from '#agent/uplink/trusted-time.ts'
import { agentKeyName } from '#shared/evidence/checkpoint.ts'
import type { Previous } from '#shared/event/kinds.ts'
import { parseTime, type Clock } from '#shared/vocabulary/clock.ts'

export interface Host {
  readonly clock: Clock
  readonly log: Log
  readonly platform: Platform
  /** Of this program. */
  readonly version: string
  /** Called, with what cannot be gone on from: a fault of ours, or a disk that is lost. */
  readonly crash: (error: unknown) => void
}

/** Records from the moment it resolves; disposing it stops all within 5 s, and what happened until then is journalled. */
export async function startAgent(config: AgentConfig, host: Host): Promise<AsyncDisposable> {
  const { clock, log, platform, version, crash } = host
  await using parts = new AsyncDisposableStack()
  const boot = platform.boot()
  const { name: hostname, system } = platform.host
  const conditions = openConditions(clock)
  const identity = await openIdentity(config.dataDir)

  const file = join(config.dataDir, 'journal', 'journal.db')
  const journal = parts.use(openJournal({ file, limitBytes: config.journalLimitBytes }, { clock }))
  const trusted = openTrustedTime(boot, { memory: journal, clock })
  const recorder = parts.use(openRecorder({ journal, trusted, conditions, boot, clock, crash }))
  const first: FirstLine = (previous, again) => {
    const detail = { version, host: hostname, platform: system, ...(previous && { previous }) }
    const found = again === undefined ? 'live' : 'recovered'
    const then = again && { boot: again.boot, ...again.since }
    return recorder.lineOf({ kind: 'agent.started', found, subject: {}, detail }, then)
  }
  const before = await beginJournal(journal, boot, first)
  if (journal.damaged !== undefined) tellOfDamage(journal.damaged, recorder, conditions)
  tellOfTheKey(identity, recorder, conditions)

  const reporting = await startReporting(
    { ...config, version, hostname, boot, first },
    {
      ...host,
      machine: platform.machine,
      passport: platform.passport,
      identity,
      journal,
      trusted,
      recorder,
      conditions,
    },
  )
  parts.use(reporting)
  parts.use(keepHouse({ journal, trusted, watchEnds: reporting.watchEnds, clock, crash }))

  const media = parts.use(
    watchMedia({ declared: config.declaredMedia, host: hostname, boot }, { source: platform.media, clock }),
  )
  const stop = new AbortController()
  const memory = memoryOf(journal, crash)
  const sensors = [
    mediaSensor(media, openStays(boot, { memory, clock })),
    filesSensor({ media, files: platform.files, watchedUntil: before ? parseTime(before.at) : 0 }),
    networkSensor(platform.links, openLinksOn(boot, { memory, clock })),
  ]
  const running = sensors.map((sensor) => supervise(sensor, recorder.contextFor(sensor.name), stop.signal))
  parts.defer(async () => {
    stop.abort()
    await Promise.all(running)
    recorder.record({ kind: 'agent.stopped', found: 'live', subject: {}, detail: { reason: 'service-stop' } })
    await recorder.flushed()
    await journal.endClean()
  })
  log.info('Recording', { agent: identity.agent, version })
  return parts.move()
}

/** What a sensor may keep across runs. In a full file it keeps nothing new: the recorder says that it is full. */
const memoryOf = ({ keep, kept }: Journal, crash: Host['crash']): Memory => ({
  kept,
  keep: (name, value) =>
    void keep(name, value).catch((error: unknown) => {
      if (!(error instanceof JournalFullError)) crash(error)
    }),
})

/** What the run before this one left behind, if there was one. */
async function beginJournal(journal: Journal, boot: string, first: FirstLine): Promise<Previous | undefined> {
  let before: Previous | undefined
  await journal.begin(boot, (previous) => first((before = previous)))
  return before
}

function tellOfTheKey({ agent, made }: Identity, recorder: Recorder, conditions: Conditions): void {
  const key = agentKeyName(agent)
  if (made) recorder.record({ kind: 'key.made', found: 'live', subject: {}, detail: { key, sealed: false } })
  conditions.raise('key.not-sealed', {})
}

function tellOfDamage(damaged: string, recorder: Recorder, conditions: Conditions): void {
  recorder.record({
    kind: 'agent.gap',
    found: 'live',
    subject: {},
    detail: { reason: 'not-recorded', source: 'journal' },
  })
  conditions.raise('journal.damaged', { file: damaged })
}
