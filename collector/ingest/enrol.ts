/** Enrolment (docs/protocol.md#enrolment): a token and a certificate request become an agent on an endpoint, its
 *  certificate, and its documents. */
import type { KeyObject } from 'node:crypto'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import type { Actor } from '#collector/access/acting.ts'
import { admitAgent } from '#collector/ledgers/tenancy.ts'
import { agentByUuid, saveReenrolment, type AgentRow } from '#collector/store/agents.ts'
import { endpointById } from '#collector/store/endpoints.ts'
import { insertRefusal } from '#collector/store/refusals.ts'
import type { Tx } from '#collector/store/schema.ts'
import { tokenByHash, useToken } from '#collector/store/tokens.ts'
import { makeAgent, readCsr, serialOf } from '#collector/trust/authority.ts'
import { tokenHash } from '#collector/trust/tokens.ts'
import { agentKeyName } from '#shared/evidence/checkpoint.ts'
import { noteVerifierKey } from '#shared/evidence/note.ts'
import { uuidPattern } from '#shared/vocabulary/ids.ts'
import { EnrolRequest, Machine, type EnrolReply } from '#shared/wire/enrolment.ts'
import { isAnother } from './same-machine.ts'
import type { DocumentKind } from '#shared/wire/messages.ts'
import type { IngestParts } from './served.ts'

export type EnrolParts = Pick<IngestParts, 'access' | 'documents' | 'trust' | 'clock' | 'live' | 'metrics' | 'log'>

/** The problem type (RFC 9457) of a known key on another machine. */
export const CLONE = 'urn:shoumi:problem:clone'

export type Enrolled =
  | { readonly ok: true; readonly reply: EnrolReply }
  | {
      readonly ok: false
      /** Of HTTP. */
      readonly status: 400 | 403 | 409
      /** For people; holds no secret. */
      readonly detail: string
      readonly type?: typeof CLONE
    }

const validator = Compile(EnrolRequest)
const isRequest = (value: unknown): value is EnrolRequest => validator.Check(value)
const no = (status: 400 | 403 | 409, detail: string): Enrolled => ({ ok: false, status, detail })

/** Asking again with the same key (the answer was lost) gives the same agent a new certificate and costs no use of the
 *  token. Rejects where the store or the keys fail: then nothing of it is there. */
export async function enrol(body: unknown, peer: string, parts: EnrolParts): Promise<Enrolled> {
  if (!isRequest(body)) return no(400, 'The request does not have the form of an enrolment.')
  const csr = await readCsr(body.csr)
  if (!csr.ok) return no(400, `The certificate request is not taken: ${csr.reason}.`)
  const agent = csr.commonName
  if (!uuidPattern.test(agent)) return no(400, 'The certificate request’s common name is no UUID.')
  const actor: Actor = { kind: 'agent', id: agent, name: body.host, address: peer }
  const hash = tokenHash(body.token)
  const isToken = await parts.access.ask(actor, (tx) => tokenByHash(tx, hash, parts.clock.wall()))
  if (isToken === undefined) return no(403, 'The token is unknown or past its end: make one with `token create`.')
  const certificate = await certify(agent, csr.publicKey, parts)
  const admitted = await admit({ actor, agent, publicKey: csr.publicKey, request: body, hash, certificate }, parts)
  if (typeof admitted === 'string') return refused(admitted, { actor, agent, request: body }, parts)
  parts.metrics.agentEnrolled(agent, admitted.outcome)
  parts.live.changed({ type: 'endpoint', id: admitted.row.endpoint_id })
  return { ok: true, reply: await replyFor(admitted.row, actor, { certificate, parts }) }
}

const certify = (agent: string, publicKey: KeyObject, { trust, clock }: EnrolParts): Promise<string> =>
  makeAgent(agent, publicKey.export({ type: 'spki', format: 'der' }), trust.authority, clock.wall())

interface Applicant {
  readonly actor: Actor
  readonly agent: string
  readonly publicKey: KeyObject
  readonly request: EnrolRequest
  /** Of its token. */
  readonly hash: string
  readonly certificate: string
}

type Refused = 'no-token' | 'used-up' | 'other-key' | 'retired' | 'clone'
type Admitted = Refused | { readonly row: AgentRow; readonly outcome: 'new' | 'again' }

