/** The files sensor: every copy onto a medium that is plugged in, from its first sight to what was in it.
 *  media table → volumes.ts → hearing.ts (what platform/ hears) and rounds.ts (what looking shows) → copies.ts and
 *  settle.ts (at rest?) → tell.ts; identify.ts hashes what came to rest. */
import { makeBell } from '#base/bell.ts'
import type { MediaTable } from '#agent/media/signal.ts'
import type { FileSource, TreeBounds } from '#agent/platform/files.ts'
import type { Sensor, SensorContext } from '#agent/sensors/sensor.ts'
import { coverageOf } from './coverage.ts'
import { TREE_BOUNDS } from './hearing.ts'
import { hashBy, identifier, type HashFile } from './identify.ts'
import { knownByStay } from './known.ts'
import { lookRound } from './rounds.ts'
import { patientTeller, subjectOf, tellIdentified, type CopyPlace } from './tell.ts'
import { volumesOf } from './volumes.ts'
import { watchVolume, type WatchedVolume } from './watch-volume.ts'

/** Copies under way on all volumes; × 1 KiB = 50 MB. Beyond, they are found by looking once there is room. */
const MAX_COPIES = 50_000
/** So many copies under way that hashing waits. */
const CROWD = 256
const ROUND_MS = 50

export interface FilesDependencies {
  media: MediaTable
  files: FileSource
  /** When the journal was last written to before this run (wall clock); 0 where there was none. A file that is told
   *  twice because the process died between the two is the safe side. */
  watchedUntil: number
  /** SHA-256 of a file at rest, unless given otherwise. */
  hash?: HashFile
  bounds?: TreeBounds
}

export function filesSensor(deps: FilesDependencies): Sensor {
  let { watchedUntil } = deps
  return { name: 'files', run }

  async function run(context: SensorContext, signal: AbortSignal): Promise<void> {
    const life = new AbortController() // ends when told to, and when it cannot go on
    const endLife = (): void => life.abort()
    signal.addEventListener('abort', endLife)
    if (signal.aborted) endLife()
    const { sawAll } = await deps.files.openFiles([])
    try {
      await live({ ...deps, watchedUntil }, context, sawAll, life)
    } finally {
      watchedUntil = context.clock.wall()
      signal.removeEventListener('abort', endLife)
    }
  }
}

async function live(
  { media, files, watchedUntil, hash, bounds = TREE_BOUNDS }: FilesDependencies,
  context: SensorContext,
  sawAllAtFirst: boolean,
  life: AbortController,
): Promise<void> {
  const { clock } = context
  const { signal } = life
  const failure = Promise.withResolvers<never>()
  const failed = failure.reject
  const { tell, told } = patientTeller(context)
  const bell = makeBell(signal)
  const knowns = knownByStay(bounds.maxPaths)
  let room = MAX_COPIES
  const isCrowded = (): boolean => MAX_COPIES - room > CROWD
  const hashing = identifier({ hash: hash ?? hashBy(clock), clock, isCrowded, told, signal })
  let sawAll = sawAllAtFirst
  let covered = ''

  const open = (place: CopyPlace): WatchedVolume => {
    const volume = watchVolume(place, {
      known: knowns.of(place.plugged.plug, place.volume.device),
      files,
      watchedUntil,
      clock,
      tell,
      failed,
      bounds,
      enter: () => room > 0 && room-- > 0,
      leave: () => void room++,
      stirred: bell.ring,
      identify: ({ copy, path, found }, look) => {
        const subject = subjectOf(volume.place, copy, path, look)
        const answer = tellIdentified(tell, found, subject)
        hashing.add({ path, expected: look, gone: volume.gone, answer })
      },
    })
    return volume
  }
  const volumes = volumesOf({ open, clock, failed, signal })
  const cover = (): void => {
    const coverage = coverageOf(
      volumes.all().map(({ troubles }) => troubles),
      sawAll,
    )
    if (JSON.stringify(coverage) !== covered) context.cover(coverage)
    covered = JSON.stringify(coverage)
  }
  const rounds = async (): Promise<void> => {
    while (!signal.aborted) {
      cover()
      const busy = volumes.all().filter(({ copies, behind }) => copies.size > 0 || behind)
      if (busy.length === 0) await bell.rung()
      for (const volume of busy) {
        const answer = await lookRound(volume, { openFiles: files.openFiles, clock, told })
        if (answer !== undefined) sawAll = answer.sawAll
        if (volume.behind && room > MAX_COPIES / 2) volume.catchUp()
      }
      await clock.sleep(ROUND_MS, signal)
    }
  }
  const unsubscribe = media.subscribe((change) => {
    volumes.onChange(change)
    if (change.type === 'removed') knowns.forget(change.plugged.plug)
    bell.ring()
  })
  try {
    await Promise.race([failure.promise, Promise.all([rounds(), hashing.run()])])
  } finally {
    unsubscribe()
    life.abort()
    await volumes.end()
    await told()
  }
}
