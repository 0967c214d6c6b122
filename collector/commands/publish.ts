import { readArgs, type Command } from '#base/command.ts'
import { openAtHand } from '#collector/access/at-hand.ts'
import { linesOf } from '#collector/policy/plan.ts'
import { planPublishing, publish } from '#collector/policy/publish.ts'
import { readWritten } from '#collector/policy/written.ts'
import { openTrust } from '#collector/trust/trust.ts'
import { configOption, loadOwnConfig, type Io } from './io.ts'

export const publishCommand: Command<Io> = async (args, io) => {
  const { values } = readArgs(args, { ...configOption, 'dry-run': { type: 'boolean', default: false } })
  const config = await loadOwnConfig(values.config, 'publish')
  const written = await readWritten(config)
  const trust = await openTrust(config.dataDir, config.agents.publicNames, io.clock.wall())
  await using hand = await openAtHand(config, 'publish', io)
  const publisher = { access: hand.access, trust, clock: io.clock }
  const make = values['dry-run'] ? planPublishing : publish
  for (const line of linesOf(await make(written, hand.actor, publisher))) io.out(line)
  return 0
}
