import { readArgs, type Command } from '#base/command.ts'
import { resetPassword } from '#collector/access/accounts.ts'
import { openAtHand } from '#collector/access/at-hand.ts'
import { configOption, loadOwnConfig, type Io } from './io.ts'

export const userReset: Command<Io> = async (args, io) => {
  const { values, positionals } = readArgs(args, configOption, 1)
  const [name = ''] = positionals
  const config = await loadOwnConfig(values.config, 'user reset')
  await using hand = await openAtHand(config, 'user reset', io)
  const password = await resetPassword(hand.access, hand.actor, name)
  if (password === undefined) {
    io.err(`There is no account "${name}".`)
    return 1
  }
  io.out(`Sign in as ${name} with this one-time password, which has to be changed:`)
  io.out(password)
  return 0
}
