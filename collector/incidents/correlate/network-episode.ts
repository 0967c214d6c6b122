/** A network episode: what one card of one endpoint did while parts of it broke rules. A contact is one span in which at
 *  least one part was on; contacts that follow each other within ten minutes are one incident. What is on are rows that the
 *  commit keeps; here only their number is. */
import type { Event } from '#shared/event/event.ts'
import type { Interface } from '#shared/event/subject.ts'
import { addVerdicts, worstFirst, type RuleCounts } from './broken-rules.ts'
import type { Began, BrokenLink, Contact, EndedBy, Incident } from './incident.ts'
import type { Matter, Step, Surroundings } from './matter.ts'
import { betweenOf, isVerified, spanOf, timeOf, type Anchors, type Moment, type Span } from './moment.ts'
import { partOf, type Part } from './network-part.ts'

/** A contact that begins later than this after the last end is an incident of its own. */
const QUIET_MS = 10 * 60_000
/** Pictures: the newest are named, all are counted. */
const MAX_CONTACTS = 8
const MAX_PARTS = 32

interface SeenContact {
  readonly began: Began
  readonly from: Moment
  readonly end?: { readonly by: EndedBy; readonly at: Moment; readonly span?: Span }
}
interface NamedPart extends Pick<BrokenLink, 'what' | 'text'> {
  readonly name: string
  readonly on: boolean
}

interface Facts {
  readonly opened: Moment
  readonly last: Moment
  readonly events: number
  readonly violations: number
  readonly late: boolean
  readonly rules: RuleCounts
  readonly interface?: Interface
  readonly contacts: number
  /** The newest last. */
  readonly newest: readonly SeenContact[]
  /** How many parts are on, and of those that ever were the newest. */
  readonly on: number
  readonly parts: number
  readonly named: readonly NamedPart[]
}
/** Before the first violation of a card there is nothing to know. */
type Known = Facts | Record<string, never>
const isOpened = (facts: Known | undefined): facts is Facts => facts !== undefined && 'opened' in facts

function key({ kind, subject }: Event, branch: number): string | undefined {
  return kind.startsWith('net.') ? `${branch}/${subject.interface?.card ?? 'none'}` : undefined
}

function step(before: Known | undefined, { event }: { event: Event }, around: Surroundings): Step<Known> {
  const part = partOf(event)
  const off = isOpened(before) && part !== undefined && offBy(before, event, part, around)
  if (off) return off
  if (event.verdicts.length > 0) return violated(isOpened(before) ? before : undefined, event, part, around)
  if (!isOpened(before)) return { facts: before ?? {}, belongs: 'matter' }
  const isNear = before.on > 0 || isWithinQuiet(endOf(before), around.at)
  return isNear ? { facts: seen(before, event, around), belongs: 'incident' } : { facts: before, belongs: 'matter' }
}

/** A rule is broken: a part comes on, is told again, or is seen for a moment only. */
function violated(before: Facts | undefined, event: Event, part: Part | undefined, around: Surroundings): Step<Known> {
  const lasts = part !== undefined && part.change === 'on'
  if (before !== undefined && lasts && around.isOn(part.name))
    return { facts: seen(before, event, around), belongs: 'incident' } // a second telling
  const joins = before !== undefined && (before.on > 0 || isWithinQuiet(endOf(before), around.at))
  const isLinked = joins && (around.opensAnew || (around.isClosed && before.on === 0))
  const base = joins && !isLinked ? before : undefined
  const facts = broken(base, event, lasts ? part : undefined, around)
  return {
    facts,
    belongs: 'incident',
    counts: true,
    ...(base === undefined && { opens: isLinked ? ('linked' as const) : ('new' as const) }),
    ...(base !== undefined && around.isClosed && { reopens: true as const }),
    ...(lasts && { on: { part: part.name, now: true } }),
  }
}

function broken(base: Facts | undefined, event: Event, part: Part | undefined, around: Surroundings): Facts {
  const { at } = around
  const known: Facts = base ?? {
    opened: at,
    last: at,
    events: 0,
    violations: 0,
    late: false,
    rules: {},
    contacts: 0,
    newest: [],
    on: 0,
    parts: 0,
    named: [],
  }
  const isContact = known.on === 0
  const contact: SeenContact = {
    began: beganBy(event, around),
    from: at,
    ...(part === undefined && { end: { by: 'gone' as const, at } }), // a moment: nothing stays on
  }
  return {
    ...seen(known, event, around),
    violations: known.violations + 1,
    late: known.late || around.late,
    rules: addVerdicts(known.rules, event.verdicts),
    ...(isContact && { contacts: known.contacts + 1, newest: [...known.newest, contact].slice(-MAX_CONTACTS) }),
    ...(part && { on: known.on + 1, parts: known.parts + 1, named: named(known.named, part) }),
  }
}

const named = (before: readonly NamedPart[], { name, what, text }: Part): readonly NamedPart[] =>
  [...before.filter((each) => each.name !== name), { name, what, text, on: true }].slice(-MAX_PARTS)

