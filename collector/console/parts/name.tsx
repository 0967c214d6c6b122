/** Shows a name from outside: every character visible, in its own direction, of bounded length; the whole in its title. */
import { shortened, visible } from './visible.ts'

const MAX_TITLE_CHARACTERS = 1_000

/** `whole`: what the title says where that is more than the name, as a file's path. */
export function Name({ value, whole = value, max = 48 }: { value: string; whole?: string; max?: number }) {
  const short = shortened(visible(value), max)
  const title = shortened(visible(whole), MAX_TITLE_CHARACTERS)
  return (
    <bdi className="name" title={short === title ? undefined : title}>
      {short}
    </bdi>
  )
}
