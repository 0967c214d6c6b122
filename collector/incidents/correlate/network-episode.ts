/** A network episode: what one interface did from link-up to link-down, once it broke a rule (CONTRACTS §8). All steps
 *  of an interface in one boot are kept in order and parted into episodes, so that a late step finds its place. */
import type { Event, Verdict } from '#shared/event/event.ts'
import type { Interface } from '#shared/event/subject.ts'
import { addVerdicts, worstFirst } from './broken-rules.ts'
import { isLate, type BrokenLink, type Incident, type Sighting } from './incident.ts'
import { bootEnd, incidentId, type Matter, type Surroundings } from './matter.ts'
import { compare, type Position } from './order.ts'

/** Steps of one interface in one boot. A month of a lease an hour is 1,500; beyond it the oldest that broke nothing go
 *  first, and none that broke a rule before them. 2,000 × 250 bytes = 500 KB a row. */
const MAX_STEPS = 2000

interface Step extends Position {
  readonly at: number
  readonly late: boolean
  readonly what: BrokenLink['what']
  /** `down`: of a link; `removed`: of an address or route. */
  readonly change: 'up' | 'down' | 'added' | 'removed'
  readonly text: string
  readonly verdicts: readonly Verdict[]
}
interface Facts {
  readonly boot?: string
  readonly interface?: { is: Interface; at: Position }
  readonly steps: readonly Step[]
}

function key({ event }: Sighting): string | undefined {
  const { interface: link } = event.subject
  return link && event.kind.startsWith('net.') ? `${event.boot}/${link.index}` : undefined
}

function stepOf({ event, epoch, index, ...times }: Sighting): Step | undefined {
  const place = { mono: event.mono, epoch, index, at: times.at, late: isLate(times), verdicts: event.verdicts }
  const what = whatOf(event)
  return what && { ...place, ...what }
}

function whatOf({ kind, detail, subject }: Event): Pick<Step, 'what' | 'change' | 'text'> | undefined {
  const { interface: link, address, route } = subject
  if (kind === 'net.link-up') return { what: 'link', change: 'up', text: link?.name ?? '' }
  if (kind === 'net.link-down') return { what: 'link', change: 'down', text: link?.name ?? '' }
  if (kind === 'net.address' && address)
    return { what: 'address', change: detail.change, text: `${address.address}/${address.prefix}` }
  if (kind === 'net.route-changed' && route) {
    const via = route.gateway === undefined ? '' : ` via ${route.gateway}`
    return { what: 'route', change: detail.change, text: `${route.destination}${via}` }
  }
  return undefined
}

function gain(facts: Facts, sighting: Sighting): Facts {
  const step = stepOf(sighting)
  const { interface: link } = sighting.event.subject
  if (step === undefined || link === undefined) return facts
  const at = { mono: step.mono, epoch: step.epoch, index: step.index }
  const newest = facts.interface === undefined || compare(at, facts.interface.at) > 0
  return {
    boot: sighting.event.boot,
    interface: newest ? { is: link, at } : facts.interface,
    steps: bounded([...facts.steps, step].toSorted(compare)),
  }
}

/** Drops what tells least: the oldest episode that broke nothing, else the oldest step inside one that broke nothing. */
function bounded(steps: readonly Step[]): readonly Step[] {
  if (steps.length <= MAX_STEPS) return steps
  const clean = ({ verdicts }: Step): boolean => verdicts.length === 0
  const episodes = episodesOf(steps)
  const spare = episodes.slice(0, -1).find((episode) => episode.every(clean))
  if (spare !== undefined) return steps.filter((step) => !spare.includes(step))
  const firsts = new Set(episodes.map(([first]) => first))
  const inside = steps.filter((step) => !firsts.has(step) && step.what !== 'link')
  const least = inside.find(clean) ?? inside[0]
  return steps.filter((step) => step !== least)
}

/** Up to and with the link-down that ends it; a second link-down says that the interface itself went. A link-up while
 *  it is up is the same one, found present anew. */
function episodesOf(steps: readonly Step[]): Step[][] {
  const episodes: Step[][] = []
  let isOpen = false
  for (const step of steps) {
    const isDown = step.what === 'link' && step.change === 'down'
    const last = episodes.at(-1)
    if (last !== undefined && (isOpen || isDown)) last.push(step)
    else episodes.push([step])
    isOpen = !isDown
  }
  return episodes
}

/** What broke a rule, each once, and whether it is gone. A link-down takes all with it. */
function brokenLinks(steps: readonly Step[]): BrokenLink[] {
  const broke = new Map<string, BrokenLink>()
  for (const { what, change, text, verdicts } of steps) {
    const name = `${what} ${text}`
    if (verdicts.length > 0) broke.set(name, { what, text, gone: false })
    else if (change === 'removed' && broke.has(name)) broke.set(name, { what, text, gone: true })
    else if (change === 'down') for (const [each, link] of broke) broke.set(each, { ...link, gone: true })
  }
  return [...broke.values()]
}

function endOf(steps: readonly Step[], broke: readonly BrokenLink[], bootEndedAt: number | undefined) {
  const last = steps.at(-1)
  if (last?.change === 'down') return { endedAt: last.at, endedBy: 'link-down' as const }
  if (broke.every(({ gone }) => gone)) {
    const cleared = steps.findLast(({ change }) => change === 'removed')
    if (cleared) return { endedAt: cleared.at, endedBy: 'cleared' as const }
  }
  return bootEndedAt !== undefined && { endedAt: bootEndedAt, endedBy: 'boot-ended' as const }
}

function incidents(facts: Facts, about: { agent: string; key: string }, around: Surroundings): Incident[] {
  const { boot, interface: link } = facts
  if (boot === undefined || link === undefined) return []
  const bootEndedAt = bootEnd(boot, around)
  const episodes = episodesOf(facts.steps)
  return episodes.flatMap((steps, number): Incident[] => {
    const [first] = steps
    const violations = steps.filter(({ verdicts }) => verdicts.length > 0)
    const [opening] = violations
    const rules = worstFirst(steps.reduce((counts, { verdicts }) => addVerdicts(counts, verdicts), {}))
    const [worst] = rules
    if (first === undefined || opening === undefined || worst === undefined) return []
    const broke = brokenLinks(steps)
    const times = steps.map(({ at }) => at)
    const next = episodes[number + 1]?.[0]
    return [
      {
        id: incidentId(about.agent, 'network-episode', about.key, first.epoch, String(first.index)),
        kind: 'network-episode',
        openedAt: Math.min(...violations.map(({ at }) => at)),
        firstAt: Math.min(...times),
        lastAt: Math.max(...times),
        ...endOf(steps, broke, bootEndedAt),
        severity: worst.severity,
        rules,
        events: steps.length,
        violations: violations.length,
        receivedLate: violations.some(({ late }) => late),
        network: { interface: link.is, broke },
        span: { boot, from: first.mono, ...(next && { to: next.mono }) },
      },
    ]
  })
}

export const networkEpisode: Matter<Facts> = { kind: 'network-episode', key, none: { steps: [] }, gain, incidents }
