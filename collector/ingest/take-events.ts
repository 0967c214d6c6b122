/** Verify, commit, then receipt, in that order (docs/protocol.md#verification). */
import { makeReceipt } from '#shared/evidence/checkpoint.ts'
import type { HeaderOf } from '#shared/wire/messages.ts'
import type { Served } from './served.ts'
import type { StoredLog } from './stored-logs.ts'
import { readBatch, verifyBatch, type ReadBatch, type Refused } from './verify.ts'

/** What just happened is a few events; what had to wait comes in full messages. */
const SMALL_BYTES = 16 * 1024

/** Why there is no receipt, and what was sent, as far as it could be read. */
export interface NotTaken {
  readonly refused: Refused
  readonly batch?: ReadBatch
}

/** Resolves once the receipt is on its way, or with why there is none. Rejects where the store could not take it. */
export async function takeEvents(
  served: Served,
  header: HeaderOf<'events'>,
  body: Buffer,
): Promise<NotTaken | undefined> {
  const { agent, agentId, verifierKey, logs, clock } = served
  using _turn = await served.committer.gate.enter(body.length > SMALL_BYTES ? 'large' : 'small', agent)
  const batch = readBatch(header, body)
  if (!batch.ok) return { refused: batch }
  const log = await logs.one(batch.epoch)
  const held = await logs.held(log, batch.from, batch.entries.length)
  const verified = verifyBatch(batch, { agent, verifierKey, frontier: log.frontier, boot: log.boot, held })
  if (!verified.ok) return { refused: verified, batch }
  const { entries, filled, from, frontier, start } = verified
  const { epoch } = batch
  // What is held already keeps its newest checkpoint: a resend may end before it.
  const checkpoint = entries.length === 0 ? log.checkpoint : batch.checkpoint
  if (entries.length > 0 || filled.length > 0)
    await served.committer.submit({
      agent: { id: agentId, agent },
      log: { epoch, from, frontier, checkpoint, ...(start && { start }) },
      entries,
      filled,
      receivedAt: clock.wall(),
    })
  const grown = { epoch, frontier, checkpoint, boot: log.frontier.size === 0 ? start?.boot : log.boot }
  logs.advanced(grown)
  receipt(served, grown)
  return undefined
}

function receipt({ connection, trust, clock }: Served, { checkpoint }: StoredLog): void {
  const seconds = Math.floor(clock.wall() / 1000)
  connection.send({ type: 'receipt' }, makeReceipt(checkpoint, trust.receipts.signer, seconds))
}
