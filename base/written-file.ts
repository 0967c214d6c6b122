/** Files that people write. */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { isUtf8 } from 'node:buffer'

/** What is there at once: a pipe in the place of a file would be waited for. */
const LOOK = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)
/** YAML allows none of them (yaml.org/spec/1.2.2 §5.1): a file that has one is damaged, or no text. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const control = /[\u0000-\u0008\u000B\u000C\u000E-\u001F]/

/** What is wrong with a file, as one says it after its name, and in which line that is. */
export interface FileFault {
  readonly fault: string
  readonly line: number
}

/** The text of a file that has to be there, or what is wrong with it; at once where it has more than `mostBytes`, whatever
 *  it holds. */
export async function readWrittenFile(file: string, mostBytes: number): Promise<{ text: string } | FileFault> {
  try {
    await using handle = await open(file, LOOK)
    const about = await handle.stat()
    if (!about.isFile()) return { fault: 'is no file (expected a file)', line: 1 }
    if (about.size > mostBytes) return { fault: `has ${about.size} bytes (expected ${mostBytes} at most)`, line: 1 }
    return textOf(await handle.readFile())
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { fault: `cannot be read: ${why} (expected a file)`, line: 1 }
  }
}

/** A name in another encoding would be read as other characters, and hold as a name that nobody wrote. */
function textOf(bytes: Buffer): { text: string } | FileFault {
  const text = bytes.toString('utf8')
  if (!isUtf8(bytes)) return { fault: 'is not in UTF-8 (expected text saved as UTF-8)', line: lineAt(text, '\uFFFD') }
  const found = control.exec(text)?.[0]
  if (found === undefined) return { text }
  const code = found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
  return { fault: `has the control character U+${code} (expected text)`, line: lineAt(text, found) }
}

const lineAt = (text: string, what: string): number => text.slice(0, text.indexOf(what)).split('\n').length
