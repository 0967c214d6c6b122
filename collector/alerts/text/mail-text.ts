/** A letter → the mail that tells it: Chinese first, then English; plain text, and the same as simple HTML. Pure. */
import type { Severity } from '#shared/vocabulary/levels.ts'
import type { LetterPage, LetterTexts } from './fact.ts'
import type { Letter } from '../letter.ts'
import { dailyPage, digestPage, incidentPage, testPage } from './pages.ts'
import { forHeader, forHtml, forText } from './render.ts'

export interface MailText {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** `brief`: the mailbox's level is below the collector's; it gets numbers, severities and departments, and no more. */
export function mailText(letter: Letter, detail: 'brief' | 'full', texts: LetterTexts): MailText {
  const { subject, severity, parts } = pageOf(letter, detail, texts)
  return {
    subject: forHeader(subject),
    text: parts.map(plainPart).join('\n\n----\n\n'),
    html: `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"></head><body style="font-family:sans-serif">${parts
      .map((part) => htmlPart(part, severity))
      .join('<hr>')}</body></html>\n`,
  }
}

function pageOf(letter: Letter, detail: 'brief' | 'full', texts: LetterTexts): LetterPage {
  if (letter.about === 'incident') return incidentPage(letter, detail, texts)
  if (letter.about === 'digest') return digestPage(letter, detail, texts)
  if (letter.about === 'daily') return dailyPage(letter.report, detail, texts)
  return testPage(letter, detail, texts)
}

type Part = LetterPage['parts'][number]

const plainPart = ({ heading: title, facts, more }: Part): string =>
  [
    forText(title),
    '',
    ...facts.flatMap(({ label, lines: [first = '', ...rest] }) => [
      `${forText(label)}: ${forText(first)}`,
      ...rest.map((line) => `    ${forText(line)}`),
    ]),
    '',
    more,
  ].join('\n')

const colours: Readonly<Record<Severity, string>> = {
  critical: '#cf1322',
  high: '#d46b08',
  moderate: '#ad8b00',
  low: '#0958d9',
}

/** `bdi`: a name that is written from right to left turns nothing around it. */
function htmlPart({ heading: title, facts, more }: Part, severity: Severity): string {
  const rows = facts.map(({ label, lines }) => {
    const values = lines.map((line) => `<bdi>${forHtml(line)}</bdi>`).join('<br>')
    return `<tr><th align="left" valign="top" nowrap>${forHtml(label)}</th><td>${values}</td></tr>`
  })
  return `<h2 style="color:${colours[severity]}">${forHtml(title)}</h2><table cellpadding="4">${rows.join('')}</table><p>${more}</p>`
}
