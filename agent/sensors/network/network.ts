/** Links with a carrier, their addresses and default routes: facts, with no opinion. */
import type { LinkSignal, LinkSource } from '#agent/platform/links.ts'
import type { Found } from '#shared/event/event.ts'
import type { Between } from '#shared/event/kinds.ts'
import { lookTimes, lookSpan } from '../looks.ts'
import type { Coverage, Fact, Sensor, SensorContext } from '../sensor.ts'
import { withinBound, type LinksOn } from './links-on.ts'
import {
  emptyLinks,
  endedSince,
  isEnd,
  isFull,
  keyOf,
  linksOn,
  presentLinks,
  stepLinks,
  type LinkChange,
} from './table.ts'

export const networkSensor = (links: LinkSource, linksWereOn: LinksOn): Sensor => ({
  name: 'network',
  async run(context, signal) {
    const { observe, cover, onJudgeAnew } = context
    let table = emptyLinks
    let hasLooked = false // what was there last time must not be forgotten before
    let sight: Coverage | undefined
    let full = false
    const looks = lookTimes(context)
    const tell = (changes: readonly LinkChange[], found: Found): void => {
      for (const change of changes) {
        observe(factOf(change, found, isEnd(change) && found === 'reconciled' ? looks.span(keyOf(change)) : {}))
        if (!isEnd(change)) looks.saw(keyOf(change))
      }
    }
    const coverAll = (): void => {
      if (full)
        cover({
          state: 'degraded',
          code: 'network.too-many',
          text: 'More links, addresses or routes than are watched.',
        })
      else if (sight !== undefined) cover(sight)
    }
    const hear = (heard: LinkSignal): void => {
      const [after, changes] = stepLinks(table, heard)
      table = after
      const isFirstLook = heard.type === 'state' && !hasLooked
      if (isFirstLook) for (const fact of recovered(linksWereOn, after, context)) observe(fact)
      tell(changes, heard.type === 'state' ? heard.found : 'live')
      if (heard.type === 'state') {
        hasLooked = true
        looks.looked()
      }
      const on = (): ReturnType<typeof withinBound> => withinBound(linksOn(table))
      if (isFirstLook || (hasLooked && changes.length > 0)) linksWereOn.keep(on)
      else if (heard.type === 'state') linksWereOn.keepSoon(on)
      if (isFull(table) === full) return
      full = !full
      coverAll()
    }
    const lost = (source: string): void =>
      void observe({ kind: 'agent.gap', found: 'live', subject: {}, detail: { reason: 'notifications-lost', source } })
    onJudgeAnew(() => {
      for (const change of presentLinks(table)) observe(factOf(change, 'present'))
    })
    try {
      await links.watch(
        {
          hear,
          lost,
          cover(coverage) {
            sight = coverage
            coverAll()
          },
        },
        signal,
      )
    } finally {
      if (hasLooked) linksWereOn.keepNow(withinBound(linksOn(table)))
    }
  },
})

/** What was there when it was last kept, and is not now. */
function recovered(
  linksWereOn: LinksOn,
  table: ReturnType<typeof stepLinks>[0],
  { clock, momentAt }: SensorContext,
): Fact[] {
  const last = linksWereOn.last()
  if (last === undefined) return []
  const span = { between: lookSpan(momentAt, last.mono, clock.monotonic()) }
  return endedSince(last.on, table).map((change) => factOf(change, 'recovered', span))
}

function factOf({ link, ...change }: LinkChange, found: Found, span: { between?: Between } = {}): Fact {
  const subject = { interface: link }
  if (change.type === 'address') {
    const detail = { change: change.change, ...span }
    return { kind: 'net.address', found, subject: { ...subject, address: change.address }, detail }
  }
  if (change.type === 'route') {
    const detail = { change: change.change, ...span }
    return { kind: 'net.route-changed', found, subject: { ...subject, route: change.route }, detail }
  }
  if (change.change === 'up') return { kind: 'net.link-up', found, subject, detail: {} }
  return { kind: 'net.link-down', found, subject, detail: { gone: change.change === 'gone', ...span } }
}
