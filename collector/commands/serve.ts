import about from '../../package.json' with { type: 'json' }
import { loadConfig } from '#collector/config.ts'
import { startCollector } from '#collector/main.ts'
import { configOption, CONFIG_HELP, readArgs, type Command } from './command.ts'

export const serve: Command = {
  name: 'serve',
  summary: 'Run the collector until SIGTERM or SIGINT; SIGHUP looks again what is published and written.',
  usage: `shoumi-collector serve [--config F]

${CONFIG_HELP}

The very first start publishes the rules and the register; after that only \`publish\` does. At SIGHUP clauses are read
again, and a condition says whether what is written is what was published.`,
  async run(args, io, signal) {
    const { values } = readArgs(args, configOption)
    const config = await loadConfig(values.config)
    await using collector = await startCollector(config, {
      clock: io.clock,
      pagesDir: io.pagesDir,
      version: about.version,
    })
    io.onHangUp(() => void collector.reload())
    io.out(`console: ${collector.consoleUrl}`)
    io.out(`agents:  ${collector.agentsUrl} (${collector.caPin})`)
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    return 0
  },
}
