/** What a mail server or the connection to it said, as a kind that the page has words for. */

export type MailError = 'secret' | 'file' | 'certificate' | 'unreachable' | 'slow' | 'refused' | 'other'

/** The first that fits. The texts are those of collector/alerts/channels, of Node's connections, and SMTP replies (RFC 5321 §4.2). */
const kinds: readonly (readonly [RegExp, MailError])[] = [
  [/does not accept user or password|\b53[045]\b/i, 'secret'],
  [/cannot be read/i, 'file'],
  [/certificate|self[- ]signed|TLS|SSL/i, 'certificate'],
  [
    /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ECONNRESET|getaddrinfo|closed unexpectedly/i,
    'unreachable',
  ],
  [/time(d )?out|ETIMEDOUT|Greeting never/i, 'slow'],
  [/\b[45]\d\d\b/, 'refused'],
]

export const mailErrorOf = (text: string): MailError => kinds.find(([pattern]) => pattern.test(text))?.[1] ?? 'other'
