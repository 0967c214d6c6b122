/** What an alert says of an incident, in one language: labels and lines, names in them as they came. Pure. */
import type { Medium } from '#shared/event/subject.ts'
import {
  endedByWords,
  incidentNumber,
  interfaceType,
  levelWords,
  matterWords,
  mediumStatusWords,
  networkKindWords,
  outcomeWords,
  routeInWords,
  severityColours,
  severityWords,
  type Language,
  type Words,
} from '#shared/vocabulary/labels.ts'
import type { EndBetween, BrokenRule, Contact, Incident } from '#collector/incidents/correlate/incident.ts'
import type { AboutIncident } from '#collector/store/alert-views.ts'
import { fact, moreThan, name, type LetterFact, type LetterTexts } from './fact.ts'

/** Addresses, routes and links of one episode; a machine rarely has as many. */
const MAX_BROKEN = 20

const words = {
  number: { zh: '违规线索', en: 'Incident' },
  severity: { zh: '严重程度', en: 'Severity' },
  department: { zh: '部门', en: 'Department' },
  person: { zh: '责任人', en: 'Person responsible' },
  endpoint: { zh: '终端', en: 'Endpoint' },
  matter: { zh: '事由', en: 'Matter' },
  medium: { zh: '介质', en: 'Medium' },
  files: { zh: '文件', en: 'Files' },
  network: { zh: '网络', en: 'Network' },
  log: { zh: '日志', en: 'Log' },
  many: { zh: '数量', en: 'How many' },
  withdrawn: { zh: '撤回', en: 'Withdrawn' },
  rules: { zh: '违反规定', en: 'Rules broken' },
  times: { zh: '时间', en: 'Times' },
  nobody: { zh: '未登记', en: 'not recorded' },
} as const satisfies Record<string, Words>

/** All that a channel below the collector's level may say (docs/security.md). */
export const briefFacts = ({ number, incident, department }: AboutIncident, language: Language): LetterFact[] => [
  fact(words.number[language], incidentNumber(number)),
  fact(words.severity[language], severityText(incident, language)),
  fact(words.department[language], name(department)),
]

/** Everything: who, which machine, what medium or network, what left, which clause, when. */
export function allFacts(about: AboutIncident, texts: LetterTexts, language: Language): LetterFact[] {
  const { incident, endpoint, level } = about
  const kind = `${levelWords[level][language]}, ${networkKindWords[endpoint.networkKind][language]}`
  return [
    ...briefFacts(about, language),
    fact(words.withdrawn[language], ...withdrawnLines(about, language)),
    fact(words.person[language], name(endpoint.responsible ?? words.nobody[language])),
    fact(words.endpoint[language], `${name(endpoint.name)} (${name(endpoint.host)}; ${kind})`),
    fact(words.matter[language], matterWords[incident.kind][language]),
    fact(words.medium[language], ...(incident.medium ? mediumLines(incident.medium, incident, language) : [])),
    fact(words.files[language], ...fileLines(incident, language)),
    fact(words.network[language], ...networkLines(incident, texts, language)),
    fact(words.log[language], ...logLines(incident, language)),
    fact(words.many[language], ...manyLines(incident, language)),
    fact(words.rules[language], ...incident.rules.flatMap((rule) => ruleLines(rule, texts, language))),
    fact(words.times[language], ...timeLines(incident, texts, language)),
  ].filter(({ lines }) => lines.length > 0)
}

const severityText = ({ severity }: { severity: Incident['severity'] }, language: Language): string =>
  `${severityColours[severity][language]} (${severityWords[severity][language]})`

function mediumLines(medium: Medium, { volumes = [] }: Incident, language: Language): string[] {
  const { label, usbSerial, diskSerial, vid, pid, sizeBytes, status, level, key } = medium
  const zh = language === 'zh'
  const known = [
    [zh ? '型号' : 'model', [medium.vendor, medium.product].filter((part) => part !== undefined).join(' ')],
    [zh ? '卷标' : 'label', label],
    [zh ? 'USB 序列号' : 'USB serial', usbSerial],
    [zh ? '磁盘序列号' : 'disk serial', diskSerial],
    ['VID:PID', vid === undefined ? undefined : `${vid}:${pid ?? '????'}`],
    [zh ? '容量' : 'size', sizeBytes === undefined ? undefined : sizeText(sizeBytes)],
    [zh ? '标识' : 'id', key],
  ] as const
  const standing = [mediumStatusWords[status][language], level && levelWords[level][language]]
  return [
    standing.filter((part) => part !== undefined).join(', '),
    ...known.flatMap(([what, value]) => (value ? [`${what}: ${name(value)}`] : [])),
    ...volumes.map((volume) => `${zh ? '挂载于' : 'mounted at'}: ${name(volume)}`),
  ]
}

function fileLines({ files }: Incident, language: Language): string[] {
  if (files === undefined) return []
  const { copied, interrupted, first } = files
  const zh = language === 'zh'
  return [
    zh
      ? `已拷出到介质 ${copied} 个，拷贝中断 ${interrupted} 个`
      : `${copied} copied to the medium, ${interrupted} interrupted`,
    ...first.map(({ path, sizeBytes, outcome }, at) => {
      const size = sizeBytes === undefined ? '' : `${sizeText(sizeBytes)}, `
      return `${at + 1}. ${name(path)} (${size}${outcomeWords[outcome][language]})`
    }),
    ...moreThan(first.length, copied + interrupted, language),
  ]
}

