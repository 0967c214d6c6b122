/** What `/session` takes and gives. */
import { Type, type Static } from 'typebox'
import { closed } from './words.ts'

/** Enough for any password; a longer body is not worth hashing. */
const PasswordText = Type.String({ minLength: 1, maxLength: 1024 })

export const SignIn = Type.Object(
  { account: Type.String({ minLength: 1, maxLength: 64 }), password: PasswordText },
  closed,
)
export const PasswordChange = Type.Object({ current: PasswordText, next: PasswordText }, closed)

export const SessionShape = Type.Object(
  {
    account: Type.String(),
    role: Type.String(),
    /** True: it may see everything until the separated duties come. */
    bootstrap: Type.Boolean(),
    rights: Type.Array(Type.String()),
    /** True: it may change its password and nothing else. */
    mustChangePassword: Type.Boolean(),
    /** To be sent back with every change. */
    csrf: Type.String(),
    expiresAt: Type.Integer(),
  },
  closed,
)
export type SessionView = Static<typeof SessionShape>
