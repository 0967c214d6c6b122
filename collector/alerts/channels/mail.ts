/** Alerts by e-mail: one message for each recipient, over SMTP. A message has the same Message-ID however often it goes. */
import { createTransport } from 'nodemailer'
import type SMTPTransport from 'nodemailer/lib/smtp-transport/index.js'
import { isHigher, type Level } from '#shared/vocabulary/levels.ts'
import type { LetterTexts } from '../text/fact.ts'
import { forHeader } from '../text/render.ts'
import { recipientsOf, type Recipient, type MailRoute } from '../routes.ts'
import { mailText } from '../text/mail-text.ts'
import type { Channel, Delivery } from './channel.ts'
import { callBack, connectTo, trusting } from './mail-connection.ts'
import { readSecrets, type Secrets } from './mail-files.ts'

export interface MailConfig {
  readonly host: string
  readonly port: number
  /** TLS from the first byte. Otherwise STARTTLS, as `tls` says. */
  readonly secure?: boolean
  /** `required`: nothing is sent without STARTTLS; `offered`: it is used where the server offers it. Absent: required where
   *  there is a password, else offered. */
  readonly tls?: 'required' | 'offered' | 'none'
  /** The name in the server's certificate, where it is not `host`. */
  readonly serverName?: string
  /** PEM of the authority that the server's certificate hangs on, where the system does not know it. */
  readonly caFile?: string
  /** How we greet the server; absent: by the host's name. */
  readonly ehloName?: string
  readonly user?: string
  /** Read at each attempt, so that a new password needs no restart. Its last newline does not count. */
  readonly passwordFile?: string
  readonly from: string
  readonly routes: readonly MailRoute[]
}

export interface MailDependencies {
  /** UUID, the right side of every Message-ID. */
  readonly collector: string
  /** The collector's own level, as it is now: routes below it get number, severity and department (docs/security.md). */
  readonly level: () => Promise<Level>
  readonly texts: LetterTexts
}

const GREETING_LIMIT_MS = 5_000
const SILENCE_LIMIT_MS = 10_000

/** One channel a recipient. */
export const mailChannels = (config: MailConfig, dependencies: MailDependencies): Channel[] =>
  recipientsOf(config.routes).map((recipient) => mailChannel(config, recipient, dependencies))

const mailChannel = (
  config: MailConfig,
  recipient: Recipient,
  { collector, level, texts }: MailDependencies,
): Channel => ({
  name: recipient.channel,
  async send(letter, signal) {
    const detail = isHigher(await level(), recipient.level) ? 'brief' : 'full'
    const secrets = await readSecrets(config)
    if ('reason' in secrets) return { outcome: 'retry', reason: secrets.reason }
    const told = { data: false }
    const transport = createTransport({
      ...connection(config, secrets, signal),
      logger: listener(told),
      transactionLog: true,
    })
    try {
      await transport.sendMail({
        from: config.from,
        to: recipient.address,
        messageId: `<${letter.id}@${collector}>`,
        ...(letter.about === 'incident' && threadOf(letter.subject.id, collector)),
        headers: { 'Auto-Submitted': 'auto-generated' }, // RFC 3834: no out-of-office answers
        ...mailText(letter, detail, texts),
        signal,
      })
      return { outcome: 'delivered' }
    } catch (error) {
      return deliveryOf(error, told.data)
    } finally {
      transport.close()
    }
  },
})

/** No such mail was ever sent: it only makes one thread of all mails about an incident. */
const threadOf = (incident: string, collector: string): { references: string } => ({
  references: `<${incident}@${collector}>`,
})

function connection(config: MailConfig, { password, ca }: Secrets, signal: AbortSignal): SMTPTransport.Options {
  const { host, port, secure = false, user, serverName, ehloName } = config
  const tls = config.tls ?? (user === undefined ? 'offered' : 'required')
  return {
    host,
    port,
    secure,
    requireTLS: tls === 'required',
    ignoreTLS: tls === 'none',
    ...(ehloName === undefined ? {} : { name: ehloName }),
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
    tls: {
      ...(tls === 'none' && !secure ? {} : { secureContext: trusting(ca) }),
      ...(serverName === undefined ? {} : { servername: serverName }),
    },
    // Its own way to a host asks a name server alone, and waits for one that is silent.
    getSocket: (_options, done) =>
      callBack(connectTo(host, port, signal), (error, socket) => done(error, socket && { connection: socket })),
    greetingTimeout: GREETING_LIMIT_MS,
    socketTimeout: SILENCE_LIMIT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

const nothing = (): void => undefined

/** Hears, by the library's log, whether DATA was sent: from then on the message may arrive, whatever we see. Writes nothing. */
const listener = (told: { data: boolean }) => ({
  level: nothing,
  trace: nothing,
  debug: (_entry: unknown, message?: unknown) => {
    if (message === 'DATA') told.data = true
  },
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
})

/** What the system trusts is trusted already, and nobody starts Node by hand. */
const nodesAdvice = /; if the root CA is installed locally, try running Node\.js with .*$/

/** What a failure means. A refusal for good of this recipient or this message is one; a sender, a password or a
 *  certificate that is not accepted can be mended in the settings, so it is tried for ever. */
function deliveryOf(error: unknown, dataSent: boolean): Delivery {
  const { message, command = '', responseCode, permanent } = detailsOf(error)
  // What a server answers to a log-in may repeat the secret: of that only the code is told.
  const reason = command.startsWith('AUTH')
    ? `The mail server does not accept user or password (${responseCode ?? 'no code'})`
    : forHeader(message.replace(nodesAdvice, '; name its authority as mail.caFile'))
  if (permanent && (command === 'RCPT TO' || command === 'DATA')) return { outcome: 'refused', reason }
  return { outcome: dataSent && responseCode === undefined ? 'unseen' : 'retry', reason }
}

interface Details {
  readonly message: string
  readonly command?: string
  readonly responseCode?: number
  readonly permanent?: boolean
}
const isDetails = (error: unknown): error is Details => error instanceof Error
const detailsOf = (error: unknown): Details => (isDetails(error) ? error : { message: String(error) })
