/** Enrolment tokens as people paste them. */
import { createHash, randomBytes } from 'node:crypto'

/** 192 random bits. */
export const newToken = (): string => randomBytes(24).toString('base64url')

/** What the store compares by: whoever reads it learns no token. */
export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex')
