/** Between the sensors and the journal: stamps each fact, judges it by what holds at that moment, and has it journalled. */
import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Coverage, Fact, SensorContext } from '#agent/sensors/sensor.ts'
import { encodeEvent, type Observation } from '#shared/event/event.ts'
import { parseTime, rfc3339, timeNow, type Clock } from '#shared/vocabulary/clock.ts'
import type { SensorName } from '#shared/vocabulary/conditions/coverage.ts'
import type { Conditions } from './conditions.ts'
import { countGaps, type Gap } from './gaps.ts'
import { JournalFullError } from './journal/format.ts'
import type { Journal } from './journal/journal.ts'
import { judge } from './judge/judge.ts'
import type { Standing } from './judge/standing.ts'
import { watchTurns } from './judge/turns.ts'
import { restingBetween } from './resting-between.ts'
import type { TrustedTime } from './uplink/trusted-time.ts'

export interface Recorder extends AsyncDisposable {
  /** A fresh one for each life of a sensor. */
  readonly contextFor: (sensor: SensorName) => SensorContext
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
const MAX_ENDS = 1_000 // × 1 KiB: ends that wait beyond that, or for a journal that is full; they would be told by nothing else
const FULL_RETRY_MS = 10_000
const JUDGE_REST_MS = 1_000 // between one telling of all that is present and the next

export function openRecorder(dependencies: RecorderDependencies): Recorder {
  const { journal, trusted, conditions, boot, clock, crash } = dependencies
  const waiting: Waiting[] = []
  let notTaken: Waiting[] = [] // ends that a full journal did not take: the first to go once it does
  const unheard = new Set<string>() // sensors some of whose facts were not taken
  let tellingPresent = false
  const gaps = countGaps()
  const tellPresent = new Map<string, () => void>()
  const covered = new Map<string, Coverage>()
  const stop = new AbortController()
  let standing: Standing | undefined
  let draining: Promise<void> | undefined
  let drainedListeners: (() => void)[] = []

  const stamp = (fact: Fact): Observation => ({ ...fact, at: timeNow(clock), mono: clock.monotonic() })
  const vouchedAt = (mono: number): { trusted?: string } => {
    const { ms, basis } = trusted.at(mono)
    return basis === 'receipt' ? { trusted: rfc3339(ms, clock.offset(ms)) } : {}
  }
  const encode = (observation: Observation): string | undefined => {
    const time = trusted.at(observation.mono)
    const vouched = time.basis === 'receipt' && {
      ...vouchedAt(observation.mono),
      skew: parseTime(observation.at) - time.ms,
    }
    const judged = standing && { known: standing.knownAt(time.ms), evaluator: standing.evaluator }
    return encodeEvent(judge(observation, { salt: saltOf(), boot, ...vouched, ...judged }))
  }

  const observe = (source: string, fact: Fact): boolean => {
    if (stop.signal.aborted) return false
    if (waiting.length < MAX_WAITING + (isEnd(fact) ? MAX_ENDS : 0)) waiting.push({ source, observation: stamp(fact) })
    else miss(source, { reason: 'observations-dropped', source })
    draining ??= drain().catch(crash)
    return waiting.length < MAX_WAITING / 2
  }
  const drain = async (): Promise<void> => {
    await nextTurn() // what is observed in one go shares a commit
    while (waiting.length > 0 || notTaken.length > 0 || gaps.any()) {
      const batch = [...notTaken, ...waiting.splice(0, BATCH)]
      const known = gaps.take()
      const told = [...known.map((detail) => stamp(gapFact(detail))), ...batch.map(({ observation }) => observation)]
      const lines = told.flatMap((observation) => {
        const line = encode(observation)
        if (line === undefined) gaps.count({ reason: 'not-recorded', source: observation.kind })
        return line ?? []
      })
      if (waiting.length < MAX_WAITING / 2) for (const listener of drainedListeners.splice(0)) listener()
      const taken = await append(lines)
      notTaken = taken ? [] : batch.filter(({ observation }) => isEnd(observation)).slice(0, MAX_ENDS)
      if (taken) continue
      for (const gap of known) gaps.count(gap)
      for (const each of batch)
        if (!notTaken.includes(each)) miss(each.source, { reason: 'not-recorded', source: 'journal' })
      if (waiting.length === 0) break // nothing more to lose: the next fact, or the timer, tries again
    }
    draining = undefined
    if (gaps.any() || notTaken.length > 0) {
      if (!stop.signal.aborted) void clock.sleep(FULL_RETRY_MS, stop.signal).then(retry)
    } else if (unheard.size > 0) tellAgain()
  }
  const miss = (source: string, gap: Gap): void => {
    gaps.count(gap)
    if (!tellingPresent) unheard.add(source) // else one that has too much to tell would tell it for ever
  }
  /** There is room again: who was not heard tells all that is present, as after a new document. */
  const tellAgain = restingBetween(JUDGE_REST_MS, { clock, signal: stop.signal }, () => {
    const sources = [...unheard]
    unheard.clear()
    for (const source of sources) {
      const coverage = covered.get(source)
      if (coverage !== undefined) observe(source, coverageFact(source, coverage))
    }
    telling(sources.flatMap((source) => tellPresent.get(source) ?? []))
  })
  const telling = (all: Iterable<() => void>): void => {
    tellingPresent = true
    for (const tell of all) tell()
    tellingPresent = false
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
      conditions.raise('journal.full', { reason: error.message })
      return false
    }
  }
  const cover = (sensor: SensorName, coverage: Coverage): void => {
    if (isDeepStrictEqual(covered.get(sensor), coverage)) return
    covered.set(sensor, coverage)
    observe(sensor, coverageFact(sensor, coverage))
    if (coverage.state === 'watching') conditions.clear(`coverage.${sensor}`)
    else conditions.raise(`coverage.${sensor}`, coverage)
  }
  const flushed = (): Promise<void> => (draining === undefined ? Promise.resolve() : draining.then(flushed))
  const judgeAnew = restingBetween(JUDGE_REST_MS, { clock, signal: stop.signal }, () => {
    unheard.clear()
    telling(tellPresent.values())
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
      momentAt: (mono) => ({ mono, boot, ...vouchedAt(mono) }),
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

interface Waiting {
  readonly source: string
  readonly observation: Observation
}

/** What was on is on no more: nothing that is present tells of it. */
const isEnd = ({ kind, detail }: Pick<Fact, 'kind' | 'detail'>): boolean =>
  kind === 'medium.removed' ||
  kind === 'medium.unmounted' ||
  kind === 'net.link-down' ||
  ('change' in detail && detail.change === 'removed')

const saltOf = (): string => randomBytes(16).toString('hex')

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
