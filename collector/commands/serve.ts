import about from '../../package.json' with { type: 'json' }
import { aborted } from '#base/abort.ts'
import { readArgs, type Command } from '#base/command.ts'
import { startCollector } from '#collector/main.ts'
import { configOption, loadOwnConfig, type Io } from './io.ts'

export const serve: Command<Io> = async (args, io, signal) => {
  const { values } = readArgs(args, configOption)
  const config = await loadOwnConfig(values.config, 'serve')
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
}
