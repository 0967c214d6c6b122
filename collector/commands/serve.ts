import { loadConfig } from '#collector/config.ts'
import { startCollector } from '#collector/main.ts'
import { configOption, CONFIG_HELP, readArgs, type Command } from './command.ts'

export const serve: Command = {
  name: 'serve',
  summary: 'Run the collector until SIGTERM or SIGINT; SIGHUP reads rules and register again.',
  usage: `shoumi-collector serve [--config F]\n\n${CONFIG_HELP}`,
  async run(args, io, signal) {
    const { values } = readArgs(args, configOption)
    const config = await loadConfig(values.config)
    await using collector = await startCollector(config, { clock: io.clock, pagesDir: io.pagesDir })
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
