/** Shapes that several resources share. Times are whole milliseconds since 1970 (UTC). */
import { Type } from 'typebox'

export const closed = { additionalProperties: false }
export const Millis = Type.Integer()
export const Count = Type.Integer()
/** A text from outside: whoever shows it renders it. */
export const Name = Type.String()
export const Words = Type.Object({ zh: Type.String(), en: Type.String() }, closed)
/** Where the next page goes on; give it back as it came. */
export const CursorText = Type.String({ minLength: 1, maxLength: 128 })
export const Limit = Type.Integer({ minimum: 1, maximum: 200, default: 50 })
/** A row number in a path. */
export const RowNumber = Type.String({ pattern: '^[1-9][0-9]{0,14}$' })
export const Nothing = Type.Null()

/** A moment in a query. */
export const Moment = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 })
/** What is searched for; blanks at its ends count for nothing. */
export const Searched = Type.String({ minLength: 1, maxLength: 256, pattern: '\\S' })

/** For whom a table is: the language of the words, and the time zone (IANA) of the times. */
export const reader = {
  language: Type.Enum(['zh', 'en']),
  zone: Type.String({ minLength: 1, maxLength: 64 }),
}
