/** Trees, checkpoints and receipts once more, from the standards alone (RFC 6962 §2.1, C2SP signed-note, tlog-checkpoint,
 *  tlog-cosignature): written to be obviously right, not quick. */
import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'

const sha256 = (...parts: (Buffer | string)[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
export const leafHash = (line: string): Buffer => sha256(Buffer.from([0]), line)

/** MTH of RFC 6962 §2.1, word by word, over leaf hashes. */
export function treeHash(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves
  if (first === undefined) return sha256()
  if (leaves.length === 1) return first
  let k = 1
  while (k * 2 < leaves.length) k *= 2
  return sha256(Buffer.from([1]), treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)))
}

/** The 32 bytes of an Ed25519 public key: the end of its SubjectPublicKeyInfo (RFC 8410). */
const rawKey = (key: KeyObject): Buffer =>
  (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' }).subarray(-32)

const keyId = (name: string, type: number, key: Buffer): Buffer =>
  sha256(name, '\n', Buffer.from([type]), key).subarray(0, 4)

export function signedCheckpoint(of: {
  origin: string
  size: number
  root: Buffer
  keyName: string
  key: KeyObject
}): string {
  const text = `${of.origin}\n${of.size}\n${of.root.toString('base64')}\n`
  const line = Buffer.concat([keyId(of.keyName, 1, rawKey(of.key)), sign(null, Buffer.from(text), of.key)])
  return `${text}\n— ${of.keyName} ${line.toString('base64')}\n`
}

/** An Ed25519 key from its 32 bytes (RFC 8410). */
const publicKey = (raw: Buffer): KeyObject =>
  createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]),
    format: 'der',
    type: 'spki',
  })

/** A note's text and, of its signature by this key, what follows the key id (nothing where there is no such signature).
 *  `verifierKey`: `<name>+<id>+<base64 of type and key>`. */
function signatureIn(note: string, verifierKey: string, type: number): { text: string; key: Buffer; bytes: Buffer } {
  const [name = '', id, ...encoded] = verifierKey.split('+')
  const typed = Buffer.from(encoded.join('+'), 'base64')
  const key = typed.subarray(1)
  if (typed[0] !== type || keyId(name, type, key).toString('hex') !== id) throw new Error('no key of that type')
  const at = note.lastIndexOf('\n\n')
  const signatures = note.slice(at + 2).split('\n')
  const found = signatures
    .filter((line) => line.startsWith(`— ${name} `))
    .map((line) => Buffer.from(line.split(' ')[2] ?? '', 'base64'))
    .find((bytes) => bytes.subarray(0, 4).toString('hex') === id)
  return { text: note.slice(0, at + 1), key, bytes: found?.subarray(4) ?? Buffer.alloc(0) }
}

/** The text of a note that this key signed (type 01); undefined where it did not. */
export function signedText(note: string, verifierKey: string): string | undefined {
  const { text, key, bytes } = signatureIn(note, verifierKey, 1)
  return bytes.length === 64 && verify(null, Buffer.from(text), publicKey(key), bytes) ? text : undefined
}

/** When the collector cosigned this note, in seconds since 1970. Throws where its signature does not hold. */
export function receiptTime(receipt: string, verifierKey: string): number {
  const { text, key, bytes } = signatureIn(receipt, verifierKey, 4)
  if (bytes.length !== 8 + 64) throw new Error('no such signature')
  const seconds = Number(bytes.readBigUInt64BE())
  const signed = Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`)
  if (!verify(null, signed, publicKey(key), bytes.subarray(8))) throw new Error('the receipt’s signature does not hold')
  return seconds
}
