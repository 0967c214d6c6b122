/** Files that people write. */
import { open } from 'node:fs/promises'

/** The text of a file that has to be there, or what is wrong with it, as one says it after its name; at once where it has
 *  more than `mostBytes`, whatever it holds. */
export async function readWrittenFile(file: string, mostBytes: number): Promise<{ text: string } | { fault: string }> {
  try {
    await using handle = await open(file)
    const about = await handle.stat()
    if (!about.isFile()) return { fault: 'is no file (expected a file)' }
    if (about.size > mostBytes) return { fault: `has ${about.size} bytes (expected ${mostBytes} at most)` }
    return { text: await handle.readFile('utf8') }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { fault: `cannot be read: ${why} (expected a file)` }
  }
}
