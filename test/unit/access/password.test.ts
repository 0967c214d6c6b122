import { expect, test } from 'vitest'
import { faultOfPassword, hashPassword, isPassword, oneTimePassword } from '#collector/access/password.ts'

test('a password is known again, in whatever Unicode form it is typed, and no other is', async () => {
  const hash = await hashPassword('Ärger im Büro ２０２６')
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  expect(await isPassword('A\u0308rger im Bu\u0308ro 2026', hash)).toBe(true)
  expect(await isPassword('ärger im Büro 2026', hash)).toBe(false)
  expect(await isPassword('anything', undefined)).toBe(false)
})

test.for([
  ['eleven signs', '12345678901', 'too-short'],
  ['twelve signs', '123456789012', undefined],
  ['twelve signs outside the basic plane', '🔑'.repeat(12), undefined],
  ['eleven signs outside the basic plane', '🔑'.repeat(11), 'too-short'],
  ['too many', 'x'.repeat(129), 'too-long'],
  ['the old one', 'the old password', 'same-as-old'],
] as const)('%s as a new password', ([, next, fault]) => expect(faultOfPassword(next, 'the old password')).toBe(fault))

test('one-time passwords can be read aloud and do not repeat', () => {
  const made = Array.from({ length: 200 }, oneTimePassword)
  expect(new Set(made).size).toBe(200)
  for (const password of made) expect(password).toMatch(/^([a-hjkmnp-z2-9]{4}-){3}[a-hjkmnp-z2-9]{4}$/)
})
