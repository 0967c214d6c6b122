import type { Readable } from 'node:stream'
import { callbackify } from 'node:util'
import { simpleParser, type ParsedMail } from 'mailparser'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'
import { freePort } from './free-port.ts'

/** A real SMTP server on loopback. It refuses the first few for now (451), as an office's would on a bad morning. */
export interface MailServer extends AsyncDisposable {
  readonly port: number
  /** As they came, oldest first. */
  readonly mails: readonly { to: string[]; mail: ParsedMail; at: number }[]
  readonly refused: () => number
}

export async function startMail(refuseFirst: number): Promise<MailServer> {
  const mails: { to: string[]; mail: ParsedMail; at: number }[] = []
  let refused = 0
  const take = async (stream: Readable, { envelope }: SMTPServerSession): Promise<void> => {
    const mail = await simpleParser(stream)
    mails.push({ to: envelope.rcptTo.map(({ address }) => address), mail, at: Date.now() })
  }
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onRcptTo(_address, _session, done) {
      if (refused >= refuseFirst) return done()
      refused += 1
      return done(Object.assign(new Error('not now'), { responseCode: 451 }))
    },
    onData: callbackify(take),
  })
  const port = await freePort()
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve))
  return {
    port,
    mails,
    refused: () => refused,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
