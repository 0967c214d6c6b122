import { mkdir } from 'node:fs/promises'
import { readArgs, type Command } from '#base/command.ts'
import { createFirstAccount } from '#collector/access/accounts.ts'
import { openAtHand } from '#collector/access/at-hand.ts'
import { hasTrust, initTrust } from '#collector/trust/trust.ts'
import { configOption, loadOwnConfig, type Io } from './io.ts'

export const init: Command<Io> = async (args, io) => {
  const { values } = readArgs(args, configOption)
  const config = await loadOwnConfig(values.config, 'init')
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
  if (await hasTrust(config.dataDir)) io.out('The keys are made already and stay as they are.')
  else {
    const { rootKeyFile, passphraseFile } = await initTrust(config.dataDir, io.clock.wall())
    io.out(`The key of the root certificate is ${rootKeyFile}: nothing needs it any more, so put it in the safe.`)
    io.out(`The office key signs the rules; its passphrase is kept in ${passphraseFile}. That is convenient, not safe:`)
    io.out('take it out, and put it back only to publish.')
  }
  await using hand = await openAtHand(config, 'init', io)
  const account = await createFirstAccount(hand.access, hand.actor, io.clock)
  if (account === undefined)
    io.out('There is an account already. A forgotten password: shoumi-collector user reset NAME')
  else {
    io.out(`Sign in as ${account.name} with this one-time password, which you will be asked to change:`)
    io.out(account.password)
  }
  return 0
}
