import { readArgs, type Command } from '#base/command.ts'
import { openAtHand } from '#collector/access/at-hand.ts'
import { mailboxesOf } from '#collector/alerts/routes.ts'
import { recorrelate, type RefoldProgress, type Refolding } from '#collector/incidents/recorrelate.ts'
import { configOption, loadOwnConfig, type Io } from './io.ts'

/** A line of progress at most this often. */
const PROGRESS_MS = 1_000

export const recorrelateCommand: Command<Io> = async (args, io) => {
  const { values } = readArgs(args, { ...configOption, check: { type: 'boolean', default: false } })
  const config = await loadOwnConfig(values.config, 'recorrelate')
  await using hand = await openAtHand(config, 'recorrelate', io)
  const { access, actor } = hand
  const about = { act: 'incidents.recorrelate', subject: { kind: 'collector', id: config.dataDir } }
  const refolding: Refolding = {
    store: { read: (run) => access.ask(actor, run), write: (run) => access.act(actor, about, run) },
    told: () => ({ mailboxes: mailboxesOf(config), now: io.clock.wall() }),
    version: 'recorrelate',
    changed: () => undefined,
  }
  let saidAt = io.clock.monotonic()
  const progress = ({ matters, differing }: RefoldProgress): void => {
    if (io.clock.monotonic() - saidAt < PROGRESS_MS) return
    saidAt = io.clock.monotonic()
    io.err(`${matters} matters folded, ${differing} differ …`)
  }
  const { matters, differing, left } = await recorrelate(refolding, { check: values.check, tell: io.out, progress })
  io.out(
    differing === 0
      ? `${matters} matters folded: every incident is what its entries give.`
      : `${matters} matters folded, ${differing} differ${values.check ? '.' : `, ${differing - left} were put right.`}`,
  )
  return (values.check ? differing : left) > 0 ? 1 : 0
}
