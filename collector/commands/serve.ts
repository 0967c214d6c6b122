import about from '../../package.json' with { type: 'json' }
import { aborted } from '#base/abort.ts'
import { readArgs, type Command } from '#base/command.ts'
import { configOption, CONFIG_HELP, loadOwnConfig, type Io } from './io.ts'

export const serve: Command<Io> = {
  usage: `shoumi-collector serve [--config F]

${CONFIG_HELP}

The very first start publishes the rules and the register; after that only \`publish\` does. At SIGHUP clauses are read
again, and a condition says whether what is written is what was published.`,
  async run(args, io, signal) {
    const { values } = readArgs(args, configOption)
    const config = await loadOwnConfig(values.config, 'serve')
    const { startCollector } = await import('#collector/main.ts') // all of it, which --help does not need
    await using collector = await startCollector(config, {
      clock: io.clock,
      pagesDir: io.pagesDir,
      version: about.version,
    })
    io.onHangUp(() => void collector.reload())
    io.out(`console: ${collector.consoleUrl}`)
    io.out(`agents:  ${collector.agentsUrl} (${collector.caPin})`)
    await aborted(signal)
    return 0
  },
}
