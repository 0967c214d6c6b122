/** Every condition that an agent raises. */
import { systemCause } from './causes.ts'
import type { ConditionKinds, NoArgs } from './condition.ts'
import type { SensorName } from './coverage.ts'
import {
  always,
  coverage,
  type Covered,
  documentRefused,
  type DocumentRefused,
  expired,
  ours,
  refused,
  type Refused,
} from './families.ts'

interface Ids {
  readonly ids: readonly string[]
}

export type AgentArgs = Readonly<Record<`coverage.${SensorName}`, Covered>> &
  Readonly<Record<'uplink.refused' | `uplink.refused.${'fork' | 'size' | 'malformed'}`, Refused>> &
  Readonly<Record<`document.refused.${'policy' | 'register' | 'media'}`, DocumentRefused>> &
  Readonly<Record<`${'policy' | 'register' | 'media'}.expired`, NoArgs>> & {
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

export const agentConditions: ConditionKinds<AgentArgs> = {
  'journal.full': {
    severity: 'critical',
    title: {
      zh: '日志已满：此后发生的情况只计数，不留记录',
      en: 'the journal is full: what happens now is counted, not recorded',
    },
    text: ({ reason }) => ({
      zh: `日志无法写入，此后发生的情况只计数，不留记录：${systemCause(reason).zh}`,
      en: `The journal takes nothing more (${reason}): what happens now is counted, not recorded.`,
    }),
    todo: {
      zh: '恢复与采集服务器的连接，或清理磁盘，或调高日志上限（journalLimitBytes）；记录均已有回执的，重新启动代理',
      en: 'Let the agent reach its collector, make room on the disk, or raise `journalLimitBytes`; where all has its receipt, restart the agent.',
    },
  },
  'journal.damaged': {
    severity: 'critical',
    title: {
      zh: '日志文件损坏，已另存；尚未上传的记录缺失',
      en: 'the journal was damaged and is set aside; what it had not sent is missing',
    },
    text: ({ file }) => ({
      zh: `日志文件损坏，已另存为 ${file}；尚未上传的记录缺失`,
      en: `The journal was damaged and is set aside as ${file}; what it had not sent is missing.`,
    }),
    todo: {
      zh: '检查磁盘，并将损坏的文件留作证据；代理重新启动后此项消失',
      en: 'Look at the disk; keep the file as evidence. It stays until the agent starts anew.',
    },
  },
  // What says this while it holds has no connection: only its own log does, in English.
  'enrol.waiting': {
    severity: 'high',
    title: { zh: '尚未注册', en: 'not enrolled: no token, a refused token, or no collector' },
    text: ({ detail }) => ({ zh: '尚未注册：没有令牌、令牌被拒，或采集服务器无法连接', en: detail }),
    todo: {
      zh: '核对注册令牌和采集服务器地址',
      en: 'Bring a token made with `shoumi-collector token create`, or see that the collector runs and can be reached.',
    },
    dependsOn: 'enrol.clone',
  },
  'enrol.clone': {
    severity: 'critical',
    title: {
      zh: '本机的代理身份属于另一台计算机：磁盘被复制，或硬件已全部更换',
      en: 'this machine’s disk was copied from another one, or all its hardware was exchanged',
    },
    text: ({ detail }) => ({
      zh: '本机的代理身份属于另一台计算机：磁盘被复制，或硬件已全部更换',
      en: `The identity here is that of another machine: its disk was copied, or its hardware was exchanged. ${detail}`,
    }),
    todo: {
      zh: '移走数据目录，用新令牌重新注册；或在采集服务器上停用原终端',
      en: 'Move the data folder away and bring a token: the agent begins anew. Or retire the old endpoint.',
    },
  },
  'coverage.media': coverage('介质', 'media', '请系统管理员检查该终端的 USB 总线及代理权限'),
  'coverage.files': coverage('文件', 'files', '请系统管理员检查该终端的文件监视上限及代理权限'),
  'coverage.network': coverage('网络', 'network', '请系统管理员检查该终端代理的网络探测权限'),
  'uplink.down': {
    severity: 'moderate',
    title: { zh: '与采集服务器的连接中断，记录照常进行', en: 'no connection to a collector; recording goes on' },
    text: ({ why }) => ({ zh: '与采集服务器的连接中断，记录照常进行', en: why }),
    todo: {
      zh: '检查网络和采集服务器',
      en: 'See that one of the configured collectors runs and can be reached.',
    },
    dependsOn: 'clock.skewed',
  },
  'uplink.refused': refused(
    '采集服务器拒收上传的记录',
    'the collector refused a message; this goes once it takes one again',
    {
      zh: '在采集服务器的健康状况中查看拒收原因',
      en: 'See the refusals in the collector’s health.',
    },
  ),
  'uplink.refused.fork': refused(
    '同一代理出现两份日志：磁盘被复制或还原',
    'one agent has two logs: a cloned or restored disk',
    {
      zh: '找到另一台计算机；代理重新启动后此项消失',
      en: 'Find the other machine; it stays until the agent starts anew.',
    },
  ),
  'uplink.refused.size': refused(
    '一条记录过长，只上传了摘要，原文留在本机日志中',
    'one entry was too long: its hash alone was sent, and the entry stays in the journal',
    ours,
  ),
  'uplink.refused.malformed': refused(
    '一条记录的格式未被接受，只上传了摘要，原文留在本机日志中',
    'one entry was not understood: its hash alone was sent, and the entry stays in the journal',
    ours,
  ),
  'uplink.receipt': {
    severity: 'high',
    ...always({ zh: '收到的回执签名不符', en: 'a receipt came that no key of the policy signed' }),
    todo: {
      zh: '核对采集服务器的密钥是否已更换而策略未更新',
      en: 'See whether the collector’s keys changed without a newer policy.',
    },
  },
  'uplink.unknown-message': {
    severity: 'low',
    title: {
      zh: '采集服务器版本较新，部分消息被跳过',
      en: 'the collector is newer, and some of what it sends is skipped',
    },
    text: ({ types }) => ({
      zh: `采集服务器版本较新，部分消息被跳过：${types.join('、')}`,
      en: `The collector sends what this version does not know and skips: ${types.join(', ')}.`,
    }),
    todo: { zh: '升级代理', en: 'Upgrade the agent.' },
  },
  'clock.skewed': {
    severity: 'moderate',
    ...always({
      zh: '按终端的时钟，采集服务器的证书不在有效期内',
      en: 'by this machine’s clock the collector’s certificate is not valid now',
    }),
    todo: {
      zh: '校准终端时钟；时钟无误的，更新采集服务器的证书',
      en: 'Set the clock of this machine, or see to the collector’s certificate.',
    },
  },
  'document.refused.policy': documentRefused('策略', 'policy'),
  'document.refused.register': documentRefused('登记', 'register'),
  'document.refused.media': documentRefused('介质清单', 'list of media'),
  'policy.expired': expired('策略已过有效期，规则继续有效', 'the policy is past its end; its rules still hold'),
  'register.expired': expired(
    '登记已过有效期，其中的审批不再有效',
    'the register is past its end; its approvals no longer hold',
  ),
  'media.expired': expired('介质清单已过有效期，仍继续使用', 'the list of media is past its end; it is still used'),
  'register.unknown-approvals': {
    severity: 'high',
    title: {
      zh: '登记中有本版本不能识别的审批，均不予放行',
      en: 'the register has approvals that this version does not know; they permit nothing',
    },
    text: ({ ids }) => ({
      zh: `登记中有本版本不能识别的审批，均不予放行：${ids.join('、')}`,
      en: `This version does not know these approvals, and they permit nothing: ${ids.join(', ')}.`,
    }),
    todo: { zh: '升级代理', en: 'Upgrade the agent.' },
  },
  'policy.unknown-rules': {
    severity: 'high',
    title: { zh: '策略中有本版本不能判断的规则', en: 'the policy has rules that this version cannot judge by' },
    text: ({ ids }) => ({
      zh: `策略中有本版本不能判断的规则：${ids.join('、')}`,
      en: `This version cannot judge by: ${ids.join(', ')}.`,
    }),
    todo: { zh: '升级代理，或从策略中去掉这些规则', en: 'Upgrade the agent, or take the rules out of the policy.' },
  },
  'key.not-sealed': {
    severity: 'low',
    title: {
      zh: '身份密钥以文件保存，未与本机硬件绑定',
      en: 'the key of the agent’s identity lies in a file; it is not sealed to the machine',
    },
    text: () => ({
      zh: '身份密钥以文件保存，仅代理服务可读，未与本机硬件绑定',
      en: 'The key of the agent’s identity lies in a file that only the service can read; it is not sealed to the machine.',
    }),
    todo: { zh: '无需处理：本版本尚不支持绑定', en: 'Nothing: this version cannot seal it yet.' },
  },
}
