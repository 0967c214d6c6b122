/** The agents' listener: `/agent/v1` for sessions, `POST /enrol` with a token. */
import { agentByUuid } from '#collector/store/agents.ts'
import {
  serverLimits,
  startAgentsServer,
  type Certificate,
  type ServerLimits,
  type Serving,
  type ServerOptions,
} from './agents-server.ts'
import { enrolHandler } from './enrol-http.ts'
import { openKnownAddresses } from './known-addresses.ts'
import type { IngestParts } from './served.ts'
import { loadAddresses, openAgentSessions, sessionLimits, type SessionLimits } from './sessions.ts'

export type ListenerLimits = SessionLimits & ServerLimits

export interface Listener extends AsyncDisposable {
  readonly port: number
  /** Hands every connected agent the documents that are newer than its own, and cuts those that were retired. */
  readonly pushDocuments: () => Promise<void>
  /** For every handshake from now on. */
  readonly useCertificate: (tls: Certificate) => void
}

/** Takes connections when it resolves; rejects where the port cannot be had. */
export async function startListener(
  { limits = { ...sessionLimits, ...serverLimits }, ...where }: ServerOptions & { readonly limits?: ListenerLimits },
  parts: IngestParts,
): Promise<Listener> {
  const known = openKnownAddresses()
  await loadAddresses(parts, known)
  const sessions = openAgentSessions(parts, limits, known)
  const enrol = enrolHandler(parts)
  const serving: Serving = {
    enrol: (request, response) => void enrol(request, response),
    async admit(uuid) {
      const agent = await parts.store.read((tx) => agentByUuid(tx, uuid))
      return agent && ((webSocket, peer) => sessions.open(webSocket, agent, peer))
    },
  }
  try {
    const server = await startAgentsServer(where, limits, { ...parts, known: known.count }, serving)
    return {
      port: server.port,
      pushDocuments: sessions.push,
      useCertificate: server.useCertificate,
      async [Symbol.asyncDispose]() {
        await sessions[Symbol.asyncDispose]()
        await server[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await sessions[Symbol.asyncDispose]()
    throw error
  }
}
