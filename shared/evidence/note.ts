/** Signed notes (C2SP `signed-note` v1): a text, an empty line, and signatures in lines of their own. The one kind of
 *  signature that there is. Key ids and the type bytes: signed-note "Signatures", tlog-cosignature "Format". */
import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'

/** Ed25519 over the text. */
const ED25519 = 0x01 as const
/** Ed25519 over the time and the text (tlog-cosignature v1). */
const COSIGNATURE = 0x04 as const
type KeyType = typeof ED25519 | typeof COSIGNATURE

/** More signatures than this make a note none: nobody here signs so often. */
const MAX_SIGNATURES = 16

export interface Signer {
  readonly name: string
  readonly privateKey: KeyObject
}
/** A verifier key as the standard writes it: `<name>+<key id>+<base64 of type and public key>`. */
export type VerifierKey = string

export interface NoteSignature {
  readonly name: string
  readonly keyId: string
  readonly bytes: Buffer
}
export interface Note {
  /** With its last newline. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

const rawPublicKey = (key: KeyObject): Buffer => {
  const { x } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' })
  if (x === undefined) throw new TypeError('Not an Ed25519 key.')
  return Buffer.from(x, 'base64url')
}

const keyIdOf = (name: string, type: KeyType, publicKey: Buffer): Buffer =>
  createHash('sha256')
    .update(`${name}\n`)
    .update(Buffer.from([type]))
    .update(publicKey)
    .digest()
    .subarray(0, 4)

function verifierKeyOf(name: string, type: KeyType, key: KeyObject): VerifierKey {
  const raw = rawPublicKey(key)
  return `${name}+${keyIdOf(name, type, raw).toString('hex')}+${Buffer.concat([Buffer.from([type]), raw]).toString('base64')}`
}
/** The key that checks what `signNote` makes. */
export const noteVerifierKey = (name: string, key: KeyObject): VerifierKey => verifierKeyOf(name, ED25519, key)
/** The key that checks what `cosignNote` makes. */
export const cosignatureVerifierKey = (name: string, key: KeyObject): VerifierKey =>
  verifierKeyOf(name, COSIGNATURE, key)

interface Verifier {
  readonly name: string
  readonly type: KeyType
  readonly keyId: string
  readonly publicKey: KeyObject
}
const verifiers = new Map<VerifierKey, Verifier>()
/** A collector meets 10,000 agents; beyond twice that the oldest is read anew. */
const MAX_VERIFIERS = 20_000

function verifierFrom(text: VerifierKey): Verifier | undefined {
  const known = verifiers.get(text)
  if (known !== undefined) return known
  const [, name, keyId, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(text) ?? []
  if (name === undefined || keyId === undefined || encoded === undefined) return undefined
  const bytes = Buffer.from(encoded, 'base64')
  const type = bytes[0]
  if (type !== ED25519 && type !== COSIGNATURE) return undefined
  const raw = bytes.subarray(1)
  if (raw.length !== 32 || keyIdOf(name, type, raw).toString('hex') !== keyId) return undefined
  const publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
    format: 'jwk',
  })
  const verifier: Verifier = { name, type, keyId, publicKey }
  const [oldest] = verifiers.keys()
  if (verifiers.size >= MAX_VERIFIERS && oldest !== undefined) verifiers.delete(oldest)
  verifiers.set(text, verifier)
  return verifier
}

/** The ids of a signer's own key; as long as the signer lives. */
const signerKeyIds = new WeakMap<Signer, Record<KeyType, Buffer>>()
function signerKeyId(signer: Signer, type: KeyType): Buffer {
  const known = signerKeyIds.get(signer)
  if (known !== undefined) return known[type]
  const raw = rawPublicKey(signer.privateKey)
  const made = { [ED25519]: keyIdOf(signer.name, ED25519, raw), [COSIGNATURE]: keyIdOf(signer.name, COSIGNATURE, raw) }
  signerKeyIds.set(signer, made)
  return made[type]
}

const signatureLine = (signer: Signer, type: KeyType, signature: Buffer): string =>
  `— ${signer.name} ${Buffer.concat([signerKeyId(signer, type), signature]).toString('base64')}\n`

/** A note of this text (which ends with a newline) with one signature. */
export function signNote(text: string, signer: Signer): string {
  return `${text}\n${signatureLine(signer, ED25519, sign(null, Buffer.from(text), signer.privateKey))}`
}

const cosigned = (text: string, seconds: number): Buffer => Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`)

/** The note with a timestamped cosignature added under the signatures that it has. Time in whole seconds since 1970. */
export function cosignNote(note: string, signer: Signer, seconds: number): string {
  const text = parseNote(note)?.text
  if (text === undefined) throw new TypeError('Only a note can be cosigned.')
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(seconds))
  const signature = Buffer.concat([time, sign(null, cosigned(text, seconds), signer.privateKey)])
  return note + signatureLine(signer, COSIGNATURE, signature)
}

/** Reads a note without judging its signatures; undefined where it is none. */
export function parseNote(note: string): Note | undefined {
  const split = note.lastIndexOf('\n\n')
  if (split < 0 || !note.endsWith('\n')) return undefined
  const lines = note.slice(split + 2, -1).split('\n')
  if (lines.length > MAX_SIGNATURES) return undefined
  const signatures: NoteSignature[] = []
  for (const line of lines) {
    const [, name, encoded] = /^— ([^+\s]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? []
    if (name === undefined || encoded === undefined) return undefined
    const bytes = Buffer.from(encoded, 'base64')
    if (bytes.length < 5) return undefined
    signatures.push({ name, keyId: bytes.subarray(0, 4).toString('hex'), bytes: bytes.subarray(4) })
  }
  return { text: note.slice(0, split + 1), signatures }
}

function signatureBy(note: Note, key: VerifierKey, type: KeyType): { verifier: Verifier; bytes: Buffer } | undefined {
  const verifier = verifierFrom(key)
  if (verifier === undefined || verifier.type !== type) return undefined
  const found = note.signatures.find((s) => s.name === verifier.name && s.keyId === verifier.keyId)
  return found && { verifier, bytes: found.bytes }
}

/** True where the holder of this key signed this text. */
export function isSignedBy(note: Note, key: VerifierKey): boolean {
  const found = signatureBy(note, key, ED25519)
  return found !== undefined && verify(null, Buffer.from(note.text), found.verifier.publicKey, found.bytes)
}

/** When the holder of this key cosigned this text, in seconds since 1970; undefined where it did not. */
export function cosignedAt(note: Note, key: VerifierKey): number | undefined {
  const found = signatureBy(note, key, COSIGNATURE)
  if (found === undefined || found.bytes.length !== 72) return undefined
  const seconds = Number(found.bytes.readBigUInt64BE(0))
  const holds = verify(null, cosigned(note.text, seconds), found.verifier.publicKey, found.bytes.subarray(8))
  return holds ? seconds : undefined
}
