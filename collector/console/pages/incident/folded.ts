/** A timeline as people read it: what happened one by one, and crowds of files folded into one line. Pure. */
import type { EventView } from '../../shapes.ts'

/** As many records of files in a row are read one by one; more are a crowd. */
const CROWD = 12

export type Piece =
  | { readonly kind: 'event'; readonly event: EventView }
  | { readonly kind: 'crowd'; readonly events: readonly EventView[]; readonly files: number }

/** By the time it happened; at the same moment by its place in the log. */
export const asItHappened = (a: EventView, b: EventView): number => a.at - b.at || a.index - b.index || a.id - b.id

/** By when it was received; at the same moment as it was stored. */
export const asItArrived = (a: EventView, b: EventView): number => a.receivedAt - b.receivedAt || a.id - b.id

const isOfFile = ({ kind }: EventView): boolean => kind.startsWith('file.')

/** In the order that is given. */
export function fold(events: readonly EventView[]): Piece[] {
  const pieces: Piece[] = []
  let crowd: EventView[] = []
  const end = (): void => {
    if (crowd.length > CROWD)
      pieces.push({ kind: 'crowd', events: crowd, files: new Set(crowd.map(({ file }) => file?.path)).size })
    else pieces.push(...crowd.map((event) => ({ kind: 'event', event }) as const))
    crowd = []
  }
  for (const event of events) {
    if (isOfFile(event)) crowd.push(event)
    else {
      end()
      pieces.push({ kind: 'event', event })
    }
  }
  end()
  return pieces
}

/** Whether one of the texts that it shows holds the words; `named` is what its kind is called. */
export function isFound(
  { file, address, route, text, volume, medium, actor }: EventView,
  named: string,
  words: string,
): boolean {
  const texts = [named, file?.path, address, route, text, volume?.mountPoint, medium?.label, medium?.serial, actor]
  return texts.some((one) => one !== undefined && one.toLowerCase().includes(words.toLowerCase()))
}
