/** The forms of identifiers and hashes in JSON: lower-case hex, UUIDs with hyphens (docs/protocol.md#shapes). */
import { Type } from 'typebox'

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
export const uuidPattern = new RegExp(`^${uuid}$`)
export const Uuid = Type.String({ pattern: `^${uuid}$` })
export const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' })
export const Salt = Type.String({ pattern: '^[0-9a-f]{32}$' })

/** A whole number that JSON carries without loss in every language (docs/protocol.md#encoding). */
export const Whole = Type.Integer({ minimum: 0, maximum: 999_999_999_999_999 })
