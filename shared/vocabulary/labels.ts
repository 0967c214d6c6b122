/** The words that people read, in both languages: for mail and console alike. A value that gains no words here is a type
 *  error; only these words are used. */
import type { Kind } from '#shared/event/kinds.ts'
import type { Medium } from '#shared/event/subject.ts'
import type { Refusal } from '#shared/wire/messages.ts'
import type { Level, NetworkKind, Severity } from './levels.ts'

export interface Words {
  readonly zh: string
  readonly en: string
}
export type Language = keyof Words

type WordsOf<Name extends string> = Readonly<Record<Name, Words>>

/** An incident’s number as people say it. */
export const incidentNumber = (number: number): string => String(number).padStart(6, '0')

export const levelWords: WordsOf<Level> = {
  'top-secret': { zh: '绝密', en: 'top secret' },
  secret: { zh: '机密', en: 'secret' },
  confidential: { zh: '秘密', en: 'confidential' },
  internal: { zh: '内部', en: 'internal' },
  public: { zh: '非涉密', en: 'public' },
}

export const networkKindWords: WordsOf<NetworkKind> = {
  internet: { zh: '互联网', en: 'internet' },
  intranet: { zh: '内网', en: 'intranet' },
  standalone: { zh: '单机', en: 'standalone' },
}

/** What an agent calls the kinds of network interfaces. */
const typeWords: Readonly<Record<string, Words>> = {
  ethernet: { zh: '有线网卡', en: 'ethernet' },
  wireless: { zh: '无线网卡', en: 'wireless' },
  ppp: { zh: '拨号连接', en: 'dial-up (ppp)' },
  tunnel: { zh: '隧道（VPN）', en: 'tunnel' },
  bridge: { zh: '网桥', en: 'bridge' },
  other: { zh: '其他类型', en: 'other' },
}

/** A kind that a newer agent calls otherwise stays as it came. */
export const interfaceType = (type: string, language: Language): string => typeWords[type]?.[language] ?? type

/** A route as it is kept (`0.0.0.0/0 via 10.9.9.1 metric 100`), as people read it. */
export const routeInWords = (route: string, language: Language): string =>
  language === 'en'
    ? route
    : route.replaceAll(' via ', '，经网关 ').replace(' metric ', '，跃点数 ').replace(' table ', '，路由表 ')

/** The four grades and colours of public warnings in China: 特别严重, 严重, 较重, 一般. */
export const severityWords: WordsOf<Severity> = {
  critical: { zh: '特别严重', en: 'critical' },
  high: { zh: '严重', en: 'high' },
  moderate: { zh: '较重', en: 'moderate' },
  low: { zh: '一般', en: 'low' },
}
export const severityColours: WordsOf<Severity> = {
  critical: { zh: '红', en: 'red' },
  high: { zh: '橙', en: 'orange' },
  moderate: { zh: '黄', en: 'yellow' },
  low: { zh: '蓝', en: 'blue' },
}

export const kindWords: WordsOf<Kind> = {
  'medium.connected': { zh: '介质插入', en: 'medium connected' },
  'medium.mounted': { zh: '介质挂载', en: 'medium mounted' },
  'medium.unmounted': { zh: '介质卸载', en: 'medium unmounted' },
  'medium.removed': { zh: '介质拔出', en: 'medium removed' },
  'file.copy-started': { zh: '文件开始拷出到介质', en: 'copy to the medium started' },
  'file.copied': { zh: '文件已拷出到介质', en: 'file copied to the medium' },
  'file.copy-interrupted': { zh: '文件拷贝中断', en: 'copy interrupted' },
  'file.identified': { zh: '已计算文件摘要', en: 'file identified' },
  'net.link-up': { zh: '网络接通', en: 'link up' },
  'net.link-down': { zh: '网络断开', en: 'link down' },
  'net.address': { zh: '网络地址变更', en: 'address changed' },
  'net.route-changed': { zh: '默认路由变更', en: 'default route changed' },
  'policy.applied': { zh: '策略或登记生效', en: 'policy or register applied' },
  'key.made': { zh: '身份密钥生成', en: 'identity key made' },
  'agent.started': { zh: '代理启动', en: 'agent started' },
  'agent.stopped': { zh: '代理停止', en: 'agent stopped' },
  'agent.enrolled': { zh: '代理注册', en: 'agent enrolled' },
  'agent.gap': { zh: '记录缺口', en: 'gap in the record' },
  'agent.coverage': { zh: '探测覆盖变化', en: 'coverage changed' },
}

