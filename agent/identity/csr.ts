/** The certificate request (PKCS#10, RFC 2986) of an agent, in DER (X.690): one name, one Ed25519 key (RFC 8410). */
import { createPublicKey, sign, type KeyObject } from 'node:crypto'

const SEQUENCE = 0x30
const SET = 0x31
const OBJECT_ID = 0x06
const UTF8_STRING = 0x0c
const BIT_STRING = 0x03
const ATTRIBUTES = 0xa0 // `[0]` of the request; we have none
const VERSION = Buffer.of(0x02, 0x01, 0x00) // INTEGER 0
const COMMON_NAME = element(OBJECT_ID, Buffer.of(0x55, 0x04, 0x03)) // 2.5.4.3
const ED25519 = element(SEQUENCE, element(OBJECT_ID, Buffer.of(0x2b, 0x65, 0x70))) // 1.3.101.112, without parameters
const PEM_COLUMNS = 64

/** PEM, with the agent's UUID for its common name; signed by `key`, which is an Ed25519 key. */
export function makeCsr(agent: string, key: KeyObject): string {
  const name = element(SEQUENCE, COMMON_NAME, element(UTF8_STRING, Buffer.from(agent)))
  const subject = element(SEQUENCE, element(SET, name))
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const info = element(SEQUENCE, VERSION, subject, publicKey, element(ATTRIBUTES))
  const unusedBits = Buffer.of(0)
  return pem(element(SEQUENCE, info, ED25519, element(BIT_STRING, unusedBits, sign(null, info, key))))
}

/** Tag, length, content. Throws from 64 KiB on: nothing here comes near. */
function element(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(tag, ...lengthOf(content.length)), content])
}

function lengthOf(bytes: number): number[] {
  if (bytes < 0x80) return [bytes]
  if (bytes < 0x100) return [0x81, bytes]
  if (bytes < 0x10000) return [0x82, bytes >> 8, bytes & 0xff]
  throw new RangeError(`${bytes} bytes are too long for one element`)
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(new RegExp(`.{1,${PEM_COLUMNS}}`, 'g')) ?? []
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`
}
