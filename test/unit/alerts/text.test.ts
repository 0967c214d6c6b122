import { expect, test } from 'vitest'
import type { DailyReport } from '#collector/alerts/daily.ts'
import type { Letter } from '#collector/alerts/letter.ts'
import { mailText } from '#collector/alerts/text/mail-text.ts'
import { incidentNumber } from '#shared/vocabulary/labels.ts'
import { hostileNames } from '../../fixtures/hostile-names.ts'
import { aboutOf, episodeIncident, letterOf, stayIncident, texts } from '../../support/incidents.ts'

const stay = letterOf(stayIncident())
const episode = letterOf(episodeIncident())

test('a stay is told with department, person, machine, medium, files, clause and times, in both languages', () => {
  const { subject, text, html } = mailText(stay, 'full', texts)
  expect(subject).toBe(
    `【守密】红 违规线索 ${incidentNumber(123)} 机密终端 涉密计算机使用未登记的移动存储介质 财务科 财务-07`,
  )
  const facts = [
    [`违规线索: ${incidentNumber(123)}`, `Incident: ${incidentNumber(123)}`],
    ['严重程度: 红 (特别严重)', 'Severity: red (critical)'],
    ['部门: 财务科', 'Department: 财务科'],
    ['责任人: 张三', 'Person responsible: 张三'],
    ['终端: 财务-07 (ws07; 机密, 内网)', 'Endpoint: 财务-07 (ws07; secret, intranet)'],
    ['卷标: 财务', 'label: 财务'],
    ['USB 序列号: AA11', 'USB serial: AA11'],
    ['容量: 8.0 GB', 'size: 8.0 GB'],
    ['未登记', 'unregistered'],
    ['已拷出到介质 24 个，拷贝中断 1 个', '24 copied to the medium, 1 interrupted'],
    ['1. /media/财务/名单-0.docx (12.3 kB, 已拷出)', '1. /media/财务/名单-0.docx (12.3 kB, copied)'],
    ['2. /media/财务/名单-1.docx (12.3 kB, 拷贝中断)', '20. /media/财务/名单-19.docx'],
    ['另有 5 项，见控制台', 'and 5 more, see the console'],
    ['红 涉密计算机使用未登记的移动存储介质 ×2', 'red Unregistered medium used in a classified computer ×2'],
    ['《行政办公室管理保密制度模版》四.2(5)：“办公室内禁止私自使用移动存储设备,包括但不限于U盘、移动硬盘等”'],
    ['蓝 unknown-rule', 'No private use of removable storage in the office.'],
    ['首次违规: 2026-01-02T09:04:05.000+08:00', 'first breach: 2026-01-02T09:04:05.000+08:00'],
  ].flat()
  const [chinese = '', english = ''] = text.split('----')
  for (const fact of facts) expect(text).toContain(fact)
  for (const fact of facts.filter((line) => line.startsWith('部门') || line.startsWith('首次')))
    expect(chinese).toContain(fact)
  expect(english).toContain('Department: 财务科')
  expect(text).not.toContain('延迟上传')
  expect(html).toContain('<bdi>1. /media/财务/名单-0.docx (12.3 kB, 已拷出)</bdi>')
})

test('a network episode is told with its interface, what broke a rule, its end, and that it came late', () => {
  const { subject, text } = mailText(episode, 'full', texts)
  expect(subject).toBe(`【守密】红 违规线索 ${incidentNumber(123)} 机密终端 涉密计算机违规外联 财务科 财务-07`)
  for (const fact of [
    '网卡: enx00 (有线网卡, 52:54:00:12:34:56)',
    'network card: enx00 (ethernet, 52:54:00:12:34:56)',
    '地址: 10.9.9.9/24（已消失）',
    '路由: 0.0.0.0/0，经网关 10.9.9.1',
    'route: 0.0.0.0/0 via 10.9.9.1',
    '停止: 2026-01-02T09:04:11.000+08:00 (网络已断开)',
    '延迟上传',
    'received late',
    'law-31-1',
  ])
    expect(text).toContain(fact)
  expect(text).not.toContain('介质: ')
})

