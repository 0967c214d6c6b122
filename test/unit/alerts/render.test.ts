import { simpleParser } from 'mailparser'
import { createTransport } from 'nodemailer'
import { describe, expect, test } from 'vitest'
import { forHeader, forHtml, forText, shortened } from '#collector/alerts/text/render.ts'
import { hostileNames } from '../../fixtures/hostile-names.ts'

const sinks = { header: forHeader, text: forText, html: forHtml }
/** What a reader could not see, or what would break or turn a line. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

describe.for(hostileNames)('$what', ({ name }) => {
  test.for(Object.entries(sinks))('is one visible line in the %s', ([, sink]) => {
    expect(sink(name)).not.toMatch(unseen)
  })

  test('is no markup in HTML, and reads there as in plain text', () => {
    const html = forHtml(name)
    expect(html).not.toMatch(/[<>"'`]/)
    expect(html.replaceAll(/&(amp|lt|gt|quot|#39|#96);/g, '')).not.toContain('&')
    const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#96': '`' }
    expect(html.replaceAll(/&(amp|lt|gt|quot|#39|#96);/g, (_, entity: string) => named[entity] ?? '')).toBe(
      forText(name),
    )
  })

  test('comes out of a message as it went in', async () => {
    const [subject, text, html] = [forHeader(name), forText(name), `<p>${forHtml(name)}</p>`]
    const { message } = await createTransport({ streamTransport: true, buffer: true, newline: 'windows' }).sendMail({
      from: 'a@example.org',
      to: 'b@example.org',
      subject: `x${subject}x`, // a subject's own ends are blanks to nobody
      text: `x${text}x`,
      html,
    })
    const parsed = await simpleParser(message)
    expect(parsed.headers.has('bcc')).toBe(false)
    expect(parsed.to).toMatchObject({ text: 'b@example.org' })
    expect(parsed.text?.trimEnd()).toBe(`x${text}x`)
    expect(parsed.html).toBe(html)
    expect(parsed.subject?.replaceAll(/\s+/g, ' ')).toBe(`x${subject}x`.replaceAll(/\s+/g, ' '))
  })
})

test.for([
  ['工资表\u202Excod.exe', '工资表\\u202Excod.exe'],
  ['a\r\nBcc: b', 'a\\u000D\\u000ABcc: b'],
  ['half\uD83D.txt', 'half\\uD83D.txt'],
  ['a\u{E0001}b', 'a\\u{E0001}b'],
  ['名单 (最终).docx', '名单 (最终).docx'],
  ['✍🏽.png', '✍🏽.png'],
] as const)('%j is shown as %s', ([name, shown]) => expect(forText(name)).toBe(shown))

test('a name over its bound is cut between characters, and says by how much', () => {
  expect(shortened('😀'.repeat(10), 8)).toBe(`${'😀'.repeat(8)}…(+2)`)
  expect(shortened('😀'.repeat(8), 8)).toBe('😀'.repeat(8))
  expect(forHeader('长'.repeat(1000)).length).toBeLessThan(180)
})
