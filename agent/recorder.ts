/** Between the sensors and the journal: stamps each fact, judges it by what holds at that moment, and has it journalled. */
import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Coverage, Fact, SensorContext } from '#agent/sensors/sensor.ts'
import { encodeEvent, type Observation } from '#shared/event/event.ts'
import type { Detail } from '#shared/event/kinds.ts'
import { parseTime, rfc3339, timeNow, type Clock } from '#shared/vocabulary/clock.ts'
import type { Conditions } from './conditions.ts'
import { JournalFullError } from './journal/format.ts'
import type { Journal } from './journal/journal.ts'
import { judge } from './judge/judge.ts'
import type { Standing } from './judge/standing.ts'
import { watchTurns } from './judge/turns.ts'
import type { TrustedTime } from './uplink/trusted-time.ts'

export interface Recorder extends AsyncDisposable {
  /** A fresh one for each life of a sensor. */
  readonly contextFor: (sensor: string) => SensorContext
  /** A fact of the agent's own. */
  readonly record: (fact: Fact) => void
  /** From now on all is judged by this; what is present is told once more, so that it is judged too: now, and at each
   *  beginning and end of an approval. */
  readonly judgeBy: (standing: Standing) => void
  /** The line of the event that a fact becomes now, or became then: in a boot that may be another, where nobody vouches for
   *  the time. */
  readonly lineOf: (fact: Fact, then?: { boot: string; at?: string; mono?: number }) => string
  /** Resolves when all that was handed over before is journalled, or counted where it could not be. */
  readonly flushed: () => Promise<void>
}

export interface RecorderDependencies {
  readonly journal: Pick<Journal, 'append'>
  readonly trusted: TrustedTime
  readonly conditions: Conditions
  readonly boot: string
  readonly clock: Clock
  /** What cannot be gone on from. */
  readonly crash: (error: unknown) => void
}

const MAX_WAITING = 10_000 // observations × about 1 KiB = 10 MiB; what is over is dropped, counted, and journalled as a gap
const BATCH = 500 // one commit of at most 20 ms
const FULL_RETRY_MS = 10_000
const JUDGE_REST_MS = 1_000 // between one telling of all that is present and the next

