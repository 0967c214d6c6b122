/** Whoever writes into a service's data must be the service: a file that root made there is one that the service cannot
 *  read, and root must follow nothing that another user may have put there. */
import { readFile, stat } from 'node:fs/promises'

/** This user may not work on these data; the message says who may, and how. */
class NotOwnerError extends Error {
  override name = 'NotOwnerError'
}

/** Resolves where this process runs as the owner of `folder`, or the folder is yet to be made; else throws NotOwnerError.
 *  `command`: as one types it. */
export async function asOwnerOf(folder: string, command: string): Promise<void> {
  const mine = process.geteuid?.() // no such thing on Windows
  const about = mine === undefined ? undefined : await stat(folder).catch(ifMissing)
  if (about === undefined || about.uid === mine) return
  const owner = await nameOf(about.uid)
  throw new NotOwnerError(
    `The data in ${folder} belong to ${owner ?? `user ${about.uid}`}, and this is ${(await nameOf(mine ?? 0)) ?? `user ${mine}`}: ` +
      `run \`sudo -u ${owner ?? `'#${about.uid}'`} ${command}\`. Nothing was done.`,
  )
}

const ifMissing = (error: unknown): undefined => {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
  throw error
}

/** As far as this machine's own file says. */
async function nameOf(uid: number): Promise<string | undefined> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n')
  return lines.map((line) => line.split(':')).find(([, , id]) => id === String(uid))?.[0]
}
