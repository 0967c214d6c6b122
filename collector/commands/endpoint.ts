import { readArgs, type Command } from '#base/command.ts'
import { openAtHand, type AtHand } from '#collector/access/at-hand.ts'
import { mailboxesOf } from '#collector/alerts/routes.ts'
import {
  confirmNamed,
  EndpointError,
  endpointLines,
  mergeNamed,
  retireNamed,
  type Done,
} from '#collector/ledgers/endpoint-acts.ts'
import { configOption, loadOwnConfig, type Io } from './io.ts'

export const endpointList: Command<Io> = async (args, io) => {
  const { values } = readArgs(args, { ...configOption, all: { type: 'boolean', default: false } })
  await using hand = await openAtHand(await loadOwnConfig(values.config, 'endpoint list'), 'endpoint list', io)
  for (const line of await endpointLines(hand.access, hand.actor, values.all)) io.out(line)
  return 0
}

export const endpointRetire: Command<Io> = async (args, io) => {
  const { values, positionals } = readArgs(args, configOption, 1)
  const [name = ''] = positionals
  return acted(values.config, 'endpoint retire', io, ({ access, actor }, when) =>
    retireNamed(access, actor, { name, ...when }),
  )
}

export const endpointMerge: Command<Io> = async (args, io) => {
  const { values, positionals } = readArgs(args, configOption, 2)
  const [from = '', into = ''] = positionals
  return acted(values.config, 'endpoint merge', io, ({ access, actor }, when) =>
    mergeNamed(access, actor, { from, into, ...when }),
  )
}

export const endpointConfirm: Command<Io> = async (args, io) => {
  const { values, positionals } = readArgs(args, { ...configOption, line: { type: 'string' } }, 1)
  const [name = ''] = positionals
  return acted(values.config, 'endpoint confirm', io, ({ access, actor }, when) =>
    confirmNamed(access, actor, { name, line: values.line, ...when }),
  )
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
    const { line } = await act(hand, { mailboxes: mailboxesOf(config), clock: io.clock })
    io.out(line)
    return 0
  } catch (error) {
    if (!(error instanceof EndpointError)) throw error
    io.err(error.message)
    return 1
  }
}
