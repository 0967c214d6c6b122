/** Every condition that an agent raises. */
import type { ConditionKind, ConditionKinds, NoArgs } from './condition.ts'
import type { CoverageCode, SensorName } from './coverage.ts'

interface Covered {
  readonly state: 'degraded' | 'unavailable'
  readonly code: CoverageCode
  readonly text: string
}
interface Refused {
  readonly what: string
  readonly detail: string
}
interface DocumentRefused {
  readonly which: string
  readonly reason: string
}
interface Ids {
  readonly ids: readonly string[]
}

export type AgentArgs = Readonly<Record<`coverage.${SensorName}`, Covered>> &
  Readonly<Record<'uplink.refused' | `uplink.refused.${'fork' | 'size' | 'malformed'}`, Refused>> &
  Readonly<Record<`document.refused.${'policy' | 'register' | 'media'}`, DocumentRefused>> &
  Readonly<
    Record<`${'policy' | 'register' | 'media'}.expired`, { readonly which: string; readonly stillHolds: string }>
  > & {
    readonly 'journal.full': { readonly reason: string }
    readonly 'journal.damaged': { readonly file: string }
    readonly 'enrol.waiting': { readonly detail: string }
    readonly 'enrol.clone': { readonly detail: string }
    readonly 'uplink.down': { readonly why: string }
    readonly 'uplink.receipt': NoArgs
    readonly 'uplink.unknown-message': { readonly types: readonly string[] }
    readonly 'clock.skewed': NoArgs
    readonly 'register.unknown-approvals': Ids
    readonly 'policy.unknown-rules': Ids
    readonly 'key.not-sealed': NoArgs
  }

type AgentCode = keyof AgentArgs

const coverage = (zh: string, en: string, todo: string): ConditionKind<Covered, AgentCode> => ({
  severity: ({ state }) => (state === 'unavailable' ? 'high' : 'moderate'),
  title: { zh: `${zh}探测不完整`, en: `the ${en} sensor cannot see at all (high), or not everything (moderate)` },
  text: ({ code, text }) => `${code}: ${text}`,
  todo: { zh: todo, en: `See what keeps the ${en} sensor from seeing all; the text begins with a code of coverage.` },
})

const refused = (zh: string, en: string, todo: { zh: string; en: string }): ConditionKind<Refused, AgentCode> => ({
  severity: 'high',
  title: { zh, en },
  text: ({ what, detail }) => `The collector refuses with ${what}: ${detail}.`,
  todo,
})
const ours = {
  zh: '这是本软件的缺陷：请保留日志并告知我们；代理重新启动后消失',
  en: 'A fault of ours: keep the journal and tell us; it stays until the agent starts anew.',
}

const documentRefused = (zh: string, en: string): ConditionKind<DocumentRefused, AgentCode> => ({
  severity: 'high',
  title: {
    zh: `下发的${zh}未被采用`,
    en: `a ${en} was not taken: signature, shape, a need unknown here, or another agent’s`,
  },
  text: ({ which, reason }) => `A ${which} that the collector sent was not taken: ${reason}.`,
  todo: {
    zh: '核对签发密钥后重新发布，或升级代理',
    en: 'See who signs documents at the collector; publish a newer one, or upgrade the agent.',
  },
})

const expired = (zh: string, en: string): ConditionKind<{ which: string; stillHolds: string }, AgentCode> => ({
  severity: 'moderate',
  title: { zh, en },
  text: ({ which, stillHolds }) => `The ${which} is past its end; ${stillHolds}.`,
  todo: {
    zh: '恢复与服务器的连接，并重新发布',
    en: 'Let the agent reach its collector, and publish a newer one there.',
  },
})

