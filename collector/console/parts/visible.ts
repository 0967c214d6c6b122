/** Names from outside are hostile: the one way a page shows them. React makes markup harmless; what is left are characters
 *  that nobody sees or that turn the order of the others, and length. Those are shown as their escape (`\u202E`). */

/** Controls, formats (bidi, zero-width, BOM, tags), lone surrogates, line and paragraph separators, what is no character. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/gu
/** Blanks that nobody would see at either end. */
const edges = /^\p{Zs}+|\p{Zs}+$/gu
/** A letter may carry this many marks; more would climb over the lines above. */
const towers = /(\p{M}{4})\p{M}+/gu

const escape = (character: string): string => {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase()
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`
}

/** The whole name, every character of it visible. */
export const visible = (text: string): string =>
  text
    .replace(towers, '$1…')
    .replace(unseen, escape)
    .replace(edges, (blanks) => Array.from(blanks, escape).join(''))

/** Its beginning and its end: the end of a file's name says what it is. At most `max` characters. */
export function shortened(text: string, max: number): string {
  const characters = Array.from(text)
  if (characters.length <= max) return text
  const tail = Math.min(12, Math.floor(max / 3))
  return `${characters.slice(0, max - tail - 1).join('')}…${characters.slice(-tail).join('')}`
}

/** The last part of a path; the whole where there is none. */
export const baseName = (path: string): string => path.split('/').findLast((part) => part !== '') ?? path
