/** Passwords: how they are kept, and how a one-time password looks. */
import { argon2, type Argon2Parameters, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

export const MIN_PASSWORD_CHARACTERS = 12
/** A longer one would only cost work. */
export const MAX_PASSWORD_CHARACTERS = 128

/** Argon2id as OWASP's password storage cheat sheet sets it: 19 MiB, 2 passes, 1 lane. Node runs at most 4 at once (libuv's
 *  threads): 4 × 19 MiB = 76 MiB, and what is over waits, as many as the rate limit of the sign-in lets in. */
const MEMORY_KIB = 19 * 1024
const PASSES = 2
const LANES = 1
const TAG_BYTES = 32
const SALT_BYTES = 16

const derive: (algorithm: 'argon2id', parameters: Argon2Parameters) => Promise<Buffer> = promisify(argon2)

interface Cost {
  memory: number
  passes: number
  parallelism: number
}
/** Unicode has several spellings of one text, and keyboards differ (NIST SP 800-63B §3.1.1.2). */
const tag = (password: string, nonce: Buffer, cost: Cost): Promise<Buffer> =>
  derive('argon2id', { message: password.normalize('NFKC'), nonce, tagLength: TAG_BYTES, ...cost })

const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

/** In the PHC string format: the parameters stand in it, so that they can rise later. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const bytes = await tag(password, salt, { memory: MEMORY_KIB, passes: PASSES, parallelism: LANES })
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${base64(salt)}$${base64(bytes)}`
}

const phc = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/** False for a wrong password. Without a hash (no such account) it does the same work and is false: the time tells nothing. */
export async function isPassword(password: string, hash: string | undefined): Promise<boolean> {
  const [, memory, passes, parallelism, salt, expected] = phc.exec(hash ?? '') ?? []
  if (salt === undefined || expected === undefined) {
    await hashPassword(password)
    return false
  }
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  const bytes = await tag(password, Buffer.from(salt, 'base64'), cost)
  const wanted = Buffer.from(expected, 'base64')
  return wanted.length === bytes.length && timingSafeEqual(bytes, wanted)
}

/** What is wrong with a new password; undefined where nothing is. */
export type PasswordFault = 'too-short' | 'too-long' | 'same-as-old'

/** Characters are counted as people count them: a character outside the basic plane is one. */
export function faultOfPassword(next: string, current: string): PasswordFault | undefined {
  const characters = Array.from(next.normalize('NFKC')).length
  if (characters < MIN_PASSWORD_CHARACTERS) return 'too-short'
  if (characters > MAX_PASSWORD_CHARACTERS) return 'too-long'
  return next.normalize('NFKC') === current.normalize('NFKC') ? 'same-as-old' : undefined
}

const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789' // nothing that looks like something else

/** 4 groups of 4 out of 31 signs: 79 bits. */
export const oneTimePassword = (): string =>
  Array.from({ length: 4 }, () => Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join('')).join(
    '-',
  )
