/** Media that come, go, are mounted and unmounted (DESIGN §2: facts, with no opinion). */
import type { MediaChange, MediaTable } from '#agent/media/signal.ts'
import type { Found } from '#shared/event/event.ts'
import type { MediumIdentity } from '#shared/event/subject.ts'
import type { Fact, Sensor } from '../sensor.ts'
import type { Stays } from './stays.ts'

export const mediaSensor = (media: MediaTable, stays: Stays): Sensor => ({
  name: 'media',
  async run({ observe, cover, onJudgeAnew }, signal) {
    if (signal.aborted) return
    const present = new Map<string, MediumIdentity>()
    const tell = (change: MediaChange, found: Found): void => {
      const { plug, medium } = change.plugged
      observe(factOf(change, found))
      if (change.type === 'removed') present.delete(plug)
      else present.set(plug, medium)
      if (change.type === 'removed' || change.type === 'connected') keep()
    }
    let hasLooked = false // what was there last time must not be forgotten before
    const keep = (): void => {
      if (hasLooked) stays.keep([...present].map(([plug, medium]) => ({ plug, medium })))
    }
    const looked = (): void => {
      for (const { plug, medium } of stays.last())
        if (!present.has(plug))
          observe({ kind: 'medium.removed', found: 'recovered', subject: { plug, medium }, detail: {} })
      hasLooked = true
      keep()
    }
    onJudgeAnew(() => media.subscribe((change) => observe(factOf(change, 'present')))()) // hears what is there, and is gone again
    const lost = (source: string): void =>
      void observe({ kind: 'agent.gap', found: 'live', subject: {}, detail: { reason: 'notifications-lost', source } })
    const unsubscribe = media.subscribe(tell, { lost, cover, looked })
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    unsubscribe()
  },
})

function factOf(change: MediaChange, found: Found): Fact {
  const { plug, medium, bus, interfaces, path } = change.plugged
  const subject = { plug, medium }
  if (!('volume' in change)) {
    if (change.type === 'removed') return { kind: 'medium.removed', found, subject, detail: {} }
    const detail = {
      bus,
      ...(interfaces && { interfaces: [...interfaces] }),
      ...(path && { path: path.slice(0, 512) }),
    }
    return { kind: 'medium.connected', found, subject, detail }
  }
  const onVolume = { ...subject, volume: change.volume }
  if (change.type === 'unmounted') return { kind: 'medium.unmounted', found, subject: onVolume, detail: {} }
  const detail = change.type === 'remounted' ? { remount: true } : {}
  return { kind: 'medium.mounted', found, subject: onVolume, detail }
}
