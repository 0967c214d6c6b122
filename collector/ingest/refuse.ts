/** A message that is not taken: counted, kept with its reason, answered with `bye`. */
import { flagFork } from '#collector/store/logs.ts'
import { insertRefusal } from '#collector/store/refusals.ts'
import type { Message } from '#shared/wire/messages.ts'
import type { Incoming } from './connection.ts'
import type { Served } from './served.ts'
import type { Refused } from './verify.ts'

/** The connection is closing when it resolves. Rejects where the store did not take the record. */
export async function refuse(
  served: Served,
  refused: Refused,
  { incoming, message }: { incoming: Incoming; message?: Message | undefined },
): Promise<void> {
  const { store, agent, connection, metrics, logs, clock } = served
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
  await insertRefusal(store.db, {
    at: clock.wall(),
    agent,
    peer: connection.peer,
    code,
    detail,
    epoch: epoch ?? null,
    from_idx: from ?? null,
    message: incoming.bytes ?? null,
  })
  if (code !== 'fork' || epoch === undefined) return
  metrics.forkSeen(agent)
  const log = await logs.idOf(epoch)
  if (log !== undefined) await flagFork(store.db, log)
}