const beganBy = ({ found }: Event, { judgedAnew }: Surroundings): Began => {
  if (found === 'recovered') return 'recovered'
  if (found === 'present') return judgedAnew ? 'rule' : 'present'
  return 'live'
}

/** What was on goes, or is allowed now. Undefined where it was not on, or is told again. */
function offBy(before: Facts, event: Event, part: Part, around: Surroundings): Step<Known> | undefined {
  const isDown = part.change === 'down'
  const isBroken = event.verdicts.length > 0
  if ((part.change === 'on' && isBroken) || (isDown ? before.on === 0 : !around.isOn(part.name))) return undefined
  const on = isDown ? 0 : Math.max(0, before.on - 1)
  const off = before.named.map((each) => (isDown || each.name === part.name ? { ...each, on: false } : each))
  const counted = isBroken && {
    violations: before.violations + 1,
    rules: addVerdicts(before.rules, event.verdicts),
    late: before.late || around.late,
  }
  const facts = { ...seen(before, event, around), ...counted, on, named: off }
  return {
    facts: on > 0 ? facts : { ...facts, newest: ended(facts.newest, endBy(event, part, around)) },
    belongs: 'incident',
    ...(isBroken && { counts: true as const }),
    on: isDown ? 'nothing' : { part: part.name, now: false },
  }
}

function endBy(event: Event, { change }: Part, { at }: Surroundings): NonNullable<SeenContact['end']> {
  const by =
    change === 'on' ? 'allowed' : event.found === 'recovered' ? 'recovered' : change === 'down' ? 'link-down' : 'gone'
  const span = 'between' in event.detail ? spanOf(event.detail.between, at) : undefined
  return { by, at, ...(span && { span }) }
}

const ended = (newest: readonly SeenContact[], end: NonNullable<SeenContact['end']>): readonly SeenContact[] =>
  newest.map((contact, index) => (index === newest.length - 1 ? { ...contact, end } : contact))

const endOf = ({ newest }: Facts): SeenContact['end'] => newest.at(-1)?.end

/** By the clock of one boot; from one boot to another by trusted time, and never by a clock that nobody vouches for. Of an
 *  end that nobody saw, the last moment counts at which it was still on. */
function isWithinQuiet(end: SeenContact['end'], at: Moment): boolean {
  if (end === undefined) return false
  const last = end.span?.after ?? end.at
  if (last.boot === at.boot) return at.mono - end.at.mono <= QUIET_MS
  return last.trusted !== undefined && at.trusted !== undefined && at.trusted - last.trusted <= QUIET_MS
}

function seen(facts: Facts, event: Event, { at }: Surroundings): Facts {
  const { interface: link } = event.subject
  return { ...facts, events: facts.events + 1, last: at, ...(link && { interface: link }) }
}

function picture(facts: Known, anchors: Anchors): Incident | undefined {
  if (!isOpened(facts)) return undefined
  const rules = worstFirst(facts.rules)
  const [worst] = rules
  if (worst === undefined) return undefined
  const end = facts.on > 0 ? undefined : endOf(facts)
  const none: Interface = { index: 0, name: '', type: 'none', card: '0'.repeat(32) }
  return {
    kind: 'network-episode',
    openedAt: timeOf(facts.opened, anchors),
    firstAt: timeOf(facts.opened, anchors),
    lastAt: timeOf(facts.last, anchors),
    ...(end && { endedAt: timeOf(end.at, anchors), endedBy: end.by }),
    ...(end?.span && { endedBetween: betweenOf(end.span, anchors) }),
    unverified: !isVerified(facts.opened, anchors),
    severity: worst.severity,
    rules,
    events: facts.events,
    violations: facts.violations,
    receivedLate: facts.late,
    network: {
      interface: facts.interface ?? none,
      contacts: facts.contacts,
      newest: facts.newest.map((contact) => contactOf(contact, anchors)),
      broke: facts.named.map(({ what, text, on }) => ({ what, text, gone: !on })),
      parts: facts.parts,
    },
  }
}

const contactOf = ({ began, from, end }: SeenContact, anchors: Anchors): Contact => ({
  began,
  from: timeOf(from, anchors),
  ...(end && { to: timeOf(end.at, anchors), ended: end.by }),
  ...(end?.span && { between: betweenOf(end.span, anchors) }),
})

function endAll(facts: Known, { by, span }: { by: 'boot-ended' | 'unknown'; span: Span }): Known {
  if (!isOpened(facts) || facts.on === 0) return facts
  return {
    ...facts,
    on: 0,
    named: facts.named.map((each) => ({ ...each, on: false })),
    newest: ended(facts.newest, { by, at: span.before, span }),
  }
}

const boots = (facts: Known): readonly number[] =>
  isOpened(facts)
    ? [
        facts.opened.boot,
        facts.last.boot,
        ...facts.newest.flatMap(({ from, end: over }) => [from.boot, ...(over ? [over.at.boot] : [])]),
      ]
    : []

export const networkEpisode: Matter<Known> = {
  kind: 'network-episode',
  key,
  partOf: (event) => partOf(event)?.name,
  step,
  end: endAll,
  goesOn: (facts) => isOpened(facts) && facts.on > 0,
  picture,
  boots,
}
