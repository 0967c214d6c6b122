/** What each mail says: about one incident, many, a day, or that it arrives. Pure. */
import { collectorConditions } from '#shared/vocabulary/conditions/collector.ts'
import {
  incidentNumber,
  levelWords,
  matterWords,
  severityColours,
  severityWords,
  type Language,
  type Words,
} from '#shared/vocabulary/labels.ts'
import { bySeverity, severities, type Severity } from '#shared/vocabulary/levels.ts'
import type { AboutIncident } from '#collector/store/alert-views.ts'
import { isAllWell, type DailyReport, type NotWell } from '../daily.ts'
import { fact, moreThan, name, type LetterFact, type LetterPage, type LetterTexts } from './fact.ts'
import { allFacts, briefFacts } from './incident-facts.ts'
import type { DigestLetter, IncidentLetter, TestLetter } from '../letter.ts'

type Detail = 'brief' | 'full'

const reasonWords: Readonly<Record<string, Words>> = {
  opened: { zh: '新发现', en: 'new' },
  reopened: { zh: '再次违规', en: 'broken again' },
  contact: { zh: '再次外联', en: 'another contact' },
  'files-left': { zh: '有文件拷出', en: 'files have left' },
  ended: { zh: '行为已停止', en: 'has ended' },
  withdrawn: { zh: '已撤回', en: 'withdrawn' },
  ...Object.fromEntries(
    severities.map((severity) => [`raised-${severity}`, { zh: '严重程度升高', en: 'has become worse' }]),
  ),
}

/** `brief`: number, severity and department, and no reason. */
export const incidentPage = ({ subject, reasons }: IncidentLetter, detail: Detail, texts: LetterTexts): LetterPage => ({
  subject: detail === 'brief' ? briefSubject(subject) : fullSubject(subject, reasons, texts),
  severity: subject.incident.severity,
  parts: (['zh', 'en'] as const).map((language) => ({
    heading: heading(subject, detail === 'brief' ? [] : reasons, language),
    facts: detail === 'brief' ? briefFacts(subject, language) : allFacts(subject, texts, language),
    more: more[language],
  })),
})

const more: Words = { zh: '详情请登录守密控制台查看。', en: 'Sign in to the Shoumi console for more.' }

const briefSubject = ({ number, incident, department }: AboutIncident): string =>
  `【守密】${severityColours[incident.severity].zh} 违规线索 ${incidentNumber(number)} ${department}`

function fullSubject(about: AboutIncident, reasons: readonly string[], texts: LetterTexts): string {
  const { number, incident, level, department, endpoint } = about
  const colour = severityColours[incident.severity].zh
  const told = newsText(reasons, 'zh')
  const news = reasons.includes('opened') || told === '' ? '' : `${told}：`
  const what = `${news}${whatBroke(about, texts, 'zh')}`
  return `【守密】${colour} 违规线索 ${incidentNumber(number)} ${levelWords[level].zh}终端 ${what} ${department} ${endpoint.name}`
}

/** The worst rule's title, or the matter where it broke none by name. */
function whatBroke({ incident }: AboutIncident, { ruleTitle }: LetterTexts, language: Language): string {
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

const languages = ['zh', 'en'] as const
type Counts = readonly { readonly severity: Severity; readonly count: number }[]

const sum = (counts: Counts): number => counts.reduce((all, { count }) => all + count, 0)
const countLines = (counts: Counts, language: Language): string[] =>
  counts
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => bySeverity(a.severity, b.severity))
    .map(
      ({ severity, count }) =>
        `${severityColours[severity][language]} (${severityWords[severity][language]}): ${count}`,
    )
const worstOf = (counts: Counts): Severity =>
  counts.filter(({ count }) => count > 0).toSorted((a, b) => bySeverity(a.severity, b.severity))[0]?.severity ?? 'low'

export function digestPage({ counts, first }: DigestLetter, detail: Detail, texts: LetterTexts): LetterPage {
  const all = sum(counts)
  const severity = worstOf(counts)
  const colour = severityColours[severity]
  return {
    subject: `【守密】${colour.zh} 汇总：违规线索 ${all} 条`,
    severity,
    parts: languages.map((language) => ({
      heading: language === 'zh' ? `【守密】告警汇总，共 ${all} 条` : `Shoumi alerts, ${all} in one mail`,
      facts: [
        fact(language === 'zh' ? '严重程度' : 'Severity', ...countLines(counts, language)),
        fact(
          language === 'zh' ? '违规线索' : 'Incidents',
          ...first.map((about) => lineOf(about, detail, { texts, language })),
          ...moreThan(first.length, all, language),
        ),
      ],
      more: more[language],
    })),
  }
}

