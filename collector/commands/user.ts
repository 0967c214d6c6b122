import { resetPassword } from '#collector/access/accounts.ts'
import { loadConfig } from '#collector/config.ts'
import { storeFileOf } from '#collector/main.ts'
import { openStore } from '#collector/store/database.ts'
import { configOption, CONFIG_HELP, readArgs, type Command } from './command.ts'

export const userReset: Command = {
  name: 'user reset',
  summary: 'Give an account a new one-time password and end its sessions.',
  usage: `shoumi-collector user reset NAME [--config F]\n\n${CONFIG_HELP}\n\nMay be run while the collector runs.`,
  async run(args, io) {
    const { values, positionals } = readArgs(args, configOption, 1)
    const [name = ''] = positionals
    const config = await loadConfig(values.config)
    await using store = await openStore(storeFileOf(config))
    const password = await resetPassword(store.db, name)
    if (password === undefined) {
      io.err(`There is no account "${name}".`)
      return 1
    }
    io.out(`Sign in as ${name} with this one-time password, which has to be changed:`)
    io.out(password)
    return 0
  },
}