function withdrawnLines({ stage, withdrawnInto }: AboutIncident, language: Language): string[] {
  if (stage !== 'withdrawn') return []
  if (withdrawnInto === undefined)
    return [
      language === 'zh' ? '经重新核算，不再成立' : 'worked out again from its records, it is no longer an incident',
    ]
  const into = incidentNumber(withdrawnInto)
  return [language === 'zh' ? `已并入 ${into}` : `what it held belongs to ${into} now`]
}

function networkLines({ network, unverified }: Incident, texts: LetterTexts, language: Language): string[] {
  if (network === undefined) return []
  const zh = language === 'zh'
  const { interface: card, broke, contacts, newest, parts } = network
  const kinds = {
    address: zh ? '地址' : 'address',
    route: zh ? '路由' : 'route',
    link: zh ? '网络连接' : 'link',
  } as const
  const gone = zh ? '（已消失）' : ' (gone)'
  const shown = broke.slice(-MAX_BROKEN)
  return [
    `${zh ? '网卡' : 'network card'}: ${name(card.name)} (${name(interfaceType(card.type, language))}${card.mac ? `, ${name(card.mac)}` : ''})`,
    zh ? `外联 ${contacts} 次` : `contacts: ${contacts}`,
    ...newest.map((contact) => `${zh ? '外联' : 'contact'}: ${contactText(contact, texts, { language, unverified })}`),
    ...moreThan(newest.length, contacts, language),
    ...shown.map(
      ({ what, text, gone: over }) =>
        `${kinds[what]}: ${name(what === 'route' ? routeInWords(text, language) : text)}${over ? gone : ''}`,
    ),
    ...moreThan(shown.length, parts, language),
  ]
}

const beganWords: Readonly<Record<Contact['began'], Words>> = {
  live: { zh: '实时发现', en: 'as it began' },
  present: { zh: '启动时已存在', en: 'there at the start' },
  recovered: { zh: '事后发现', en: 'found afterwards' },
  rule: { zh: '规则变更后违规', en: 'by a change of the rules' },
  'approval-ended': { zh: '审批到期后违规', en: 'when an approval ended' },
}

function contactText(
  { began, from, to, ended, between }: Contact,
  texts: LetterTexts,
  { language, unverified }: { language: Language; unverified: boolean },
): string {
  const zh = language === 'zh'
  const start = `${texts.time(from)} (${beganWords[began][language]})`
  const doubt = unverified ? (zh ? '，时间未核实' : ', times unverified') : ''
  if (to === undefined && ended === undefined) return `${start} – ${zh ? '仍在持续' : 'still on'}${doubt}`
  const end = between === undefined ? (to === undefined ? '?' : texts.time(to)) : spanText(between, texts, language)
  return `${start} – ${end}${ended === undefined ? '' : ` (${endedByWords[ended][language]})`}${doubt}`
}

/** An end that nobody saw. */
const spanText = ({ after, before }: EndBetween, { time }: LetterTexts, language: Language): string =>
  language === 'zh' ? `${time(after)} 至 ${time(before)} 之间` : `between ${time(after)} and ${time(before)}`

function logLines({ log }: Incident, language: Language): string[] {
  if (log === undefined) return []
  const zh = language === 'zh'
  return [
    `${zh ? '日志' : 'log'}: ${name(log.epoch)}`,
    `${zh ? '应为' : 'expected'}: ${name(log.expected)}`,
    `${zh ? '实为' : 'given'}: ${name(log.given)}`,
    ...(log.times > 1 ? [zh ? `共 ${log.times} 次` : `${log.times} times`] : []),
  ]
}

function manyLines({ many }: Incident, language: Language): string[] {
  if (many === undefined) return []
  const what = matterWords[many.of][language]
  return [language === 'zh' ? `${what}，共 ${many.matters} 项` : `${many.matters} × ${what}`]
}

function ruleLines(
  { rule, clause: id, severity, count }: BrokenRule,
  texts: LetterTexts,
  language: Language,
): string[] {
  const title = texts.ruleTitle(rule)?.[language] ?? rule
  const clause = texts.clause(id)
  const times = count > 1 ? ` ×${count}` : ''
  const quoted = clause && `《${clause.document}》${clause.article}：“${clause.text}”`
  return [
    `${severityColours[severity][language]} ${title}${times}`,
    quoted ?? id,
    ...(clause && language === 'en' ? [clause.summary.en] : []),
  ]
}

function timeLines(incident: Incident, texts: LetterTexts, language: Language): string[] {
  const { time } = texts
  const zh = language === 'zh'
  const { firstAt, openedAt, lastAt, endedAt, endedBy, endedBetween, receivedLate, unverified } = incident
  const seen = endedAt === undefined ? undefined : time(endedAt)
  const end = endedBetween === undefined ? seen : spanText(endedBetween, texts, language)
  const why = endedBy === undefined ? '' : ` (${endedByWords[endedBy][language]})`
  return [
    `${zh ? '最早记录' : 'first seen'}: ${time(firstAt)}`,
    `${zh ? '首次违规' : 'first breach'}: ${time(openedAt)}`,
    `${zh ? '最近记录' : 'last seen'}: ${time(lastAt)}`,
    ...(end === undefined ? [] : [`${zh ? '停止' : 'ended'}: ${end}${why}`]),
    ...(unverified
      ? [zh ? '时间未核实：仅凭终端自身时钟' : 'times unverified: by the endpoint’s own clock alone']
      : []),
    ...(receivedLate
      ? [zh ? '延迟上传：发生 60 秒以后才收到' : 'received late: more than 60 s after it happened']
      : []),
  ]
}

/** Decimal, as media are sold. */
function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(bytes, 1)) / 3)))
  return `${step === 0 ? bytes : (bytes / 1000 ** step).toFixed(1)} ${units[step] ?? 'B'}`
}
