/** The agents' listener while the store takes nothing: each agent hears when to come again, and keeps what it has. */
import {
  serverLimits,
  startAgentsServer,
  type AgentsServer,
  type ServerOptions,
  type ServerParts,
} from './agents-server.ts'
import { openConnection } from './connection.ts'
import { problem } from './enrol-http.ts'

/** As after a commit that failed. */
const COME_AGAIN_MS = 5_000

/** Takes connections when it resolves; rejects where the port cannot be had. */
export const startClosedListener = (
  where: ServerOptions,
  { metrics, ...parts }: Omit<ServerParts, 'known'>,
): Promise<AgentsServer> =>
  startAgentsServer(
    where,
    serverLimits,
    { ...parts, metrics, known: () => 0 },
    {
      enrol(request, response) {
        metrics.peerRefused('enrolment', request.socket.remoteAddress ?? 'unknown')
        problem(response, 503, 'The collector cannot enrol at this moment: come again in a minute.')
      },
      admit: () =>
        Promise.resolve((socket, peer) => {
          const unread = (): void => metrics.peerRefused('unread', peer)
          const connection = openConnection(socket, { peer, clock: parts.clock, unread })
          connection.bye({ reason: 'shutdown', retryAfterMs: COME_AGAIN_MS, detail: 'the store takes nothing' })
        }),
    },
  )
