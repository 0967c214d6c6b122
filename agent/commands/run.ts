import { parseArgs } from 'node:util'
import { loadConfig } from '#agent/config.ts'
import { IdentityError } from '#agent/identity/identity.ts'
import { JournalError } from '#agent/journal/format.ts'
import { openLog } from '#agent/log.ts'
import { startAgent } from '#agent/main.ts'
import { openPlatform } from '#agent/platform/platform.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { ConfigError } from '#shared/vocabulary/yaml.ts'
import about from '../../package.json' with { type: 'json' }
import type { Command } from './command.ts'

export const run: Command = {
  name: 'run',
  summary: 'Watch this computer, and report to the collector, until told to stop.',
  usage: `shoumi-agent run [--config FILE]

Asks nothing. What the file does not say, the environment may, and it wins:
  COLLECTOR_URL   https://host:port of the collector; several apart by commas
  CA_PIN          sha256:… of the collector's root, as \`shoumi-collector token create\` prints it
  ENROL_TOKEN     an enrolment token, or TOKEN_FILE, a file that holds one
Without a collector it records, and enrols once there is one.`,
  async run(args, io, signal) {
    const { values } = parseArgs({ args: [...args], options: { config: { type: 'string' } } })
    try {
      const config = await loadConfig(values.config, io.environment)
      await using log = openLog(config.log)
      await using platform = await openPlatform({ clock: systemClock })
      const { crash } = io
      const host = { clock: systemClock, log, platform, version: about.version, crash }
      await using _agent = await startAgent(config, host)
      await aborted(signal)
      log.info('Stopping')
      return 0
    } catch (error) {
      if (error instanceof ConfigError) return (io.err(error.message), 2)
      if (error instanceof JournalError || error instanceof IdentityError) return (io.err(error.message), 1)
      throw error
    }
  },
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve())
  })
