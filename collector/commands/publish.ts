import { readArgs, type Command } from '#base/command.ts'
import { openAtHand } from '#collector/access/at-hand.ts'
import { linesOf } from '#collector/policy/plan.ts'
import { planPublishing, publish } from '#collector/policy/publish.ts'
import { readWritten } from '#collector/policy/written.ts'
import { openTrust } from '#collector/trust/trust.ts'
import { configOption, CONFIG_HELP, loadOwnConfig, type Io } from './io.ts'

export const publishCommand: Command<Io> = {
  usage: `shoumi-collector publish [--dry-run] [--config F]

  --dry-run         only say what would change, and for how many agents
${CONFIG_HELP}

Reads policyDir and registerFile; a fault is named with file, line and field, and nothing changes (exit 2). The office key
is opened only where rules change or near their end: put its passphrase back for that, and take it out again.
May be run while the collector runs, which hands out what is new within seconds.`,
  async run(args, io) {
    const { values } = readArgs(args, { ...configOption, 'dry-run': { type: 'boolean', default: false } })
    const config = await loadOwnConfig(values.config, 'publish')
    const written = await readWritten(config)
    const trust = await openTrust(config.dataDir, config.agents.publicNames, io.clock.wall())
    await using hand = await openAtHand(config, 'publish', io)
    const publisher = { access: hand.access, trust, clock: io.clock }
    const make = values['dry-run'] ? planPublishing : publish
    for (const line of linesOf(await make(written, hand.actor, publisher))) io.out(line)
    return 0
  },
}
