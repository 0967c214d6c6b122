/** Media that come, go, are mounted and unmounted: facts, with no opinion. */
import type { MediaChange, MediaTable, Plugged } from '#agent/media/signal.ts'
import { aborted } from '#base/abort.ts'
import type { Found } from '#shared/event/event.ts'
import type { Between } from '#shared/event/kinds.ts'
import type { Volume } from '#shared/event/subject.ts'
import { lookTimes, lookSpan } from '../looks.ts'
import type { Fact, Sensor, SensorContext } from '../sensor.ts'
import { staysOf, type Stay, type Stays } from './stays.ts'

export const mediaSensor = (media: MediaTable, stays: Stays): Sensor => ({
  name: 'media',
  async run(context, signal) {
    if (signal.aborted) return
    const { observe, cover, onJudgeAnew } = context
    const present = new Map<string, Plugged>()
    const looks = lookTimes(context)
    let hasLooked = false // what was there last time must not be forgotten before
    const keep = (): void => {
      if (hasLooked) stays.keep(() => staysOf(present.values()))
    }
    const tell = (change: MediaChange, found: Found): void => {
      const { plugged } = change
      const key = keyOf(plugged.plug, 'volume' in change ? change.volume : undefined)
      const ends = change.type === 'removed' || change.type === 'unmounted'
      observe(factOf(change, found, ends && found === 'reconciled' ? looks.span(key) : {}))
      if (!ends) looks.saw(key)
      if (change.type === 'removed') present.delete(plugged.plug)
      else present.set(plugged.plug, plugged)
      keep()
    }
    const looked = (): void => {
      looks.looked()
      if (hasLooked) return stays.keepSoon(() => staysOf(present.values()))
      for (const fact of recovered(stays, present, context)) observe(fact)
      hasLooked = true
      keep()
    }
    onJudgeAnew(() => media.subscribe((change) => observe(factOf(change, 'present')))()) // hears what is there, and is gone again
    const lost = (source: string): void =>
      void observe({ kind: 'agent.gap', found: 'live', subject: {}, detail: { reason: 'notifications-lost', source } })
    const unsubscribe = media.subscribe(tell, { lost, cover, looked })
    await aborted(signal)
    unsubscribe()
    if (hasLooked) stays.keepNow(staysOf(present.values()))
  },
})

const keyOf = (plug: string, volume: Volume | undefined): string =>
  volume === undefined ? plug : `${plug} ${volume.device} ${volume.mountPoint}`

/** What was there when it was last kept, and is not now: mounts before the media that they were on. */
function recovered(stays: Stays, present: ReadonlyMap<string, Plugged>, { clock, momentAt }: SensorContext): Fact[] {
  const last = stays.last()
  if (last === undefined) return []
  const between = lookSpan(momentAt, last.mono, clock.monotonic())
  return last.on.flatMap((stay) => endsOf(stay, present.get(stay.plug), between))
}

function endsOf({ plug, medium, volumes }: Stay, now: Plugged | undefined, between: Between): Fact[] {
  const found = 'recovered' as const
  const detail = { between }
  const subject = { plug, medium }
  const kept = new Set(now?.volumes.map((volume) => keyOf(plug, volume)))
  const unmounted = volumes
    .filter((volume) => !kept.has(keyOf(plug, volume)))
    .map((volume): Fact => ({ kind: 'medium.unmounted', found, subject: { ...subject, volume }, detail }))
  return now === undefined ? [...unmounted, { kind: 'medium.removed', found, subject, detail }] : unmounted
}

function factOf(change: MediaChange, found: Found, span: { between?: Between } = {}): Fact {
  const { plug, medium, bus, interfaces, path } = change.plugged
  const subject = { plug, medium }
  if (!('volume' in change)) {
    if (change.type === 'removed') return { kind: 'medium.removed', found, subject, detail: span }
    const detail = {
      bus,
      ...(interfaces && { interfaces: [...interfaces] }),
      ...(path && { path: path.slice(0, 512) }),
    }
    return { kind: 'medium.connected', found, subject, detail }
  }
  const onVolume = { ...subject, volume: change.volume }
  if (change.type === 'unmounted') return { kind: 'medium.unmounted', found, subject: onVolume, detail: span }
  const detail = change.type === 'remounted' ? { remount: true } : {}
  return { kind: 'medium.mounted', found, subject: onVolume, detail }
}
