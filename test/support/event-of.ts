/** What a fact looks like once it is judged: the event that must fit its schema. */
import { encodeEvent, type Event } from '#shared/event/event.ts'
import type { Fact } from '#agent/sensors/sensor.ts'

/** Its line; undefined where the fact would make no event. */
export function lineOf(fact: Fact): string | undefined {
  const { plug, medium, volume, ...rest } = fact.subject
  const isWhole = fact.kind === 'medium.connected' || fact.kind === 'medium.mounted' || fact.kind === 'medium.removed'
  const status = 'unregistered'
  const judged = {
    ...(plug === undefined ? {} : { plug }),
    ...(medium === undefined
      ? {}
      : { medium: isWhole ? { ...medium, score: 0, status } : { key: medium.key, status } }),
    ...(volume === undefined
      ? {}
      : { volume: isWhole || fact.kind === 'medium.unmounted' ? volume : { mountPoint: volume.mountPoint } }),
    ...rest,
  }
  return encodeEvent({
    v: 1,
    salt: '0'.repeat(32),
    at: '2026-01-02T03:04:05.678+08:00',
    mono: 1,
    boot: '00000000-0000-4000-8000-000000000000',
    kind: fact.kind,
    found: fact.found,
    subject: judged,
    verdicts: [],
    detail: fact.detail,
  } as Event)
}
