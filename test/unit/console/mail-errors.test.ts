import { expect, test } from 'vitest'
import { mailErrorOf } from '#collector/console/text/mail-errors.ts'

test.for([
  ['The mail server does not accept user or password (535)', 'secret'],
  ['A file that the mail settings name cannot be read: ENOENT', 'file'],
  ['self-signed certificate in certificate chain', 'certificate'],
  ['connect ECONNREFUSED 10.0.0.1:25', 'unreachable'],
  ['getaddrinfo ENOTFOUND mail.example', 'unreachable'],
  ['Connection timeout', 'slow'],
  ['Can’t send mail - all recipients were rejected: 550 no such user', 'refused'],
  ['something else', 'other'],
] as const)('%s is told as %s', ([text, kind]) => {
  expect(mailErrorOf(text)).toBe(kind)
})
