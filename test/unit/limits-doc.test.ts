/** docs/limits.md must not rot: what it quotes stands in the file that it names, and every bound of the code is in it. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const at = (path: string): URL => new URL(`../../${path}`, import.meta.url)
const read = (path: string): string => readFileSync(at(path), 'utf8')

/** Of the tables with five columns; what has no bound stands in one with three. */
const rows = read('docs/limits.md')
  .split('\n')
  .flatMap((line) => {
    const [what = '', bound = '', , , where = ''] = line.split(' | ')
    const file = /\]\(\.\.\/([^)]+)\)/.exec(where)?.[1]
    if (file === undefined) return []
    return [{ what: what.slice(2), file, quotes: [...bound.matchAll(/`([^`]+)`/g)].map(([, quote = '']) => quote) }]
  })

const plain = (text: string): string => text.replaceAll(/\n\s*(\/\/|\*)?\s*/g, ' ')
/** A number that goes on (`1_000` in `1_0000`, `60` in `60_000`) is another one. */
const says = (text: string, quote: string): boolean => {
  for (let from = text.indexOf(quote); from >= 0; from = text.indexOf(quote, from + 1))
    if (!/[\w.]/.test(text[from + quote.length] ?? '') || !/\w$/.test(quote)) return true
  return false
}

test.for(rows)('$what: $quotes', ({ file, quotes }) => {
  const text = plain(read(file))
  expect(quotes).not.toEqual([])
  expect(quotes.filter((quote) => !says(text, quote))).toEqual([])
})

/** Sizes and spans that formats or the calendar give, and that nobody could change. */
const given = ['HEADER_BYTES', 'POLLFD_BYTES', 'SOCKADDR_NL_BYTES', 'HASH_BYTES', 'TAG_BYTES', 'SALT_BYTES', 'DAY_MS']
const others = ['MINUTE_MS', 'UNIT_MS', 'YEAR_9999_MS', 'MAX_WHOLE', 'COARSE_MS', 'MIN_CHARACTERS']
const isBound =
  /^ *(?:export )?const ((?:MAX|LIMIT|MIN|PER|OVERFLOW)_\w+|[A-Z0-9_]+_(?:MS|S|DAYS|BYTES|KIB|PAGES|MIB|TURN|ONCE|KEYS|MINUTE)|AT_ONCE|BACKLOG|BATCH|CROWD|FILES|LANES|PAGE|PASSES|STEP|WINDOW)(?:: [^=]+)? =/gm

test('every bound of the code is in the page', () => {
  const sources = ['agent', 'base', 'collector', 'shared'].flatMap((room) =>
    readdirSync(at(room), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => `${room}/${name}`),
  )
  const missing = sources.flatMap((file) => {
    const quoted = rows.filter((row) => row.file === file).flatMap(({ quotes }) => quotes)
    return [...read(file).matchAll(isBound)]
      .map(([, name = '']) => name)
      .filter(
        (name) => ![...given, ...others].includes(name) && !quoted.some((quote) => quote.startsWith(`${name} = `)),
      )
      .map((name) => `${file} ${name}`)
  })
  expect(missing).toEqual([])
  expect(rows.length).toBeGreaterThan(80)
})