test('a channel below the collector’s level gets number, severity and department, and nothing more', () => {
  for (const reason of ['opened', 'raised-critical', 'files-left', 'ended']) {
    const { subject, text, html } = mailText(letterOf(stayIncident(), { reasons: [reason] }), 'brief', texts)
    expect(subject).toBe(`【守密】红 违规线索 ${incidentNumber(123)} 财务科`)
    expect(text).toBe(`【守密】红色告警

违规线索: ${incidentNumber(123)}
严重程度: 红 (特别严重)
部门: 财务科

详情请登录守密控制台查看。

----

Shoumi alert, red

Incident: ${incidentNumber(123)}
Severity: red (critical)
Department: 财务科

Sign in to the Shoumi console for more.`)
    for (const secret of ['张三', '财务-07', 'ws07', '机密', 'AA11', '名单', '介质', 'medium', 'mb-4.2-5', '2026'])
      expect(subject + text + html).not.toContain(secret)
  }
})

/** Names and numbers; clauses that the texts do not have stand by their ids. */
const NAMES =
  /Kingston DT|usb:|enx00|ws07|AA11|VID:PID|USB|\/media\/\S+|[kG]?B\b|unknown-(rule|clause)|law-31-1|mail\/x\/\S+|[\da-f:.T+-]{4,}/g

test.for([
  ['a stay', stay],
  ['an episode', episode],
  ['a digest', () => digest],
  ['the daily mail', () => daily(notWell)],
] as [string, Letter | (() => Letter)][])('of %s the Chinese half has no English, nor its subject', ([, letter]) => {
  const { subject, text } = mailText(typeof letter === 'function' ? letter() : letter, 'full', texts)
  const [chinese = ''] = text.split('----')
  expect(`${subject}\n${chinese}`.replaceAll(NAMES, '').match(/[A-Za-z]{2,}.*/g)).toBeNull()
})

test.for([
  ['raised-critical', '严重程度升高：', 'has become worse'],
  ['files-left', '有文件拷出：', 'files have left'],
  ['ended', '行为已停止：', 'has ended'],
] as const)('%s says what is new', ([reason, zh, en]) => {
  const { subject, text } = mailText(letterOf(stayIncident(), { reasons: [reason] }), 'full', texts)
  expect(subject).toContain(zh)
  expect(text).toContain(en)
})

test.for(hostileNames)('$what, wherever it stands, brings no line, no markup and no hidden letter', ({ name }) => {
  const plain = mailText(alertWith('x'), 'full', texts)
  const hostile = mailText(alertWith(name), 'full', texts)
  const tags = (html: string): string[] => html.match(/<[^>]*>/g) ?? []
  expect(hostile.text.split('\n').length).toBe(plain.text.split('\n').length)
  expect(tags(hostile.html)).toEqual(tags(plain.html))
  for (const part of [hostile.subject, hostile.text.replaceAll('\n', ''), hostile.html.trimEnd()])
    expect(part).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
  expect(hostile.html.length).toBeLessThan(400_000)
})

/** The same name for everything that comes from outside. */
function alertWith(name: string) {
  const file = { path: name, outcome: 'copied', copy: '00000000-0000-4000-8000-000000000000' } as const
  const medium = {
    key: name,
    vendor: name,
    product: name,
    usbSerial: name,
    diskSerial: name,
    label: name,
    score: 0,
    status: 'unregistered',
  } as const
  const incident = stayIncident({
    rules: [{ rule: name, clause: name, severity: 'high', count: 1 }],
    medium,
    volumes: [name],
    files: { copied: 1, interrupted: 0, started: 1, first: [file] },
    network: {
      interface: { index: 1, name, type: name, card: 'c'.repeat(32) },
      contacts: 1,
      newest: [],
      broke: [{ what: 'link', text: name, gone: false }],
      parts: 1,
    },
    log: { epoch: name, expected: name, given: name, times: 2 },
  })
  const endpoint = { name, host: name, responsible: name, networkKind: 'intranet' } as const
  return letterOf(incident, { endpoint, department: name })
}

const digest: Letter = {
  about: 'digest',
  id: 'd',
  counts: [
    { severity: 'high', count: 1999 },
    { severity: 'critical', count: 1 },
  ],
  first: [aboutOf(stayIncident()), aboutOf(episodeIncident({ severity: 'high' }), { number: 124 })],
}

