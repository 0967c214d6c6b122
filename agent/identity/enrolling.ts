/** Enrols, however long it takes: whenever a collector appears, with whatever token lies there by then. */
import { readFile } from 'node:fs/promises'
import { backOffMs } from '#agent/back-off.ts'
import type { Conditions } from '#agent/conditions.ts'
import type { Log } from '#base/log.ts'
import { timeNow, type Clock } from '#shared/vocabulary/clock.ts'
import type { EnrolRequest, Machine, Passport } from '#shared/wire/enrolment.ts'
import { makeCsr } from './csr.ts'
import { enrol, type Attempt } from './enrol.ts'
import type { Enrolment } from './enrolment.ts'
import type { Identity } from './identity.ts'
import { peerOf } from './pinned.ts'

export interface EnrollingOptions {
  readonly collectors: readonly string[]
  readonly pin: string
  readonly token?: string
  readonly tokenFile?: string
  readonly hostname: string
}
export interface EnrollingDependencies {
  readonly identity: Identity
  readonly machine: () => Promise<Machine>
  readonly passport: (signal: AbortSignal) => Promise<Passport>
  readonly conditions: Conditions
  readonly clock: Clock
  readonly log: Log
}

/** A token that was refused is not asked for again at once: someone has to bring another. */
const REFUSED_MS = 60_000
const NO_TOKEN_MS = 2_000

/** Resolves with the enrolment, or with undefined once `signal` aborts. */
export async function enrolInTime(
  options: EnrollingOptions,
  dependencies: EnrollingDependencies,
  signal: AbortSignal,
): Promise<Enrolment | undefined> {
  const { identity, machine, passport, conditions, clock, log } = dependencies
  const reading = passport(signal) // may take its time, which the waiting for a token can give
  let body: Omit<EnrolRequest, 'token' | 'at'> | undefined
  let said: string | undefined
  const tell = (detail: string): void => {
    if (said !== detail) log.warn('Not enrolled yet; recording goes on', { detail })
    said = detail
    conditions.raise('enrol.waiting', { detail })
  }
  for (let attempt = 0; !signal.aborted; attempt++) {
    const token = await tokenOf(options)
    if (token === undefined) {
      tell('There is no enrolment token.')
      await clock.sleep(NO_TOKEN_MS, signal)
      continue
    }
    body ??= {
      csr: makeCsr(identity.agent, identity.privateKey),
      host: options.hostname,
      machine: await machine(),
      passport: await reading,
    }
    const peer = peerOf(options.collectors[attempt % options.collectors.length] ?? '')
    const request = { ...body, token, at: timeNow(clock) }
    const answer = await enrol(peer, { pin: options.pin, agent: identity.agent, body: request }, signal)
    if (answer.ok) {
      conditions.clear('enrol.waiting')
      conditions.clear('enrol.clone')
      return answer.enrolment
    }
    if (signal.aborted) return undefined
    if (answer.why === 'clone') conditions.raise('enrol.clone', { detail: answer.detail })
    else conditions.clear('enrol.clone')
    tell(answer.detail)
    await clock.sleep(waitAfter(answer, attempt), signal)
  }
  return undefined
}

const waitAfter = ({ why, retryAfterMs = 0 }: Extract<Attempt, { ok: false }>, attempt: number): number =>
  why !== 'later' ? REFUSED_MS : Math.max(retryAfterMs, backOffMs(attempt + 1, Math.random()))

/** The file wins, and is read each time: it may be brought later. */
async function tokenOf({ token, tokenFile }: EnrollingOptions): Promise<string | undefined> {
  if (tokenFile === undefined) return token
  try {
    return (await readFile(tokenFile, 'utf8')).trim() || token
  } catch {
    return token // not there yet, or not for us to read: the condition says that there is none
  }
}
