/** The media list in parts: a medium stays in its part, a new one goes into the first that has room, an empty part stays. So
 *  a change of one medium sends one part. Pure. */
import { MAX_PART_MEDIA, type RegisteredMedium } from '#shared/policy/documents.ts'

/** `before`: what each part held when it was published last. In a part media stand in the order of their ids. */
export function intoParts(
  before: readonly (readonly RegisteredMedium[])[],
  media: readonly RegisteredMedium[],
): RegisteredMedium[][] {
  const placeOf = new Map(before.flatMap((part, at) => part.map(({ id }) => [id, at] as const)))
  const parts: RegisteredMedium[][] = before.map(() => [])
  for (const medium of media) parts[placeOf.get(medium.id) ?? -1]?.push(medium)
  let at = 0
  for (const medium of media.filter(({ id }) => !placeOf.has(id))) {
    while ((parts[at]?.length ?? 0) >= MAX_PART_MEDIA) at += 1
    parts[at] = [...(parts[at] ?? []), medium]
  }
  return parts.map((part) => part.toSorted((a, b) => (a.id < b.id ? -1 : 1)))
}