export const agentConditions: ConditionKinds<AgentArgs> = {
  'journal.full': {
    severity: 'critical',
    title: { zh: '日志已满，新记录只计数', en: 'the journal takes nothing more; what happens is only counted' },
    text: ({ reason }) => `The journal takes nothing more (${reason}); what happens now is only counted.`,
    todo: {
      zh: '恢复与服务器的连接，或清理磁盘，或调高日志上限；若均已有回执，重新启动代理',
      en: 'Let the agent reach its collector, make room on the disk, or raise `journalLimitBytes`; where all has its receipt, restart the agent.',
    },
  },
  'journal.damaged': {
    severity: 'critical',
    title: {
      zh: '日志损坏，已另存，未上传的记录缺失',
      en: 'the journal could not be used and was set aside; what it had not sent is missing',
    },
    text: ({ file }) => `The journal could not be used and lies in ${file} now; what it had not sent is missing.`,
    todo: {
      zh: '检查磁盘，并将损坏文件留作证据',
      en: 'Look at the disk; keep the file as evidence. It stays until the agent starts anew.',
    },
  },
  'enrol.waiting': {
    severity: 'high',
    title: { zh: '尚未注册', en: 'not enrolled: no token, a refused token, or no collector' },
    text: ({ detail }) => detail,
    todo: {
      zh: '核对注册令牌和服务器地址',
      en: 'Bring a token made with `shoumi-collector token create`, or see that the collector runs and can be reached.',
    },
    dependsOn: 'enrol.clone',
  },
  'enrol.clone': {
    severity: 'critical',
    title: {
      zh: '本机身份属于另一台机器：磁盘被复制，或硬件已全部更换',
      en: 'this machine’s disk was copied from another one, or all its hardware was exchanged',
    },
    text: ({ detail }) =>
      `The identity here is that of another machine: its disk was copied, or its hardware was exchanged. ${detail}`,
    todo: {
      zh: '移走数据目录后用令牌重新注册，或注销原终端',
      en: 'Move the data folder away, and the agent begins anew and is enrolled by a token; or let the old one be retired.',
    },
  },
  'coverage.media': coverage('介质', 'media', '请系统管理员检查该终端的 USB 总线及代理权限'),
  'coverage.files': coverage('文件', 'files', '请系统管理员检查该终端的监视上限及代理权限'),
  'coverage.network': coverage('网络', 'network', '请系统管理员检查该终端的网络探测权限'),
  'uplink.down': {
    severity: 'moderate',
    title: { zh: '与服务器的连接中断', en: 'no collector; recording goes on' },
    text: ({ why }) => why,
    todo: { zh: '检查网络和服务器', en: 'See that a collector of the list runs and can be reached.' },
    dependsOn: 'clock.skewed',
  },
  'uplink.refused': refused('上传被服务器拒收', 'the collector refused something; goes when it takes something again', {
    zh: '在服务器上查看拒收记录',
    en: 'See the refusals at the collector.',
  }),
  'uplink.refused.fork': refused(
    '出现两份记录：克隆或恢复的磁盘',
    'two logs where there can be one: a cloned or restored disk',
    {
      zh: '找到另一台机器；代理重新启动后消失',
      en: 'Find the other machine; it stays until the agent starts anew.',
    },
  ),
  'uplink.refused.size': refused(
    '一条记录过大，未被接收',
    'one entry was too large and is sent as a tombstone; the line is in the journal',
    ours,
  ),
  'uplink.refused.malformed': refused(
    '一条记录格式有误，未被接收',
    'one entry was not understood and is sent as a tombstone; the line is in the journal',
    ours,
  ),
  'uplink.receipt': {
    severity: 'high',
    title: { zh: '收到的回执签名不符', en: 'a receipt that no key of the policy signed' },
    text: () => 'A receipt came that no key of the policy signed.',
    todo: {
      zh: '核对服务器密钥是否已更换而策略未更新',
      en: 'See whether the collector’s keys changed without a newer policy.',
    },
  },
  'uplink.unknown-message': {
    severity: 'low',
    title: { zh: '服务器版本较新，部分消息被跳过', en: 'the collector is newer, and sends what this version skips' },
    text: ({ types }) => `The collector sends what this version does not know: ${types.join(', ')}.`,
    todo: { zh: '升级代理', en: 'Upgrade the agent.' },
  },
  'clock.skewed': {
    severity: 'moderate',
    title: { zh: '终端时钟与服务器不一致', en: 'by this clock the collector’s certificate is not valid now' },
    text: () => 'By this machine’s clock the collector’s certificate is not valid now.',
    todo: { zh: '校准终端时钟', en: 'Set the clock of this machine, or see to the collector’s certificate.' },
  },
  'document.refused.policy': documentRefused('策略', 'policy'),
  'document.refused.register': documentRefused('登记', 'register'),
  'document.refused.media': documentRefused('介质清单', 'list of media'),
  'policy.expired': expired('策略已过期，规则继续有效', 'the policy is past its end; its rules go on'),
  'register.expired': expired('登记已过期，审批不再有效', 'the register is past its end; approvals do not hold'),
  'media.expired': expired('介质清单已过期，继续有效', 'the list of media is past its end; it goes on'),
  'register.unknown-approvals': {
    severity: 'high',
    title: {
      zh: '登记中有本版本不能识别的审批，均不予放行',
      en: 'approvals about what this version does not know; they permit nothing',
    },
    text: ({ ids }) => `This version cannot apply these approvals: ${ids.join(', ')}.`,
    todo: { zh: '升级代理', en: 'Upgrade the agent.' },
  },
  'policy.unknown-rules': {
    severity: 'high',
    title: { zh: '策略中有本版本不能判断的规则', en: 'rules that this version cannot judge by' },
    text: ({ ids }) => `This version cannot judge by: ${ids.join(', ')}.`,
    todo: { zh: '升级代理，或从策略中去掉这些规则', en: 'Upgrade the agent, or take the rules out of the policy.' },
  },
  'key.not-sealed': {
    severity: 'low',
    title: { zh: '身份密钥以文件保存，未与本机硬件绑定', en: 'the key lies in a file' },
    text: () => 'The identity’s key lies in a file that only the service can read; it is not sealed to this machine.',
    todo: { zh: '无需处理，本版本尚不支持绑定', en: 'Nothing: this version cannot seal it yet.' },
  },
}
