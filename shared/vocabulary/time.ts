/** The form of a time in JSON (docs/protocol.md#shapes); apart from the clocks, which need no schema library. */
import { Type } from 'typebox'

const date = '[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])'
const time = '(([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}|24:00:00\\.000)'
const pattern = `^${date}T${time}[+-]([01][0-9]|2[0-3]):[0-5][0-9]$`

/** A time as events carry it: whatever has this form, `parseTime` can read. */
export const Time = Type.String({ pattern })
