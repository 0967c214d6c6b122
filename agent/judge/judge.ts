/** Observation → event: what the ledger says of it, and every rule that it breaks. Pure: no clock, disk or dice. */
import type { Event, Observation, Subject } from '#shared/event/event.ts'
import type { MediumIdentity } from '#shared/event/subject.ts'
import type { Known } from '#shared/policy/checks/check.ts'
import type { Evaluator, Judged } from '#shared/policy/evaluate.ts'
import { recognise } from '#shared/policy/register.ts'

export interface Circumstances {
  /** 128 fresh random bits, hex. */
  readonly salt: string
  readonly boot: string
  /** Trusted time as an event carries it, and the wall clock's distance from it in ms; absent while nobody vouches for it. */
  readonly trusted?: string
  readonly skew?: number
  /** Absent before the agent is enrolled: then nothing is judged, and no medium is registered. */
  readonly known?: Known
  readonly evaluator?: Evaluator
}

/** The event of this observation. Its shape is right where the observation's parts are within their bounds. */
export function judge(observation: Observation, circumstances: Circumstances): Event {
  const { salt, boot, trusted, skew, known, evaluator } = circumstances
  const { verdicts, approvals } = known && evaluator ? evaluator.evaluate(observation, known) : unjudged
  const { at, mono } = observation
  const stamps = { at, mono } // first, where people look for them
  return {
    v: 1,
    salt,
    ...stamps,
    boot,
    ...(trusted !== undefined && { trusted }),
    ...(skew !== undefined && { skew }),
    ...observation,
    subject: subjectOf(observation, known),
    verdicts,
    ...(approvals.length > 0 && { approvals: approvals.slice(0, MAX_APPROVALS) }),
  }
}

const unjudged: Judged = { verdicts: [], approvals: [] }
/** What an event can carry; of more that cover one thing the first by name are told. */
const MAX_APPROVALS = 16

/** A file event keeps of its medium and volume what names them; the whole stands in `medium.connected` of the same plug. */
function subjectOf({ kind, subject }: Observation, known: Known | undefined): Subject {
  const { medium, volume, ...rest } = subject
  const ofFile = kind.startsWith('file.')
  const brief = ofFile || kind === 'medium.unmounted'
  const withVolume = ofFile || kind === 'medium.mounted' || kind === 'medium.unmounted'
  return {
    ...rest,
    ...(medium && { medium: brief ? briefMedium(medium, known) : wholeMedium(medium, known) }),
    ...(volume && withVolume && { volume: ofFile ? { mountPoint: volume.mountPoint } : volume }),
  }
}

const noMedia: Known['media'] = []

function wholeMedium(medium: MediumIdentity, known: Known | undefined): NonNullable<Subject['medium']> {
  const { status, score, level, id } = recognise(known?.media ?? noMedia, medium)
  return { ...(id !== undefined && { id }), ...medium, score, status, ...(level !== undefined && { level }) }
}

function briefMedium(medium: MediumIdentity, known: Known | undefined): NonNullable<Subject['medium']> {
  const { status, level } = recognise(known?.media ?? noMedia, medium)
  return { key: medium.key, status, ...(level !== undefined && { level }) }
}
