/** The collector's own certificate authority: a root whose key can lie in the safe, an online intermediate under it, and
 *  the certificates of servers and agents (docs/protocol.md#connection, docs/protocol.md#enrolment; RFC 5280). Keys are
 *  P-256, those of agents Ed25519. */
import 'reflect-metadata'
import { createHash, createPublicKey, randomBytes, X509Certificate as NodeCertificate, webcrypto } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'
import { dateOf } from '#shared/vocabulary/clock.ts'

const DAY_MS = 86_400_000
const ROOT_DAYS = 20 * 365
const INTERMEDIATE_DAYS = 10 * 365
/** Browsers take no longer ones (CA/Browser Forum baseline requirements, 6.3.2). */
const SERVER_DAYS = 397
const AGENT_DAYS = 825
/** A server's certificate is made anew so long before its end. */
const RENEWED_BEFORE_DAYS = 30
/** A clock that is a day behind still finds a new certificate valid. */
const BACKDATED_DAYS = 1

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

/** A certificate and the key that signs under it. */
export interface Issuer {
  readonly certificate: string
  readonly key: KeyObject
}

const der = (key: KeyObject): Buffer => createPublicKey(key).export({ type: 'spki', format: 'der' })
const signingKey = (key: KeyObject): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey('pkcs8', Uint8Array.from(key.export({ type: 'pkcs8', format: 'der' })), P256, false, [
    'sign',
  ])

interface Wanted {
  readonly subject: string
  readonly publicKey: Buffer
  readonly days: number
  /** ms since 1970. */
  readonly now: number
  readonly extensions: readonly x509.Extension[]
}

async function issue(wanted: Wanted, issuer: { certificate?: string; key: KeyObject }): Promise<string> {
  const under = issuer.certificate === undefined ? undefined : new x509.X509Certificate(issuer.certificate)
  const issuerKey = Uint8Array.from(der(issuer.key))
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: `01${randomBytes(15).toString('hex')}`, // positive and 16 bytes long in DER whatever the dice say
    subject: wanted.subject,
    issuer: under?.subject ?? wanted.subject,
    notBefore: dateOf(wanted.now - BACKDATED_DAYS * DAY_MS),
    notAfter: dateOf(wanted.now + wanted.days * DAY_MS),
    publicKey: Uint8Array.from(wanted.publicKey),
    signingKey: await signingKey(issuer.key),
    signingAlgorithm: P256,
    extensions: [
      ...wanted.extensions,
      await x509.SubjectKeyIdentifierExtension.create(Uint8Array.from(wanted.publicKey)),
      await x509.AuthorityKeyIdentifierExtension.create(issuerKey),
    ],
  })
  return `${certificate.toString('pem')}\n`
}

const authorityExtensions = (pathLength: number): x509.Extension[] => [
  new x509.BasicConstraintsExtension(true, pathLength, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
]
const leafExtensions = (usage: string): x509.Extension[] => [
  new x509.BasicConstraintsExtension(false, undefined, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
  new x509.ExtendedKeyUsageExtension([usage]),
]

export const makeRoot = (key: KeyObject, collector: string, now: number): Promise<string> =>
  issue(
    {
      subject: `CN=Shoumi root ${collector}`,
      publicKey: der(key),
      days: ROOT_DAYS,
      now,
      extensions: authorityExtensions(1),
    },
    { key },
  )

export const makeIntermediate = (key: KeyObject, collector: string, root: Issuer, now: number): Promise<string> =>
  issue(
    {
      subject: `CN=Shoumi authority ${collector}`,
      publicKey: der(key),
      days: INTERMEDIATE_DAYS,
      now,
      extensions: authorityExtensions(0),
    },
    root,
  )

/** For these host names and addresses. */
export const makeServer = (key: KeyObject, names: readonly string[], authority: Issuer, now: number): Promise<string> =>
  issue(
    {
      subject: 'CN=Shoumi collector',
      publicKey: der(key),
      days: SERVER_DAYS,
      now,
      extensions: [
        ...leafExtensions(SERVER_AUTH),
        new x509.SubjectAlternativeNameExtension(
          names.map((name) => ({ type: isIP(name) === 0 ? 'dns' : 'ip', value: name })),
        ),
      ],
    },
    authority,
  )

export const makeAgent = (agent: string, publicKey: Buffer, authority: Issuer, now: number): Promise<string> =>
  issue(
    { subject: `CN=${agent}`, publicKey, days: AGENT_DAYS, now, extensions: leafExtensions(CLIENT_AUTH) },
    authority,
  )

/** What an agent pins: SHA-256 over the root's public key, DER. */
export function pinOf(root: string): string {
  const spki = new NodeCertificate(root).publicKey.export({ type: 'spki', format: 'der' })
  return `sha256:${createHash('sha256').update(spki).digest('hex')}`
}

/** True where a server's certificate is for exactly these names and not near its end. */
export function servesStill(certificate: string, names: readonly string[], now: number): boolean {
  const parsed = new x509.X509Certificate(certificate)
  const has = parsed.getExtension(x509.SubjectAlternativeNameExtension)?.names.items.map(({ value }) => value) ?? []
  const same = has.length === names.length && names.every((name) => has.includes(name))
  return same && parsed.notAfter.getTime() > now + RENEWED_BEFORE_DAYS * DAY_MS && parsed.notBefore.getTime() <= now
}

/** When a certificate ends, ms since 1970. */
export const endOf = (certificate: string): number => new NodeCertificate(certificate).validToDate.getTime()

/** Serial number in lower-case hex. */
export const serialOf = (certificate: string): string => new NodeCertificate(certificate).serialNumber.toLowerCase()

export type ReadCsr = { ok: true; commonName: string; publicKey: KeyObject } | { ok: false; reason: string }

/** A certificate request that its own Ed25519 key signed (PKCS#10). Never throws. */
export async function readCsr(pem: string): Promise<ReadCsr> {
  try {
    const csr = new x509.Pkcs10CertificateRequest(pem)
    const publicKey = createPublicKey({ key: Buffer.from(csr.publicKey.rawData), format: 'der', type: 'spki' })
    if (publicKey.asymmetricKeyType !== 'ed25519') return { ok: false, reason: 'its key is not Ed25519' }
    if (!(await csr.verify())) return { ok: false, reason: 'its own key did not sign it' }
    const names = csr.subjectName.getField('CN')
    const [commonName] = names
    if (commonName === undefined || names.length > 1) return { ok: false, reason: 'it has not one common name' }
    return { ok: true, commonName, publicKey }
  } catch {
    return { ok: false, reason: 'it is no certificate request' }
  }
}
