/** Tables for Excel: UTF-8 with a byte order mark, which it asks for, and nothing that it would take for a formula. */

/** Before the first line. */
export const BOM = '\uFEFF'
/** What begins a formula, and what Excel skips before one (OWASP, “CSV injection”). */
const FORMULA = /^[\s\p{Cf}]*[=+\-@\t\r＝＋－＠]/u

const cell = (text: string): string => `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`

/** RFC 4180: lines end with CRLF, every cell is quoted. */
export const csvLine = (cells: readonly string[]): string => `${cells.map(cell).join(',')}\r\n`
