import { resolve } from 'node:path'
import { readArgs, UsageError, type Command } from '#base/command.ts'
import { openAtHand } from '#collector/access/at-hand.ts'
import { backUp, BackupError } from '#collector/backup.ts'
import { storeFileOf } from '#collector/config.ts'
import { configOption, loadOwnConfig, type Io } from './io.ts'

const MIB = 1024 * 1024
const PROGRESS_MS = 1_000
/** What belongs in the safe and not onto a disk beside others. */
const FOR_THE_SAFE = ['root.key', 'office.passphrase']

export const backupCommand: Command<Io> = async (args, io) => {
  const { values, positionals } = readArgs(args, configOption, 1)
  const dir = resolve(positionals[0] ?? '')
  const config = await loadOwnConfig(values.config, 'backup')
  await using hand = await openAtHand(config, 'backup', io)
  let toldAt = io.clock.monotonic()
  const progress = (done: number, all: number): void => {
    if (io.clock.monotonic() - toldAt < PROGRESS_MS) return
    toldAt = io.clock.monotonic()
    io.err(`${Math.floor(done / MIB)} of ${Math.ceil(all / MIB)} MiB`)
  }
  const parts = { access: hand.access, actor: hand.actor, clock: io.clock, progress }
  try {
    const { bytes, keys } = await backUp({ dataDir: config.dataDir, storeFile: storeFileOf(config) }, dir, parts)
    io.out(`${dir} has the store (${Math.ceil(bytes / MIB)} MiB, checked) and ${keys.length} files of keys.`)
    const exposed = keys.filter((name) => FOR_THE_SAFE.includes(name))
    if (exposed.length > 0) io.err(`Among the keys: ${exposed.join(', ')}. They belong in the safe, not here.`)
    return 0
  } catch (error) {
    if (error instanceof BackupError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}
