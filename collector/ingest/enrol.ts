/** Enrolment (CONTRACTS §5): a token and a certificate request become an endpoint, its certificate, and its documents. */
import type { KeyObject } from 'node:crypto'
import { Compile } from 'typebox/compile'
import { insertEndpoint, endpointByAgent, saveCertificateSerial, type EndpointRow } from '#collector/store/endpoints.ts'
import { insertRefusal } from '#collector/store/refusals.ts'
import { tokenByHash, useToken, type TokenRow } from '#collector/store/tokens.ts'
import { makeAgent, readCsr, serialOf } from '#collector/trust/authority.ts'
import { tokenHash } from '#collector/trust/tokens.ts'
import { agentKeyName } from '#shared/evidence/checkpoint.ts'
import { noteVerifierKey } from '#shared/evidence/note.ts'
import { uuidPattern } from '#shared/vocabulary/ids.ts'
import { EnrolRequest, type EnrolReply } from '#shared/wire/enrolment.ts'
import type { IngestParts } from './served.ts'

export type Enrolled =
  | { readonly ok: true; readonly reply: EnrolReply }
  /** `status`: of HTTP. `detail` is for people and holds no secret. */
  | { readonly ok: false; readonly status: 400 | 403 | 409; readonly detail: string }

const validator = Compile(EnrolRequest)
const isRequest = (value: unknown): value is EnrolRequest => validator.Check(value)
const no = (status: 400 | 403 | 409, detail: string): Enrolled => ({ ok: false, status, detail })

/** Asking again with the same key (the answer was lost) gives the same endpoint a new certificate and costs no use of the
 *  token. Rejects where the store or the keys fail: then nothing of it is there. */
export async function enrol(body: unknown, peer: string, parts: IngestParts): Promise<Enrolled> {
  if (!isRequest(body)) return no(400, 'The request does not have the form of an enrolment.')
  const csr = await readCsr(body.csr)
  if (!csr.ok) return no(400, `The certificate request is not taken: ${csr.reason}.`)
  const agent = csr.commonName
  if (!uuidPattern.test(agent)) return no(400, 'The certificate request’s common name is no UUID.')
  const token = await tokenByHash(parts.store.db, tokenHash(body.token), parts.clock.wall())
  if (token === undefined) return no(403, 'The token is unknown or past its end: make one with `token create`.')
  const certificate = await certify(agent, csr.publicKey, parts)
  const admitted = await admit({ agent, publicKey: csr.publicKey, request: body, token, certificate }, parts)
  if (admitted === 'used-up') return no(403, 'The token has no uses left: make one with `token create`.')
  if (admitted === 'other-key') {
    const detail = 'enrolment of a known agent with another key'
    parts.metrics.messageRefused(agent, 'identity', detail)
    const nothing = { epoch: null, from_idx: null, message: null }
    await insertRefusal(parts.store.db, { at: parts.clock.wall(), agent, peer, code: 'identity', detail, ...nothing })
    return no(409, 'This agent is known with another key: a new machine needs an agent of its own.')
  }
  const { endpoint, outcome } = admitted
  parts.metrics.agentEnrolled(agent, outcome)
  parts.live.changed({ type: 'endpoint', id: endpoint.id })
  return { ok: true, reply: await replyFor(endpoint, certificate, parts) }
}

const certify = (agent: string, publicKey: KeyObject, { trust, clock }: IngestParts): Promise<string> =>
  makeAgent(agent, publicKey.export({ type: 'spki', format: 'der' }), trust.authority, clock.wall())

interface Applicant {
  readonly agent: string
  readonly publicKey: KeyObject
  readonly request: EnrolRequest
  readonly token: TokenRow
  readonly certificate: string
}

type Admitted = 'used-up' | 'other-key' | { readonly endpoint: EndpointRow; readonly outcome: 'new' | 'again' }

/** The token's use and the endpoint come together, in one transaction. */
function admit(applicant: Applicant, { store, documents, clock }: IngestParts): Promise<Admitted> {
  const { agent, publicKey, request, token, certificate } = applicant
  const verifierKey = noteVerifierKey(agentKeyName(agent), publicKey)
  const serial = serialOf(certificate)
  return store.db.transaction().execute(async (transaction): Promise<Admitted> => {
    const known = await endpointByAgent(transaction, agent)
    if (known !== undefined) {
      if (known.verifier_key !== verifierKey) return 'other-key'
      await saveCertificateSerial(transaction, known.id, serial)
      return { endpoint: known, outcome: 'again' }
    }
    if (!(await useToken(transaction, token.id))) return 'used-up'
    const { host, passport } = request
    await insertEndpoint(transaction, {
      agent,
      verifier_key: verifierKey,
      certificate_serial: serial,
      host,
      passport: JSON.stringify(passport),
      enrolled_at: clock.wall(),
      ...(documents.registrationOf(host, passport) ?? pending(host, token)),
    })
    const endpoint = await endpointByAgent(transaction, agent)
    if (endpoint === undefined) throw new Error('The store lost an endpoint that it had just taken.')
    return { endpoint, outcome: 'new' }
  })
}

const pending = (host: string, { department, level, network_kind }: TokenRow) => ({
  name: host,
  department,
  responsible: null,
  level,
  network_kind,
  allowed_networks: null,
  status: 'pending' as const,
})

async function replyFor(
  endpoint: EndpointRow,
  certificate: string,
  { documents, trust }: IngestParts,
): Promise<EnrolReply> {
  return {
    certificate,
    chain: trust.chain,
    collector: trust.collector,
    officeKey: trust.officeKey,
    policy: (await documents.policy()).note,
    register: (await documents.registerFor(endpoint)).note,
    status: endpoint.status,
  }
}
