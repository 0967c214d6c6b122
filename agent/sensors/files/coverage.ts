/** What the files sensor can and cannot see, put for people: pure. */
import type { Trouble } from '#agent/platform/files.ts'
import type { Coverage } from '#agent/sensors/sensor.ts'
import type { CoverageCode } from '#shared/vocabulary/conditions/coverage.ts'

type Code = Trouble['code']
export type Troubles = ReadonlyMap<Code, { readonly count: number; readonly detail: string }>

/** True of this way of watching on every machine. */
const ALWAYS = 'Who copied is not known. Files whose names are not UTF-8 are not seen.'

const words: Record<Code, (count: number, detail: string) => string> = {
  'watch-limit': (count, detail) =>
    `${count} folders are not watched, the system's limit is reached (${detail}): raise fs.inotify.max_user_watches and max_user_instances, then plug the medium in again.`,
  'too-many': (_, root) => `More than 200,000 files and folders on ${root}: what is beyond is not seen.`,
  'too-deep': (_, root) => `Folders more than 256 deep on ${root} are not seen.`,
  unreadable: (count, detail) => `${count} folders or files could not be read (${detail}).`,
  overflow: (_, root) => `More happened at once on ${root} than could be followed; it is being looked through.`,
}
const OPEN_UNKNOWN =
  'Not every process shows what it has open (run the agent as root): a copy counts as complete after two quiet seconds.'

/** The worst first; codes are `files.<code>`. */
const worstFirst: readonly Code[] = ['watch-limit', 'too-many', 'too-deep', 'unreadable', 'overflow']

/** `sawAll`: whether every process shows its open files. */
export function coverageOf(volumes: Iterable<Troubles>, sawAll: boolean): Coverage {
  const all = [...volumes]
  const told = worstFirst.flatMap((code): { code: CoverageCode; text: string }[] => {
    const of = all.flatMap((troubles) => troubles.get(code) ?? [])
    const count = of.reduce((sum, one) => sum + one.count, 0)
    return count === 0 ? [] : [{ code: `files.${code}` as const, text: words[code](count, of[0]?.detail ?? '') }]
  })
  if (!sawAll) told.push({ code: 'files.open-unknown', text: OPEN_UNKNOWN })
  const [worst] = told
  if (worst === undefined) return { state: 'watching', code: 'files.not-utf8-unseen', text: ALWAYS }
  const text = [...told.map((one) => one.text), ALWAYS].join(' ').slice(0, 2048)
  return { state: 'degraded', code: worst.code, text }
}