test('a digest tells how many by severity, and names the first of them', () => {
  const { subject, text } = mailText(digest, 'full', texts)
  expect(subject).toBe('【守密】红 汇总：违规线索 2000 条')
  for (const line of ['红 (特别严重): 1', '橙 (严重): 1999', 'and 1998 more, see the console'])
    expect(text).toContain(line)
  expect(text).toContain(`${incidentNumber(123)} 红 财务科 财务-07: 涉密计算机使用未登记的移动存储介质`)
  expect(text).toContain(`${incidentNumber(124)} orange 财务科 财务-07: Classified computer joined to another network`)
})

const well: DailyReport = {
  date: '2026-01-06',
  conditions: [],
  open: [
    { severity: 'critical', count: 0 },
    { severity: 'high', count: 0 },
  ],
  unseen: { count: 0, first: [] },
  waiting: 0,
  refused: 0,
  quarantined: 0,
  refusals: 0,
}
const notWell: DailyReport = {
  ...well,
  conditions: [
    {
      code: 'alerts.refused',
      severity: 'moderate',
      text: 'The mail server refused mail/x/secret@example.org',
      zh: { text: '邮件服务器拒收了告警：mail/x/secret@example.org' },
    },
  ],
  open: [{ severity: 'critical', count: 3 }],
  unseen: { count: 2, first: [{ name: '财务-07', department: '财务科', lastSeenAt: null }] },
  waiting: 4,
  refused: 5,
}
const daily = (report: DailyReport): Letter => ({ about: 'daily', id: 'd', report })

test('the daily mail says that all is well, and what its absence means', () => {
  const { subject, text } = mailText(daily(well), 'full', texts)
  expect(subject).toBe('【守密】每日报告 2026-01-06 一切正常')
  expect(text).toContain('all is well')
  expect(text).toContain('未收到即表明采集服务器可能已停止工作')
  expect(text).not.toContain('拒收')
})

test.for([
  ['a condition', { conditions: notWell.conditions }],
  ['an open incident', { open: notWell.open }],
  ['an endpoint that is not seen', { unseen: notWell.unseen }],
  ['an alert that waits', { waiting: 1 }],
  ['an alert that was refused', { refused: 1 }],
  ['an entry that was not understood', { quarantined: 1 }],
  ['a message that was refused', { refusals: 1 }],
] as [string, Partial<DailyReport>][])('with %s, not all is well', ([, more]) => {
  const { subject, text } = mailText(daily({ ...well, ...more }), 'full', texts)
  expect(subject).not.toContain('一切正常')
  expect(text).toContain('not all is well')
})

test('the daily mail names conditions, and endpoints that were not seen', () => {
  const { subject, text } = mailText(daily(notWell), 'full', texts)
  expect(subject).toBe('【守密】每日报告 2026-01-06 待处理线索 3 条')
  for (const line of [
    'yellow alerts.refused: The mail server refused mail/x/secret@example.org',
    '黄 邮件服务器拒收了告警：mail/x/secret@example.org',
    '财务科 财务-07 (从未)',
    'and 1 more',
    '红 (特别严重): 3',
  ])
    expect(text).toContain(line)
})

test.for([
  ['a digest', digest, ['财务科', incidentNumber(123)]],
  ['the daily mail', daily(notWell), ['alerts.refused', '邮件服务器拒收了告警', '红 (特别严重): 3']],
  ['a test mail', { about: 'test', id: 't', by: '张三', at: 0 }, ['测试邮件']],
] as [string, Letter, string[]][])(
  'below the collector’s level, %s names no person, machine, medium or address',
  ([, letter, said]) => {
    const { subject, text, html } = mailText(letter, 'brief', texts)
    for (const each of said) expect(text).toContain(each)
    for (const secret of ['张三', '财务-07', 'ws07', '机密', 'AA11', '名单', '移动存储', '外联', 'secret@', 'medium'])
      expect(subject + text + html).not.toContain(secret)
  },
)

test('an incident that is none any more says so, and where its entries are', () => {
  const letter = letterOf(stayIncident(), { stage: 'withdrawn', withdrawnInto: 125, reasons: ['withdrawn'] })
  const { subject, text } = mailText(letter, 'full', texts)
  expect(subject).toContain('已撤回：')
  expect(text).toContain(`已并入 ${incidentNumber(125)}`)
})