/** One incident of many; in brief number, severity and department. */
function lineOf(
  about: AboutIncident,
  detail: Detail,
  { texts, language }: { texts: LetterTexts; language: Language },
): string {
  const { number, incident, department, endpoint } = about
  const brief = `${incidentNumber(number)} ${severityColours[incident.severity][language]} ${name(department)}`
  return detail === 'brief' ? brief : `${brief} ${name(endpoint.name)}: ${name(whatBroke(about, texts, language))}`
}

export function dailyPage(report: DailyReport, detail: Detail, texts: LetterTexts): LetterPage {
  const well = isAllWell(report)
  const open = sum(report.open)
  const state = well ? '一切正常' : open > 0 ? `待处理线索 ${open} 条` : '有需要关注的情况'
  return {
    subject: `【守密】每日报告 ${report.date} ${state}`,
    severity: worstOf(report.open),
    parts: languages.map((language) => ({
      heading:
        language === 'zh'
          ? `【守密】每日报告 ${report.date}：${state}`
          : `Shoumi, daily mail of ${report.date}: ${well ? 'all is well' : 'not all is well'}`,
      facts: dailyFacts(report, detail, { texts, language }).filter(({ lines }) => lines.length > 0),
      more:
        language === 'zh'
          ? '本邮件每日发送；未收到即表明采集服务器可能已停止工作。'
          : 'This mail comes every day: when it does not, the collector may be dead.',
    })),
  }
}

/** Below the collector's level: how many, and nothing that names anything. */
function dailyFacts(
  report: DailyReport,
  detail: Detail,
  { texts, language }: { texts: LetterTexts; language: Language },
): LetterFact[] {
  const zh = language === 'zh'
  const { unseen, conditions } = report
  const full = detail === 'full'
  const never = zh ? '从未' : 'never'
  return [
    fact(zh ? '待处理违规线索' : 'Open incidents', ...orNone(countLines(report.open, language), language)),
    fact(
      zh ? '健康状况' : 'Conditions',
      ...orNone(
        conditions.map((condition) => conditionText(condition, detail, language)),
        language,
      ),
    ),
    fact(
      zh ? '超过一天未连接的终端' : 'Endpoints not seen for a day',
      ...(unseen.count === 0 ? [] : [String(unseen.count)]),
      ...(full
        ? [
            ...unseen.first.map(
              ({ name: endpoint, department, lastSeenAt }) =>
                `${name(department)} ${name(endpoint)} (${lastSeenAt === null ? never : texts.time(lastSeenAt)})`,
            ),
            ...moreThan(unseen.first.length, unseen.count, language),
          ]
        : []),
    ),
    counted(zh ? '逾期未发出的告警' : 'Alerts that wait too long', report.waiting),
    counted(zh ? '被拒收的告警' : 'Alerts that were refused', report.refused),
    counted(zh ? '未能识别的记录' : 'Entries not understood', report.quarantined),
    counted(zh ? '一天内拒收的消息' : 'Messages refused within a day', report.refusals),
  ]
}

/** Below the collector's level the title that the list has for its code: it names nobody. */
function conditionText({ code, severity, text, zh }: NotWell, detail: Detail, language: Language): string {
  const colour = severityColours[severity][language]
  const { title } = collectorConditions[code]
  const said = detail === 'full' ? { zh: name(zh.text), en: name(text) } : title
  return language === 'zh' ? `${colour} ${said.zh}` : `${colour} ${code}: ${said.en}`
}

const counted = (label: string, count: number): LetterFact => fact(label, ...(count === 0 ? [] : [String(count)]))
const orNone = (lines: readonly string[], language: Language): readonly string[] =>
  lines.length > 0 ? lines : [language === 'zh' ? '无' : 'none']

export const testPage = ({ by, at }: TestLetter, detail: Detail, texts: LetterTexts): LetterPage => ({
  subject: '【守密】测试邮件',
  severity: 'low',
  parts: languages.map((language) => ({
    heading: language === 'zh' ? '【守密】测试邮件' : 'Shoumi, test mail',
    facts: [
      ...(detail === 'full' ? [fact(language === 'zh' ? '发起人' : 'Asked for by', name(by))] : []),
      fact(language === 'zh' ? '时间' : 'Time', texts.time(at)),
    ],
    more: language === 'zh' ? '收到本邮件，说明告警可以送达此收件箱。' : 'That it arrived shows that alerts can.',
  })),
})
