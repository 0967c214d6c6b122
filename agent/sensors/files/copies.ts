/** The copies under way on one volume: what is heard and looked at goes in, facts come out. Reads nothing itself. */
import { randomUUID } from 'node:crypto'
import type { Look } from '#agent/platform/files.ts'
import type { Fact } from '#agent/sensors/sensor.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { birthOf, COARSE_MS, isFresh, type KnownFiles } from './known.ts'
import { beginCopy, stepCopy, type CopyEffect, type CopyInput, type CopyState } from './settle.ts'
import { modifiedOf, subjectOf, type CopyPlace } from './tell.ts'

export type InterruptReason = 'removed' | 'unmounted' | 'agent-stopped'

/** One path that is looked at. */
export interface Tracked {
  readonly path: string
  readonly copy: string
  readonly found: Fact['found']
  readonly state: CopyState
}

/** `begun`: a copy nobody knew of. `known`: nothing new. `no-room`: it should be followed and cannot be. */
export type Heard = 'begun' | 'followed' | 'known' | 'no-room'

export interface CopiesDependencies {
  /** As the media table says it now. */
  place: () => CopyPlace
  known: KnownFiles
  /** Until when somebody watched before us (wall clock): what is older was told then, or was none. */
  watchedUntil: number
  clock: Clock
  tell: (fact: Fact) => void
  /** A file has come to rest: what is in it? */
  identify: (tracked: Tracked, look: Look) => void
  /** False: so many copies are under way (all volumes together) that this one cannot be taken; given back by `leave`. */
  enter: () => boolean
  leave: () => void
}

export interface Copies {
  readonly size: number
  /** A file is there or has changed. `scan`: since when the scan runs that came upon it (wall clock); undefined when it
   *  was heard. */
  heard: (path: string, look: Look, scan: number | undefined) => Heard
  /** All that should be looked at now, in the order that they began. */
  due: (now: number) => readonly Tracked[]
  looked: (path: string, input: CopyInput) => void
  /** Nothing more will be seen of this volume. */
  end: (reason: InterruptReason) => void
}

export function copiesOf(deps: CopiesDependencies): Copies {
  const { clock, known, tell } = deps
  const byPath = new Map<string, Tracked>()
  const byInode = new Map<number, string>()

  const put = (tracked: Tracked, state: CopyState | undefined): void => {
    byInode.delete(tracked.state.look.ino)
    if (state === undefined) {
      byPath.delete(tracked.path)
      return deps.leave()
    }
    byPath.set(tracked.path, { ...tracked, state })
    byInode.set(state.look.ino, tracked.path)
  }
  const say = (tracked: Tracked, effects: readonly CopyEffect[], reason: InterruptReason): Tracked => {
    let current = tracked
    for (const effect of effects) {
      if (effect.do === 'started') current = { ...current, copy: randomUUID() }
      const { copy, path, found } = current
      const subject = subjectOf(deps.place(), copy, path, effect.look)
      if (effect.do === 'started') tell({ kind: 'file.copy-started', found, subject, detail: {} })
      if (effect.do === 'interrupted')
        tell({ kind: 'file.copy-interrupted', found: 'live', subject, detail: { reason } })
      if (effect.do !== 'copied') continue
      known.add(effect.look)
      tell({ kind: 'file.copied', found, subject, detail: { count: effect.count, ...modifiedOf(effect.look, clock) } })
      deps.identify(current, effect.look)
    }
    return current
  }
  const apply = (tracked: Tracked, input: CopyInput, reason: InterruptReason = 'unmounted'): void => {
    const [state, effects] = stepCopy(tracked.state, input, clock.monotonic())
    put(say(tracked, effects, reason), state)
  }
  /** A copy that was written under another name (`.part`) and renamed goes on under its new one. */
  const renamed = (path: string, look: Look): Tracked | undefined => {
    const before = byPath.get(byInode.get(look.ino) ?? '')
    if (before === undefined || birthOf(before.state.look) !== birthOf(look)) return undefined
    byPath.delete(before.path)
    return { ...before, path }
  }
  const isNews = (look: Look, scan: number | undefined): boolean => {
    if (known.has(look)) return false
    if (scan !== undefined && known.had(look)) return (known.add(look), false)
    const since = Math.max(deps.place().plugged.since, deps.watchedUntil)
    if (scan === undefined || isFresh(look, since, clock.wall())) return true
    known.add(look)
    return false
  }

  return {
    get size() {
      return byPath.size
    },
    heard: (path, look, scan) => {
      const tracked = byPath.get(path)
      if (tracked === undefined && !isNews(look, scan)) return 'known'
      const followed = tracked ?? renamed(path, look)
      if (followed !== undefined) {
        apply(followed, { type: 'heard', look })
        return 'followed'
      }
      if (!deps.enter()) return 'no-room'
      const [state, effects] = beginCopy(look, clock.monotonic())
      const found = scan === undefined || isFresh(look, scan + COARSE_MS, clock.wall()) ? 'live' : 'reconciled'
      put(say({ path, copy: '', found, state }, effects, 'unmounted'), state)
      return 'begun'
    },
    due: (now) => [...byPath.values()].filter(({ state }) => state.due <= now),
    looked: (path, input) => {
      const tracked = byPath.get(path)
      if (tracked !== undefined) apply(tracked, input)
    },
    end: (reason) => {
      for (const tracked of byPath.values()) apply(tracked, { type: 'ended' }, reason)
    },
  }
}
