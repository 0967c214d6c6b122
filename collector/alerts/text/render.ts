/** Names from outside are hostile: one function for each sink of a mail. Whatever a reader could not see, or would see in
 *  another order, is shown as its escape (`\u202E`); nothing is dropped but what is over a bound, and that is said. */

/** Controls, formats (bidi, zero-width, BOM, tags), lone surrogates, line and paragraph separators. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

const escape = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16).toUpperCase()
  return code > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`
}

const visible = (text: string): string => text.replaceAll(unseen, escape)

/** At most `max` characters of it; then how many more there are. For names that go into a longer text. */
export function shortened(text: string, max: number): string {
  const characters = Array.from(text)
  return characters.length <= max ? text : `${characters.slice(0, max).join('')}…(+${characters.length - max})`
}

/** A subject may be folded into lines of 78, each encoded; mail programs show about this much. */
const MAX_HEADER_CHARACTERS = 160

/** One line of a header: no line break, no control. */
export const forHeader = (text: string): string => shortened(visible(text), MAX_HEADER_CHARACTERS)

/** One line of plain text. */
export const forText = (text: string): string => visible(text)

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

/** Text of an element or a quoted attribute. */
export const forHtml = (text: string): string =>
  visible(text).replaceAll(/[&<>"'`]/g, (character) => entities[character] ?? '')
