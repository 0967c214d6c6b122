/** A message that is not taken: counted, kept with its reason, answered with `bye`. Of a fork the refused half is evidence. */
import { openChanges } from '#collector/incidents/changes.ts'
import { tellOfLog } from '#collector/incidents/about-logs.ts'
import { firstMoment } from '#collector/incidents/log-moments.ts'
import { agentPlaceOf } from '#collector/store/incidents.ts'
import { flagForked, keepFork, logByEpoch } from '#collector/store/logs.ts'
import { insertRefusal } from '#collector/store/refusals.ts'
import type { Tx } from '#collector/store/schema.ts'
import { leafHash } from '#shared/evidence/merkle.ts'
import { writeTombstone } from '#shared/wire/entries.ts'
import type { Message } from '#shared/wire/messages.ts'
import type { Incoming } from './connection.ts'
import type { Served } from './served.ts'
import type { NotTaken } from './take-events.ts'

/** The connection is closing when it resolves. Rejects where the store did not take the record. */
export async function refuse(
  served: Served,
  { refused, batch }: NotTaken,
  { incoming, message }: { incoming: Incoming; message?: Message | undefined },
): Promise<void> {
  const { store, agent, connection, metrics, clock, committer, live, logs } = served
  const { code, detail, index, size } = refused
  const { epoch, from } = message?.header.type === 'events' ? message.header : {}
  metrics.messageRefused(agent, code, detail)
  connection.bye({
    reason: 'refused',
    code,
    detail,
    ...(epoch !== undefined && { epoch }),
    ...(from !== undefined && { from }),
    ...(index !== undefined && { index }),
    ...(size !== undefined && { size }),
  })
  if (code === 'fork') metrics.forkSeen(agent)
  if (code === 'gap' && epoch !== undefined && size !== undefined) await logs.cutTo(epoch, size)
  const ids = await store.write(async (tx) => {
    await insertRefusal(tx, {
      at: clock.wall(),
      agent,
      peer: connection.peer,
      code,
      detail,
      epoch: epoch ?? null,
      from_idx: from ?? null,
      message: incoming.bytes ?? null,
    })
    return code === 'fork' && batch !== undefined ? keepEvidence(tx, served, { refused, batch }) : []
  })
  for (const id of ids) live.changed({ type: 'incident', id })
  if (ids.length > 0) committer.told()
}

async function keepEvidence(
  tx: Tx,
  served: Served,
  { refused, batch }: Required<NotTaken>,
): Promise<readonly string[]> {
  const { agentId, clock, committer } = served
  const { index = batch.from } = refused
  const entry = batch.entries[index - batch.from]
  const log = await logByEpoch(tx, agentId, batch.epoch)
  if (log === undefined || entry === undefined) return []
  await flagForked(tx, [log.id])
  const line = entry.line ?? Buffer.from(writeTombstone(entry.leaf, entry.reason))
  await keepFork(tx, { log_id: log.id, at: clock.wall(), idx: index, line, checkpoint: batch.checkpoint })
  const changes = openChanges(tx, { mailboxes: committer.mailboxes, now: clock.wall() })
  await tellOfLog(changes, await agentPlaceOf(tx, agentId), {
    kind: 'fork',
    at: firstMoment(log),
    epoch: batch.epoch,
    expected: `the stored entry at index ${index}`,
    given: `another one, of leaf hash ${(entry.line === undefined ? entry.leaf : leafHash(entry.line)).toString('hex')}`,
    receivedAt: clock.wall(),
  })
  return changes.finish()
}
