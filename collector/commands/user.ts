import { resetPassword } from '#collector/access/accounts.ts'
import { openAtHand } from '#collector/access/at-hand.ts'
import { loadConfig } from '#collector/config.ts'
import { configOption, CONFIG_HELP, readArgs, type Command } from './command.ts'

export const userReset: Command = {
  name: 'user reset',
  summary: 'Give an account a new one-time password, end its sessions and forget failed sign-ins.',
  usage: `shoumi-collector user reset NAME [--config F]\n\n${CONFIG_HELP}\n\nMay be run while the collector runs.`,
  async run(args, io) {
    const { values, positionals } = readArgs(args, configOption, 1)
    const [name = ''] = positionals
    const config = await loadConfig(values.config)
    await using hand = await openAtHand(config, 'user reset', io)
    const password = await resetPassword(hand.access, hand.actor, name)
    if (password === undefined) {
      io.err(`There is no account "${name}".`)
      return 1
    }
    io.out(`Sign in as ${name} with this one-time password, which has to be changed:`)
    io.out(password)
    return 0
  },
}
