/** The files that the mail settings name. They are read at each mail, so that new ones need no restart. */
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { readWrittenFile } from '#base/written-file.ts'
import { ConfigError } from '#shared/vocabulary/yaml.ts'

interface MailFiles {
  readonly caFile?: string
  readonly passwordFile?: string
}

export interface Secrets {
  readonly password?: string
  /** PEM. */
  readonly ca?: string
}

/** What is wrong with it and what to do, as one says it after its name. */
interface CaFault {
  readonly fault: string
}

/** Some hundred certificates; a whole system's store has 220 KB. */
const MAX_CA_BYTES = 1024 * 1024

const WHAT_TO_DO =
  'mail.caFile takes certificates in PEM, and `openssl x509 -inform der -in FILE -out FILE.pem` makes one of DER'
const pemBlock = /-----BEGIN CERTIFICATE-----[^-]*(?:-----END CERTIFICATE-----)?/g

/** For the start. Throws ConfigError where `caFile` would make the way to the mail server no safer than without it. */
export async function checkCaFile({ caFile }: MailFiles): Promise<void> {
  const read = caFile === undefined ? undefined : await readCa(caFile)
  if (caFile !== undefined && read !== undefined && 'fault' in read)
    throw new ConfigError(caFile, [{ line: 1, field: '', message: read.fault }])
}

/** `reason` is for people and holds no secret. */
export async function readSecrets({ passwordFile, caFile }: MailFiles): Promise<Secrets | { readonly reason: string }> {
  const ca: Pick<Secrets, 'ca'> | CaFault = caFile === undefined ? {} : await readCa(caFile)
  if ('fault' in ca) return { reason: `The file of mail.caFile cannot be used: ${caFile} ${ca.fault}` }
  try {
    if (passwordFile === undefined) return ca
    return { ...ca, password: (await readFile(passwordFile, 'utf8')).replace(/\r?\n$/, '') }
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown'
    return { reason: `A file that the mail settings name cannot be read: ${reason}` }
  }
}

/** The TLS library passes over what it does not understand in silence, and then trusts less than is meant. */
async function readCa(file: string): Promise<{ readonly ca: string } | CaFault> {
  const read = await readWrittenFile(file, MAX_CA_BYTES)
  if ('fault' in read) return { fault: `${read.fault}; ${WHAT_TO_DO}` }
  const blocks = read.text.match(pemBlock) ?? []
  if (blocks.length === 0) return { fault: `holds no certificate; ${WHAT_TO_DO}` }
  const broken = blocks.findIndex((block) => !isCertificate(block))
  if (broken >= 0) return { fault: `certificate ${broken + 1} of ${blocks.length} cannot be read; ${WHAT_TO_DO}` }
  return { ca: blocks.join('\n') }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}
