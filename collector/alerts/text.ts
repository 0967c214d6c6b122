/** An alert → the mail that tells it: Chinese first, then English; plain text, and the same as simple HTML. Pure. */
import { incidentNumber, levelWords, severityColours, type Language, type Words } from '#shared/vocabulary/labels.ts'
import { bySeverity, severities, type Severity } from '#shared/vocabulary/levels.ts'
import type { DueAlert } from '#collector/store/alerts.ts'
import { allFacts, briefFacts, type Fact, type Texts } from './facts.ts'
import { forHeader, forHtml, forText } from './render.ts'

export interface MailText {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** `brief`: the channel's level is below the collector's; it gets number, severity and department, and no reason. */
export function mailText(alert: DueAlert, detail: 'brief' | 'full', texts: Texts): MailText {
  const facts = (language: Language): readonly Fact[] =>
    detail === 'brief' ? briefFacts(alert, language) : allFacts(alert, texts, language)
  const parts = [
    { heading: heading(alert, detail, 'zh'), facts: facts('zh'), more: '详情请登录守密控制台查看。' },
    { heading: heading(alert, detail, 'en'), facts: facts('en'), more: 'Sign in to the Shoumi console for more.' },
  ]
  return {
    subject: forHeader(detail === 'brief' ? briefSubject(alert) : fullSubject(alert, texts)),
    text: parts.map(plainPart).join('\n\n----\n\n'),
    html: `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"></head><body style="font-family:sans-serif">${parts
      .map((part) => htmlPart(part, alert.incident.severity))
      .join('<hr>')}</body></html>\n`,
  }
}

const reasonWords: Readonly<Record<string, Words>> = {
  opened: { zh: '新案件', en: 'new incident' },
  'files-left': { zh: '有文件拷出', en: 'files have left' },
  ended: { zh: '已结束', en: 'has ended' },
  ...Object.fromEntries(
    severities.map((severity) => [`raised-${severity}`, { zh: '严重程度升高', en: 'has become worse' }]),
  ),
}
const reasonText = ({ reason }: DueAlert, language: Language): string => reasonWords[reason]?.[language] ?? reason

const briefSubject = ({ incident, endpoint }: DueAlert): string =>
  `【守密】${severityColours[incident.severity].zh} 案件 ${incidentNumber(incident.id)} ${endpoint.department}`

function fullSubject(alert: DueAlert, { ruleTitle }: Texts): string {
  const { incident, endpoint } = alert
  const colour = severityColours[incident.severity].zh
  const news = alert.reason === 'opened' ? '' : `${reasonText(alert, 'zh')}：`
  const [worst] = incident.rules.toSorted((a, b) => bySeverity(a.severity, b.severity))
  const what = worst === undefined ? '' : (ruleTitle(worst.rule)?.zh ?? worst.rule)
  const { level, department, name } = endpoint
  return `【守密】${colour} ${levelWords[level].zh}终端 ${news}${what} ${department} ${name}`
}

function heading(alert: DueAlert, detail: 'brief' | 'full', language: Language): string {
  const colour = severityColours[alert.incident.severity][language]
  const news = detail === 'brief' ? '' : reasonText(alert, language)
  return language === 'zh'
    ? `【守密】${colour}色告警 ${news}`.trim()
    : `Shoumi alert, ${colour}${news ? `: ${news}` : ''}`
}

interface Part {
  readonly heading: string
  readonly facts: readonly Fact[]
  readonly more: string
}

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