/** The token's use, the agent and the record come together, in one transaction. */
function admit(applicant: Applicant, { access, documents, clock }: EnrolParts): Promise<Admitted> {
  const { actor, agent, publicKey, request, hash, certificate } = applicant
  const verifierKey = noteVerifierKey(agentKeyName(agent), publicKey)
  const serial = serialOf(certificate)
  const about = (admitted: Admitted) => {
    if (typeof admitted === 'string') return undefined
    const { row, outcome } = admitted
    return { act: `agent.enrol.${outcome}`, subject: { kind: 'endpoint', id: String(row.endpoint_id) } }
  }
  return access.act(actor, about, async (tx): Promise<Admitted> => {
    const before = await agentByUuid(tx, agent)
    if (before !== undefined) return again(tx, before, { verifierKey, serial, machine: request.machine })
    const token = await tokenByHash(tx, hash, clock.wall())
    if (token === undefined) return 'no-token'
    if (!(await useToken(tx, token.id))) return 'used-up'
    const { host, passport } = request
    const made = {
      agent,
      verifier_key: verifierKey,
      certificate_serial: serial,
      host,
      passport: JSON.stringify(passport),
      machine: JSON.stringify(request.machine),
      enrolled_at: clock.wall(),
    }
    const claim = { host, passport, level: token.level }
    await admitAgent(tx, made, claim, { ledger: await documents.ledgerIn(tx), token })
    const row = await agentByUuid(tx, agent)
    if (row === undefined) throw new Error('The store lost an agent that it had just taken.')
    return { row, outcome: 'new' }
  })
}

/** A known agent that asks once more. What its readings of the machine did not know is filled in; what they said stays. */
async function again(
  tx: Tx,
  row: AgentRow,
  asked: { readonly verifierKey: string; readonly serial: string; readonly machine: Machine },
): Promise<Admitted> {
  if (row.verifier_key !== asked.verifierKey) return 'other-key'
  if (row.retired_at !== null) return 'retired'
  const before = Value.Parse(Machine, JSON.parse(row.machine))
  if (isAnother(before, asked.machine)) return 'clone'
  const machine = JSON.stringify({ ...asked.machine, ...before })
  await saveReenrolment(tx, row.id, { certificate_serial: asked.serial, machine })
  return { row, outcome: 'again' }
}

const answers: Readonly<Record<Refused, readonly [status: 403 | 409, detail: string]>> = {
  'no-token': [403, 'The token is unknown or past its end: make one with `token create`.'],
  'used-up': [403, 'The token has no uses left: make one with `token create`.'],
  'other-key': [409, 'This agent is known with another key: a new machine needs an agent of its own.'],
  retired: [403, 'This agent is retired: its machine needs a new identity, and a token for it.'],
  clone: [409, 'This agent is known on another machine: its disk was copied, and needs an identity of its own.'],
}

/** What nobody does by mistake is counted, kept, and shown with the collector's health. */
async function refused(
  why: Refused,
  { actor, agent, request }: Pick<Applicant, 'actor' | 'agent' | 'request'>,
  { access, clock, metrics }: EnrolParts,
): Promise<Enrolled> {
  const [status, detail] = answers[why]
  const keep = (code: string, told: string): Promise<void> => {
    const refusal = { at: clock.wall(), agent, peer: actor.address ?? '', code, detail: told }
    const nothing = { epoch: null, from_idx: null, message: null }
    return access.act(actor, nothingDone, (tx) => insertRefusal(tx, { ...refusal, ...nothing }))
  }
  if (why === 'other-key') {
    const told = 'enrolment of a known agent with another key'
    metrics.messageRefused(agent, 'identity', told)
    await keep('identity', told)
  }
  if (why !== 'clone') return no(status, detail)
  const told = `a known agent on another machine: host "${request.host}", ${JSON.stringify(request.machine)}`
  metrics.cloneSeen(agent)
  await keep('clone', told)
  return { ok: false, status, detail, type: CLONE }
}

/** A refusal is a record of its own. */
const nothingDone = (): undefined => undefined

async function replyFor(
  row: AgentRow,
  actor: Actor,
  { certificate, parts }: { readonly certificate: string; readonly parts: EnrolParts },
): Promise<EnrolReply> {
  const { access, documents, trust } = parts
  const endpoint = await access.ask(actor, (tx) => endpointById(tx, row.endpoint_id))
  const handed = await documents.of(row.id)
  const noteOf = (wanted: DocumentKind): string | undefined =>
    handed === 'retired' ? undefined : handed.find(({ kind }) => kind === wanted)?.note
  const [policy, register] = [noteOf('policy'), noteOf('register')]
  if (policy === undefined || register === undefined || endpoint === undefined)
    throw new Error('The agent was retired while it enrolled.')
  return {
    certificate,
    chain: trust.chain,
    collector: trust.collector,
    officeKey: trust.officeKey,
    policy,
    register,
    status: endpoint.status === 'confirmed' ? 'confirmed' : 'pending',
  }
}
