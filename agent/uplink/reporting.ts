/** From an agent that nobody knows yet to one that reports: enrols where it has to, takes the documents, opens the uplink. */
import type { Conditions } from '#agent/conditions.ts'
import type { AgentConfig } from '#agent/config.ts'
import { enrolInTime } from '#agent/identity/enrolling.ts'
import {
  dropMediaParts,
  readEnrolment,
  readMediaParts,
  writeEnrolment,
  writeMediaPart,
  type Enrolment,
} from '#agent/identity/enrolment.ts'
import type { Identity } from '#agent/identity/identity.ts'
import { isPinned } from '#agent/identity/pinned.ts'
import type { FirstLine, Journal } from '#agent/journal/journal.ts'
import type { Log } from '#base/log.ts'
import type { Recorder } from '#agent/recorder.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Machine, Passport } from '#shared/wire/enrolment.ts'
import { openDocuments, type Documents } from './documents.ts'
import type { TrustedTime } from './trusted-time.ts'
import { startUplink } from './uplink.ts'

export interface ReportingOptions extends Pick<
  AgentConfig,
  'collectors' | 'caPin' | 'token' | 'tokenFile' | 'dataDir'
> {
  readonly hostname: string
  readonly version: string
  readonly boot: string
  readonly first: FirstLine
}
export interface ReportingDependencies {
  readonly identity: Identity
  readonly journal: Journal
  readonly trusted: TrustedTime
  readonly recorder: Recorder
  readonly conditions: Conditions
  readonly machine: () => Promise<Machine>
  readonly passport: (signal: AbortSignal) => Promise<Passport>
  readonly clock: Clock
  readonly log: Log
  readonly crash: (error: unknown) => void
}

export interface Reporting extends AsyncDisposable {
  /** Looks whether a document is past its end, by trusted time. */
  readonly watchEnds: (trusted: number) => void
}

/** When it resolves, an agent that is enrolled judges by what it has. Without a collector in the config it only records. */
export async function startReporting(
  options: ReportingOptions,
  dependencies: ReportingDependencies,
): Promise<Reporting> {
  const { identity, recorder, conditions, log, crash } = dependencies
  const { collectors, caPin: pin, dataDir } = options
  const stop = new AbortController()
  let documents: Documents | undefined
  let uplink: AsyncDisposable | undefined

  const store = (enrolment: Enrolment): Promise<void> => writeEnrolment(dataDir, enrolment)
  const storePart = (part: number, note: string): Promise<void> => writeMediaPart(dataDir, part, note)
  const report = (enrolment: Enrolment, parts: readonly string[]): void => {
    documents = openDocuments(identity.agent, { enrolment, parts }, { conditions, store, storePart, ...recorder })
    const { root, certificate, chain } = enrolment
    const credentials = { root, client: { certificate: certificate + chain, keyPem: identity.keyPem } }
    if (collectors.length > 0) uplink = startUplink({ ...options, credentials }, { ...dependencies, documents })
  }
  const enrolFirst = async (withPin: string): Promise<void> => {
    const enrolment = await enrolInTime({ ...options, pin: withPin }, dependencies, stop.signal)
    if (enrolment === undefined) return
    await dropMediaParts(dataDir)
    await store(enrolment)
    const { collector, status } = enrolment
    log.info('Enrolled', { collector, status })
    recorder.record({ kind: 'agent.enrolled', found: 'live', subject: {}, detail: { collector, status } })
    if (stop.signal.aborted) return
    report(enrolment, [])
    documents?.tellApplied()
  }

  const stored = await readEnrolment(dataDir)
  // Another pin in the config than the root that enrolled it: another collector, and it has to be enrolled there.
  const isOurs = stored !== undefined && (pin === undefined || isPinned(stored.root, pin))
  let enrolling: Promise<void> = Promise.resolve()
  if (isOurs) report(stored, await readMediaParts(dataDir))
  else if (pin !== undefined && collectors.length > 0) enrolling = enrolFirst(pin).catch(crash)
  return {
    watchEnds: (trusted) => documents?.watchEnds(trusted),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await enrolling
      await uplink?.[Symbol.asyncDispose]()
    },
  }
}
