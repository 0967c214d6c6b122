/** Links with a carrier, their addresses and default routes (DESIGN §2: facts, with no opinion). */
import type { LinkSource } from '#agent/platform/links.ts'
import type { Found } from '#shared/event/event.ts'
import type { Coverage, Fact, Sensor } from '../sensor.ts'
import { emptyTable, isFull, present, step, type LinkChange } from './table.ts'

export const networkSensor = (links: LinkSource): Sensor => ({
  name: 'network',
  async run({ observe, cover, onJudgeAnew }, signal) {
    let table = emptyTable
    let sight: Coverage | undefined
    let full = false
    const tell = (changes: readonly LinkChange[], found: Found): void => {
      for (const change of changes) observe(factOf(change, found))
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
    onJudgeAnew(() => tell(present(table), 'present'))
    await links.watch(
      {
        hear(heard) {
          const [after, changes] = step(table, heard)
          table = after
          tell(changes, heard.type === 'state' ? heard.found : 'live')
          if (isFull(table) === full) return
          full = !full
          coverAll()
        },
        lost: (source) =>
          observe({ kind: 'agent.gap', found: 'live', subject: {}, detail: { reason: 'notifications-lost', source } }),
        cover(coverage) {
          sight = coverage
          coverAll()
        },
      },
      signal,
    )
  },
})

function factOf({ link, ...change }: LinkChange, found: Found): Fact {
  const subject = { interface: link }
  if (change.type === 'address') {
    const detail = { change: change.change }
    return { kind: 'net.address', found, subject: { ...subject, address: change.address }, detail }
  }
  if (change.type === 'route') {
    const detail = { change: change.change }
    return { kind: 'net.route-changed', found, subject: { ...subject, route: change.route }, detail }
  }
  if (change.change === 'up') return { kind: 'net.link-up', found, subject, detail: {} }
  return { kind: 'net.link-down', found, subject, detail: { gone: change.change === 'gone' } }
}