export function openRecorder(dependencies: RecorderDependencies): Recorder {
  const { journal, trusted, conditions, boot, clock, crash } = dependencies
  const waiting: Observation[] = []
  const gaps = countGaps()
  const tellPresent = new Map<string, () => void>()
  const covered = new Map<string, string>()
  const stop = new AbortController()
  let standing: Standing | undefined
  let draining: Promise<void> | undefined
  let drainedListeners: (() => void)[] = []

  const stamp = (fact: Fact): Observation => ({ ...fact, at: timeNow(clock), mono: clock.monotonic() })
  const encode = (observation: Observation): string | undefined => {
    const time = trusted.at(observation.mono)
    const vouched = time.basis === 'receipt' && {
      trusted: rfc3339(time.ms, clock.offset(time.ms)),
      skew: parseTime(observation.at) - time.ms,
    }
    const judged = standing && { known: standing.knownAt(time.ms), evaluator: standing.evaluator }
    return encodeEvent(judge(observation, { salt: saltOf(), boot, ...vouched, ...judged }))
  }

  const observe = (source: string, fact: Fact): boolean => {
    if (stop.signal.aborted) return false
    if (waiting.length < MAX_WAITING) waiting.push(stamp(fact))
    else gaps.count({ reason: 'observations-dropped', source })
    draining ??= drain().catch(crash)
    return waiting.length < MAX_WAITING / 2
  }
  const drain = async (): Promise<void> => {
    await nextTurn() // what is observed in one go shares a commit
    while (waiting.length > 0 || gaps.any()) {
      const observations = waiting.splice(0, BATCH)
      const known = gaps.take()
      const lines = [...known.map((detail) => stamp(gapFact(detail))), ...observations].flatMap((observation) => {
        const line = encode(observation)
        if (line === undefined) gaps.count({ reason: 'not-recorded', source: observation.kind })
        return line ?? []
      })
      if (waiting.length < MAX_WAITING / 2) for (const listener of drainedListeners.splice(0)) listener()
      const taken = await append(lines)
      if (taken) continue
      for (const gap of known) gaps.count(gap)
      for (const _ of observations) gaps.count({ reason: 'not-recorded', source: 'journal' })
      if (waiting.length === 0) break // nothing more to lose: the next fact, or the timer, tries again
    }
    draining = undefined
    if (gaps.any() && !stop.signal.aborted) void clock.sleep(FULL_RETRY_MS, stop.signal).then(retry)
  }
  const retry = (): void => {
    if (!stop.signal.aborted) draining ??= drain().catch(crash)
  }
  const append = async (lines: readonly string[]): Promise<boolean> => {
    if (lines.length === 0) return true
    try {
      await journal.append(lines)
      conditions.clear('journal.full')
      return true
    } catch (error) {
      if (!(error instanceof JournalFullError)) throw error
      conditions.raise('journal.full', {
        severity: 'critical',
        text: `The journal takes nothing more (${error.message}); what happens now is only counted.`,
        todo: 'Let the agent reach its collector, make room on the disk, or raise journalLimitBytes.',
      })
      return false
    }
  }
  const cover = (sensor: string, coverage: Coverage): void => {
    const { state, code, text } = coverage
    const said = JSON.stringify([state, code, text])
    if (covered.get(sensor) === said) return
    covered.set(sensor, said)
    observe(sensor, coverageFact(sensor, coverage))
    if (coverage.state === 'watching') conditions.clear(`coverage.${sensor}`)
    else
      conditions.raise(`coverage.${sensor}`, {
        severity: coverage.state === 'unavailable' ? 'high' : 'moderate',
        text: `${coverage.code}: ${coverage.text}`,
        todo: `See what keeps the ${sensor} sensor from seeing all.`,
      })
  }
  const flushed = (): Promise<void> => (draining === undefined ? Promise.resolve() : draining.then(flushed))
  const judgeAnew = restingBetween({ clock, signal: stop.signal }, () => {
    for (const tell of tellPresent.values()) tell()
  })
  const turns = watchTurns({ trusted, clock, signal: stop.signal }, judgeAnew)

  return {
    contextFor: (sensor) => ({
      observe: (fact) => observe(sensor, fact),
      drained: () =>
        waiting.length < MAX_WAITING / 2
          ? Promise.resolve()
          : new Promise((resolve) => void drainedListeners.push(resolve)), // one a caller: as many as there are sensors
      cover: (coverage) => cover(sensor, coverage),
      onJudgeAnew: (tell) => void tellPresent.set(sensor, tell),
      clock,
    }),
    record: (fact) => void observe('agent', fact),
    judgeBy(next) {
      standing = next
      turns.watch(next.turns)
      judgeAnew()
    },
    lineOf(fact, then) {
      const now = stamp(fact)
      const observation: Observation = { ...now, at: then?.at ?? now.at, mono: then?.mono ?? now.mono }
      const line =
        then === undefined ? encode(now) : encodeEvent(judge(observation, { salt: saltOf(), boot: then.boot }))
      if (line === undefined) throw new TypeError(`No event can be made of this ${fact.kind}.`)
      return line
    },
    flushed,
    async [Symbol.asyncDispose]() {
      await flushed()
      stop.abort()
    },
  }
}

/** At once, and then once for all that asked within a second: a list of media comes in many parts. */
function restingBetween({ clock, signal }: { clock: Clock; signal: AbortSignal }, work: () => void): () => void {
  let resting = false
  let wanted = false
  const run = (): void => {
    if (resting) return void (wanted = true)
    ;[resting, wanted] = [true, false]
    work()
    void rest()
  }
  const rest = async (): Promise<void> => {
    await clock.sleep(JUDGE_REST_MS, signal)
    resting = false
    if (wanted && !signal.aborted) run()
  }
  return run
}

const saltOf = (): string => randomBytes(16).toString('hex')

type Gap = Detail<'agent.gap'>

const gapFact = (detail: Gap): Fact => ({ kind: 'agent.gap', found: 'live', subject: {}, detail })

const coverageFact = (sensor: string, { state, code, text }: Coverage): Fact => ({
  kind: 'agent.coverage',
  found: 'live',
  subject: {},
  detail: {
    sensor,
    state,
    ...(code !== undefined && { code: code.slice(0, 512) }),
    ...(text !== undefined && { text: text.slice(0, 2048) }),
  },
})

/** What is known to be missing, by reason and source: constants, and so a few. */
function countGaps() {
  const missing = new Map<string, Gap>()
  return {
    any: (): boolean => missing.size > 0,
    count({ reason, source, count = 1 }: Gap): void {
      const name = `${reason} ${source}`
      missing.set(name, { reason, source, count: (missing.get(name)?.count ?? 0) + count })
    },
    take(): Gap[] {
      const all = [...missing.values()]
      missing.clear()
      return all
    },
  }
}
