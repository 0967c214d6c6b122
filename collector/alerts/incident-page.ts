/** What the mail about one incident says. Pure. */
import {
  incidentNumber,
  levelWords,
  matterWords,
  severityColours,
  type Language,
  type Words,
} from '#shared/vocabulary/labels.ts'
import { bySeverity, severities } from '#shared/vocabulary/levels.ts'
import type { AboutIncident } from '#collector/store/alert-views.ts'
import { allFacts, briefFacts, type Page, type Texts } from './facts.ts'
import type { IncidentLetter } from './letter.ts'

const reasonWords: Readonly<Record<string, Words>> = {
  opened: { zh: '新发现', en: 'new' },
  reopened: { zh: '再次违规', en: 'broken again' },
  contact: { zh: '再次外联', en: 'another contact' },
  'files-left': { zh: '有文件拷出', en: 'files have left' },
  ended: { zh: '已结束', en: 'has ended' },
  withdrawn: { zh: '已撤销', en: 'withdrawn' },
  ...Object.fromEntries(
    severities.map((severity) => [`raised-${severity}`, { zh: '严重程度升高', en: 'has become worse' }]),
  ),
}

/** `brief`: number, severity and department, and no reason. */
export const incidentPage = ({ subject, reasons }: IncidentLetter, detail: 'brief' | 'full', texts: Texts): Page => ({
  subject: detail === 'brief' ? briefSubject(subject) : fullSubject(subject, reasons, texts),
  severity: subject.incident.severity,
  parts: (['zh', 'en'] as const).map((language) => ({
    heading: heading(subject, detail === 'brief' ? [] : reasons, language),
    facts: detail === 'brief' ? briefFacts(subject, language) : allFacts(subject, texts, language),
    more: more[language],
  })),
})

export const more: Words = { zh: '详情请登录守密控制台查看。', en: 'Sign in to the Shoumi console for more.' }

const briefSubject = ({ number, incident, department }: AboutIncident): string =>
  `【守密】${severityColours[incident.severity].zh} 违规线索 ${incidentNumber(number)} ${department}`

function fullSubject(about: AboutIncident, reasons: readonly string[], texts: Texts): string {
  const { number, incident, level, department, endpoint } = about
  const colour = severityColours[incident.severity].zh
  const told = newsText(reasons, 'zh')
  const news = reasons.includes('opened') || told === '' ? '' : `${told}：`
  const what = `${news}${whatBroke(about, texts, 'zh')}`
  return `【守密】${colour} 违规线索 ${incidentNumber(number)} ${levelWords[level].zh}终端 ${what} ${department} ${endpoint.name}`
}

/** The worst rule's title, or the matter where it broke none by name. */
export function whatBroke({ incident }: AboutIncident, { ruleTitle }: Texts, language: Language): string {
  const [worst] = incident.rules.toSorted((a, b) => bySeverity(a.severity, b.severity))
  return worst === undefined ? matterWords[incident.kind][language] : (ruleTitle(worst.rule)?.[language] ?? worst.rule)
}

/** All that is new, each word once. */
const newsText = (reasons: readonly string[], language: Language): string =>
  [...new Set(reasons.map((reason) => reasonWords[reason]?.[language] ?? reason))].join(language === 'zh' ? '、' : ', ')

function heading({ incident }: AboutIncident, reasons: readonly string[], language: Language): string {
  const colour = severityColours[incident.severity][language]
  const news = newsText(reasons, language)
  return language === 'zh'
    ? `【守密】${colour}色告警 ${news}`.trim()
    : `Shoumi alert, ${colour}${news === '' ? '' : `: ${news}`}`
}