/** What makes violations one incident. */
export const matterWords = {
  stay: { zh: '介质使用', en: 'use of a medium' },
  'network-episode': { zh: '违规联网', en: 'network connection' },
  fork: { zh: '日志分叉', en: 'forked log' },
  succession: { zh: '日志不连续', en: 'broken succession of logs' },
  'many-at-once': { zh: '大量同类违规', en: 'many at once' },
} as const satisfies WordsOf<string>

export const endedByWords = {
  removed: { zh: '介质已拔出', en: 'medium removed' },
  gone: { zh: '违规地址和路由均已消失', en: 'all that broke a rule is gone' },
  'link-down': { zh: '网络已断开', en: 'link down' },
  allowed: { zh: '已获准许，不再违规', en: 'allowed now' },
  'boot-ended': { zh: '终端已关机或重启', en: 'the endpoint’s boot ended' },
  recovered: { zh: '代理恢复运行后发现已结束', en: 'found ended when the agent was back' },
  unknown: { zh: '结束时间不明', en: 'its end is not known' },
} as const satisfies WordsOf<string>

export const mediumStatusWords: WordsOf<Medium['status']> = {
  registered: { zh: '已登记', en: 'registered' },
  unregistered: { zh: '未登记', en: 'unregistered' },
  'shared-serial': { zh: '序列号重复', en: 'shared serial' },
}

/** What was made of an incident. */
export const stageWords = {
  open: { zh: '待核查', en: 'to be verified' },
  acknowledged: { zh: '已确认', en: 'acknowledged' },
  'false-alarm': { zh: '误报', en: 'false alarm' },
  closed: { zh: '已关闭', en: 'closed' },
  withdrawn: { zh: '已撤回', en: 'withdrawn' },
} as const satisfies WordsOf<string>

/** Those that somebody still has to do with. */
export const waitingWords: Words = { zh: '待处理', en: 'waiting' }

/** What was done to an incident, by a person or by the collector. */
export const actionWords = {
  opened: { zh: '立为违规线索', en: 'opened' },
  raised: { zh: '严重程度升高', en: 'severity rose' },
  reopened: { zh: '再次违规，重新打开', en: 'opened again by a violation' },
  withdrawn: { zh: '撤回', en: 'withdrawn' },
  acknowledge: { zh: '确认', en: 'acknowledged' },
  'false-alarm': { zh: '判定误报', en: 'found to be a false alarm' },
  close: { zh: '关闭', en: 'closed' },
} as const satisfies WordsOf<string>

/** How a copy ended. */
export const outcomeWords = {
  copied: { zh: '已拷出', en: 'copied' },
  interrupted: { zh: '拷贝中断', en: 'interrupted' },
} as const satisfies WordsOf<string>

/** Why a message was not taken, or an agent at all: of a `bye`, and of what the collector keeps of it. */
export const refusalWords: WordsOf<Refusal | 'clone' | 'refused' | 'revoked'> = {
  identity: { zh: '身份不符', en: 'not the agent that it says it is' },
  signature: { zh: '签名不符', en: 'a signature that does not hold' },
  root: { zh: '日志树根值不符', en: 'entries that do not make the signed root' },
  fork: { zh: '日志分叉', en: 'a forked log' },
  start: { zh: '日志起始不符', en: 'a log that does not begin as it must' },
  gap: { zh: '记录有缺口', en: 'entries missing before it' },
  size: { zh: '超过长度上限', en: 'too long' },
  malformed: { zh: '格式不符', en: 'not understood' },
  clone: { zh: '磁盘被复制到另一台计算机', en: 'a disk copied to another machine' },
  refused: { zh: '未说明原因', en: 'no reason given' },
  revoked: { zh: '身份已被吊销', en: 'an identity that was revoked' },
}
/** What became of an alert. */
export const alertStateWords = {
  waiting: { zh: '待发送', en: 'waiting' },
  refused: { zh: '被拒收', en: 'refused' },
  delivered: { zh: '已发出', en: 'sent' },
  dismissed: { zh: '不再发送', en: 'dismissed' },
} as const satisfies WordsOf<string>

export const connectionWords = {
  connected: { zh: '在线', en: 'connected' },
  away: { zh: '离线', en: 'not connected' },
  never: { zh: '从未连接', en: 'never connected' },
} as const satisfies WordsOf<string>

/** Of an endpoint, as far as is known. */
export const healthWords = {
  unwell: { zh: '需处理', en: 'needs attention' },
  unknown: { zh: '未知', en: 'unknown' },
  well: { zh: '正常', en: 'well' },
} as const satisfies WordsOf<string>
