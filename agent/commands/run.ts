import { aborted } from '#base/abort.ts'
import { asOwnerOf } from '#base/as-owner.ts'
import { readArgs, type Command } from '#base/command.ts'
import { loadConfig } from '#agent/config.ts'
import { openLog } from '#agent/log.ts'
import { startAgent } from '#agent/main.ts'
import { giveBackMemory, machineClock, openPlatform } from '#agent/platform/platform.ts'
import about from '../../package.json' with { type: 'json' }
import type { Io } from './io.ts'

/** By then the sensors are armed, and all that starting allocates is garbage. */
const STARTED_MS = 3_000

export const run: Command<Io> = async (args, { environment, crash, err }, signal) => {
  const { values } = readArgs(args, { config: { type: 'string' } })
  const config = await loadConfig(values.config, environment)
  await asOwnerOf(config.dataDir, 'shoumi-agent run …')
  const clock = machineClock()
  const log = openLog(config.log, { clock, say: err })
  await using platform = await openPlatform({ clock })
  await using _agent = await startAgent(config, { clock, log, platform, version: about.version, crash })
  await clock.sleep(STARTED_MS, signal)
  if (!signal.aborted) giveBackMemory()
  await aborted(signal)
  log.info('Stopping')
  return 0
}
