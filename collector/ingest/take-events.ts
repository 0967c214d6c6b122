/** Verify, commit, then receipt, in that order (CONTRACTS §4). */
import { makeReceipt } from '#shared/evidence/checkpoint.ts'
import type { HeaderOf } from '#shared/wire/messages.ts'
import type { Served } from './served.ts'
import type { StoredLog } from './stored-logs.ts'
import { readBatch, verifyBatch, type Refused } from './verify.ts'

/** What just happened is a few events; what had to wait comes in full messages. */
const SMALL_BYTES = 16 * 1024

/** Resolves once the receipt is on its way, or with why there is none. Rejects where the store could not take it. */
export async function takeEvents(
  served: Served,
  header: HeaderOf<'events'>,
  body: Buffer,
): Promise<Refused | undefined> {
  const { agent, verifierKey, logs } = served
  using _turn = await served.committer.gate.enter(body.length > SMALL_BYTES ? 'large' : 'small')
  const batch = readBatch(header, body)
  if (!batch.ok) return batch
  const log = await logs.one(batch.epoch)
  const held = await logs.leaves(log, batch.from, batch.entries.length)
  const verified = verifyBatch(batch, { agent, verifierKey, frontier: log.frontier, held })
  if (!verified.ok) return verified
  if (verified.entries.length === 0) {
    receipt(served, log) // a resend of what is held: its receipt was lost
    return undefined
  }
  const { entries, from, frontier, previous } = verified
  const { epoch, checkpoint } = batch
  await served.committer.submit({
    endpoint: { id: served.endpointId, agent },
    log: { epoch, from, frontier, checkpoint, ...(previous !== undefined && { previous }) },
    entries,
    receivedAt: served.clock.wall(),
  })
  const grown = { epoch, frontier, checkpoint }
  logs.advanced(grown)
  receipt(served, grown)
  return undefined
}

function receipt({ connection, trust, clock }: Served, { checkpoint }: StoredLog): void {
  const seconds = Math.floor(clock.wall() / 1000)
  connection.send({ type: 'receipt' }, makeReceipt(checkpoint, trust.receipts.signer, seconds))
}
