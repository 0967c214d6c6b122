/** A real SMTP server on loopback, that fails as told before it takes anything. */
import 'reflect-metadata'
import { createServer, type Socket } from 'node:net'
import { simpleParser, type ParsedMail } from 'mailparser'
import { BasicConstraintsExtension, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export interface Received {
  readonly to: string
  readonly mail: ParsedMail
}

export interface MailServer extends AsyncDisposable {
  readonly port: number
  /** Oldest first. */
  readonly received: readonly Received[]
  /** How many messages were begun, taken or not. */
  readonly attempts: () => number
  /** Of those who are connected. */
  readonly sockets: ReadonlySet<Socket>
}

export interface MailServerOptions {
  readonly port?: number
  /** What to answer to a message (`nth` from 1) or a recipient; undefined takes it. */
  readonly refuse?: (to: string, nth: number) => { code: number; text: string; at: 'recipient' | 'message' } | undefined
  readonly server?: SMTPServerOptions
}

const refusal = ({ code, text }: { code: number; text: string }): Error =>
  Object.assign(new Error(text), { responseCode: code })

export async function startMailServer({ port = 0, refuse, server: over }: MailServerOptions = {}): Promise<MailServer> {
  const received: Received[] = []
  let attempts = 0
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onRcptTo({ address }, _session, callback) {
      attempts += 1
      const answer = refuse?.(address, attempts)
      callback(answer?.at === 'recipient' ? refusal(answer) : null)
    },
    onData(stream, { envelope }, callback) {
      const to = envelope.rcptTo[0]?.address ?? ''
      const answer = refuse?.(to, attempts)
      simpleParser(stream, (_error, mail) => {
        if (answer?.at === 'message') return callback(refusal(answer))
        received.push({ to, mail })
        callback(null)
      })
    },
    ...over,
  })
  const sockets = new Set<Socket>()
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('error', () => undefined) // a client that breaks off
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    received,
    attempts: () => attempts,
    sockets,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(resolve)),
  }
}

/** A port where nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** PEM of a self-signed certificate, and its key. */
export async function makeCertificate(
  name: { type: 'ip' | 'dns'; value: string } = { type: 'ip', value: '127.0.0.1' },
): Promise<{ key: string; cert: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=mail',
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 86_400_000),
    extensions: [new BasicConstraintsExtension(true), new SubjectAlternativeNameExtension([name])],
  })
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return {
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`,
    cert: certificate.toString('pem'),
  }
}
