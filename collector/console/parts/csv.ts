/** Tables for Excel: UTF-8 with a byte order mark, which it asks for, and nothing that it would take for a formula. */

const BOM = '\uFEFF'
/** What begins a formula, and what Excel skips before one (OWASP, “CSV injection”). */
const FORMULA = /^[\s\p{Cf}]*[=+\-@\t\r＝＋－＠]/u

const cell = (text: string): string => `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`

/** RFC 4180: lines end with CRLF, every cell is quoted. */
export const csv = (rows: readonly (readonly string[])[]): string =>
  BOM + rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')
