/** What the list of incidents is narrowed to, and how that is changed. */
import type { Filters } from '../../api.ts'

export type Narrow = (change: { [K in keyof Filters]: Filters[K] | undefined }) => void
export interface Narrowing {
  readonly filters: Filters
  readonly narrow: Narrow
}
