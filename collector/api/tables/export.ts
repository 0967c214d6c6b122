/** A list as a file: what the same filters show, read a page at a time, so that nobody waits for a long one. */
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { Type, type Static } from 'typebox'
import type { Language, Words } from '#shared/vocabulary/labels.ts'
import type { About } from '#collector/access/acting.ts'
import { forText } from '#collector/alerts/text/render.ts'
import { Problem } from '../problem.ts'
import { reader } from '../shapes/words.ts'
import { BOM, csvLine } from './csv.ts'

/** A file has so many rows at most, and says in its last line where there are more. */
const MAX_EXPORTED = 10_000
/** Rows read in one transaction: some milliseconds. */
export const ROWS_AT_ONCE = 200

const Reader = Type.Object(reader)

export interface Speech {
  readonly say: (words: Words) => string
  /** `2026-11-24 14:03:22`; empty where there is none. */
  readonly moment: (at: number | undefined) => string
}

export interface Table<Item> {
  /** What the file is called, and the day. */
  readonly name: Words
  readonly columns: readonly Column<Item>[]
}
export interface Column<Item> {
  readonly title: Words
  /** Of a time: the zone stands beside the title. */
  readonly isTime?: true
  readonly cell: (item: Item, speech: Speech) => string
}

/** A page of it; `next` is absent on the last. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly total: number
  readonly next?: string
}

const CUT: Words = {
  zh: `仅导出前 ${MAX_EXPORTED.toLocaleString('en')} 行，其余未导出，请缩小筛选范围。`,
  en: `Only the first ${MAX_EXPORTED.toLocaleString('en')} rows are exported: narrow the filters for the rest.`,
}

function speechOf({ language, zone }: { language: Language; zone: string }): Speech {
  const format = formatIn(zone)
  return { say: (words) => words[language], moment: (at) => (at === undefined ? '' : format.format(at)) }
}

/** Swedish writes times as ISO 8601 does. */
function formatIn(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  } catch {
    throw new Problem('bad-request', `There is no time zone ${timeZone}.`)
  }
}

/** For the audit trail: how many rows of what went out, and for which filters. */
export const exportOf = (subject: About['subject'], { total }: { total: number }, filters: object): About => ({
  act: `${subject.kind}.export`,
  subject,
  after: filters,
  count: Math.min(total, MAX_EXPORTED),
})

/** Begins with that page; `more` reads the next. Times and words are for the reader, names as a page would show them. */
export function sendTable<Item>(
  reply: FastifyReply,
  { name, columns }: Table<Item>,
  {
    first,
    more,
    now,
    ...about
  }: Static<typeof Reader> & {
    readonly first: Page<Item>
    readonly more: (after: string) => Promise<Page<Item>>
    readonly now: number
  },
): FastifyReply {
  const speech = speechOf(about)
  const titles = columns.map(({ title, isTime }) =>
    isTime === true ? `${speech.say(title)} (${about.zone})` : speech.say(title),
  )
  const lines = (items: readonly Item[]): string =>
    items.map((item) => csvLine(columns.map(({ cell }) => forText(cell(item, speech))))).join('')
  async function* text(): AsyncGenerator<string> {
    yield BOM + csvLine(titles)
    let [page, count] = [first, 0]
    for (;;) {
      const items = page.items.slice(0, MAX_EXPORTED - count)
      count += items.length
      yield lines(items)
      if (count === MAX_EXPORTED || page.next === undefined) break
      page = await more(page.next)
    }
    if (first.total > MAX_EXPORTED) yield csvLine([speech.say(CUT)])
  }
  const file = `${speech.say(name)}-${speech.moment(now).slice(0, 10)}.csv`
  return reply
    .type('text/csv; charset=utf-8')
    .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(file)}`)
    .send(Readable.from(text()))
}
