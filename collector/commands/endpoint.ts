import { readArgs, type Command } from '#base/command.ts'
import { openAtHand, type AtHand } from '#collector/access/at-hand.ts'
import { channelsOf } from '#collector/alerts/routes.ts'
import {
  confirmNamed,
  EndpointError,
  endpointLines,
  mergeNamed,
  retireNamed,
  type Done,
} from '#collector/ledgers/endpoint-acts.ts'
import { configOption, CONFIG_HELP, loadOwnConfig, type Io } from './io.ts'

const NAMES = `An endpoint is named by its name, its host, or the number that \`endpoint list\` prints (#7).
May be run while the collector runs.`

export const endpointList: Command<Io> = {
  usage: `shoumi-collector endpoint list [--all] [--config F]

  --all             also those that are retired or merged
${CONFIG_HELP}

One line each, its parts separated by tabs.`,
  async run(args, io) {
    const { values } = readArgs(args, { ...configOption, all: { type: 'boolean', default: false } })
    await using hand = await openAtHand(await loadOwnConfig(values.config, 'endpoint list'), 'endpoint list', io)
    for (const line of await endpointLines(hand.access, hand.actor, values.all)) io.out(line)
    return 0
  },
}

export const endpointRetire: Command<Io> = {
  usage: `shoumi-collector endpoint retire NAME [--config F]

${CONFIG_HELP}

Its agents are served no more; a machine of that name that enrols again needs a new identity. A re-installed machine that
waits for the same line of the ledger is confirmed.
${NAMES}`,
  async run(args, io) {
    const { values, positionals } = readArgs(args, configOption, 1)
    const [name = ''] = positionals
    return acted(values.config, 'endpoint retire', io, ({ access, actor }, when) =>
      retireNamed(access, actor, { name, ...when }),
    )
  },
}

export const endpointMerge: Command<Io> = {
  usage: `shoumi-collector endpoint merge FROM INTO [--config F]

${CONFIG_HELP}

The agents of FROM go on as those of INTO; those that INTO had are retired, and none of them may be connected.
${NAMES}`,
  async run(args, io) {
    const { values, positionals } = readArgs(args, configOption, 2)
    const [from = '', into = ''] = positionals
    return acted(values.config, 'endpoint merge', io, ({ access, actor }, when) =>
      mergeNamed(access, actor, { from, into, ...when }),
    )
  },
}

export const endpointConfirm: Command<Io> = {
  usage: `shoumi-collector endpoint confirm NAME [--line HOST] [--config F]

  --line HOST       the line's host name in the register (default: the endpoint's own)
${CONFIG_HELP}

For a re-installed machine, a repaired mainboard, or a token of another level. The line has to be published. An agent that
has the line already is retired, and may not be connected.
${NAMES}`,
  async run(args, io) {
    const { values, positionals } = readArgs(args, { ...configOption, line: { type: 'string' } }, 1)
    const [name = ''] = positionals
    return acted(values.config, 'endpoint confirm', io, ({ access, actor }, when) =>
      confirmNamed(access, actor, { name, line: values.line, ...when }),
    )
  },
}

type When = Pick<Parameters<typeof retireNamed>[2], 'mailboxes' | 'clock'>

async function acted(
  file: string,
  command: string,
  io: Io,
  act: (hand: AtHand, when: When) => Promise<Done>,
): Promise<number> {
  const config = await loadOwnConfig(file, command)
  await using hand = await openAtHand(config, command, io)
  try {
    const { line } = await act(hand, { mailboxes: channelsOf(config.mail?.routes), clock: io.clock })
    io.out(line)
    return 0
  } catch (error) {
    if (!(error instanceof EndpointError)) throw error
    io.err(error.message)
    return 1
  }
}
