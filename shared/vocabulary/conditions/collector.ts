/** Every condition that the collector raises of itself. */
import { mailCause, systemCause } from './causes.ts'
import type { ConditionKinds, NoArgs } from './condition.ts'

/** At most so many are named by whoever raises it; `more` are not. */
interface Mailboxes {
  readonly names: readonly string[]
  readonly more: number
}

export interface CollectorArgs {
  readonly 'store.failed': { readonly error: string }
  readonly 'store.wal-large': { readonly mib: number }
  readonly 'store.lost': { readonly epoch: string; readonly held: number; readonly size: number }
  readonly 'policy.not-renewed': { readonly reason: string }
  readonly 'alerts.waiting': { readonly mailboxes: Mailboxes | undefined }
  readonly 'alerts.not-sent': { readonly mailboxes: Mailboxes; readonly error: string }
  readonly 'alerts.refused': { readonly mailboxes: Mailboxes }
  readonly 'documents.not-read': { readonly reason: string }
  readonly 'documents.unpublished': NoArgs
  readonly 'certificate.not-renewed': { readonly endsAt: string; readonly ended: boolean; readonly error: string }
}

const namedZh = ({ names, more }: Mailboxes): string => `${names.join('、')}${more > 0 ? `，另有 ${more} 个` : ''}`
const namedEn = ({ names, more }: Mailboxes): string => `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`

/** `file:line` of each fault, as they begin its lines. */
const placesIn = (reason: string): string => [...reason.matchAll(/^(.+?:\d+) /gm)].map(([, place]) => place).join('、')

export const collectorConditions: ConditionKinds<CollectorArgs> = {
  'store.failed': {
    severity: 'critical',
    title: {
      zh: '数据库无法写入',
      en: 'nothing can be written to the store, as when the disk is full; agents keep what they record',
    },
    text: ({ error }) => ({
      zh: `数据库无法写入：${systemCause(error).zh}`,
      en: `Nothing can be written to the store: ${error}`,
    }),
    todo: {
      zh: '清理或检查 dataDir 所在磁盘；代理会保留并重新上传记录',
      en: 'Make room on the disk of `dataDir`, or see to it; agents keep what they record and send it again.',
    },
  },
  'store.wal-large': {
    severity: 'moderate',
    title: {
      zh: '数据库的预写日志过大：有程序在长时间读取',
      en: 'the store’s write-ahead log grows, for another program has been reading the store for long',
    },
    text: ({ mib }) => ({
      zh: `数据库的预写日志已超过 ${mib} MiB：有程序在长时间读取`,
      en: `The store’s write-ahead log has more than ${mib} MiB, for another program has been reading the store for long.`,
    }),
    todo: {
      zh: '等待正在进行的备份；结束遗留的 sqlite3 等程序，随后会自行缩小',
      en: 'Wait for a running backup; end a forgotten sqlite3 or another program that has collector.db open. It shrinks by itself then.',
    },
    visibleAfterMs: 60_000, // a backup under full load takes less
  },
  'store.lost': {
    severity: 'critical',
    title: { zh: '数据库丢失了已出具回执的记录', en: 'the store has lost entries that it gave receipts for' },
    text: ({ epoch, held, size }) => ({
      zh: `数据库丢失了已出具回执的记录：日志 ${epoch} 应有 ${size} 条，现有 ${held} 条`,
      en: `The store has lost entries that it gave receipts for: of log ${epoch} it holds ${held} of ${size}.`,
    }),
    todo: {
      zh: '检查磁盘，并保留数据库副本作为证据；代理会重新上传仍保留的记录；采集服务器重新启动后此项消失',
      en: 'Look at the disk, and keep a copy of the store as evidence; the agents send again what they still have. It stays until the collector starts anew.',
    },
  },
  'policy.not-renewed': {
    severity: 'moderate',
    title: {
      zh: '策略临近到期，未能重新签发；现行策略继续有效',
      en: 'the policy has less than a third of its year left and could not be signed anew; it stays in force',
    },
    text: ({ reason }) => ({
      zh: `策略临近到期，未能重新签发；现行策略继续有效：${systemCause(reason).zh}`,
      en: `The policy nears its end and could not be signed anew: ${reason}`,
    }),
    todo: {
      zh: '放回签发密钥和口令，运行 shoumi-collector publish，再取出',
      en: 'Put the office key and its passphrase back, run `shoumi-collector publish`, and take them out again.',
    },
  },
  'alerts.waiting': {
    severity: 'high',
    title: {
      zh: '有告警超过 5 分钟未发出',
      en: 'alerts are more than 5 minutes late, or no mail is configured',
    },
    text: ({ mailboxes }) =>
      mailboxes === undefined
        ? {
            zh: '有告警超过 5 分钟未发出：尚未配置邮件服务器',
            en: 'Alerts are more than 5 minutes late: no mail is configured.',
          }
        : {
            zh: `有告警超过 5 分钟未发出：${namedZh(mailboxes)}`,
            en: `Alerts are more than 5 minutes late: ${namedEn(mailboxes)}.`,
          },
    todo: {
      zh: '检查邮件服务器或配置中的 mail；恢复后自动发出',
      en: 'See to the mail server, or to `mail` in the configuration; they go out as soon as it takes them.',
    },
  },
  'alerts.not-sent': {
    severity: 'high',
    title: {
      zh: '邮件连续三次未能发出',
      en: 'three attempts in a row to send to a mailbox failed',
    },
    text: ({ mailboxes, error }) => ({
      zh: `邮件连续三次未能发出：${namedZh(mailboxes)}（${mailCause(error).zh}）`,
      en: `Mail does not go out: ${namedEn(mailboxes)}. ${error}`.trim(),
    }),
    todo: {
      zh: '检查邮件服务器或配置中的 mail；会一直重试',
      en: 'See to the mail server, or to `mail` in the configuration; it is tried again for ever.',
    },
  },
  'alerts.refused': {
    severity: 'moderate',
    title: { zh: '邮件服务器拒收了告警', en: 'the mail server refused a recipient or a message for good' },
    text: ({ mailboxes }) => ({
      zh: `邮件服务器拒收了告警：${namedZh(mailboxes)}`,
      en: `The mail server refused alerts for good: ${namedEn(mailboxes)}.`,
    }),
    todo: {
      zh: '更正地址后在“告警”页重新发送，或选择不再发送',
      en: 'Mend the address, then send them again or dismiss them on the page of alerts.',
    },
  },
  'documents.not-read': {
    severity: 'high',
    title: {
      zh: '条款、规则或登记文件无法读取，已发布的继续有效',
      en: 'the files of clauses, rules or register could not be read; what was published holds',
    },
    text: ({ reason }) => ({
      zh: `条款、规则或登记文件无法读取，已发布的继续有效：${placesIn(reason) || systemCause(reason).zh}`,
      en: reason,
    }),
    todo: {
      zh: '改正文件，发布，再发送 SIGHUP',
      en: 'Mend the file, publish, and send SIGHUP; until then what was published holds.',
    },
  },
  'documents.unpublished': {
    severity: 'moderate',
    title: {
      zh: '规则或登记文件已改动，尚未发布',
      en: 'the files of rules or register have changed and are not published',
    },
    text: () => ({
      zh: '规则或登记文件已改动，尚未发布；已发布的继续有效',
      en: 'The files of rules or register have changed and are not published; what was published holds.',
    }),
    todo: {
      zh: '用 shoumi-collector publish --dry-run 查看，再用 publish 发布，或恢复文件',
      en: 'See what would change with `shoumi-collector publish --dry-run`, then publish it with `shoumi-collector publish`, or put the files back.',
    },
  },
  'certificate.not-renewed': {
    severity: ({ ended }) => (ended ? 'critical' : 'high'),
    title: {
      zh: '服务器证书临近到期或已到期，未能更新',
      en: 'the collector’s certificate nears its end (high) or has ended (critical) and could not be renewed',
    },
    text: ({ endsAt, ended, error }) => ({
      zh: `服务器证书${ended ? '已于' : '将于'} ${endsAt} 到期，未能更新：${systemCause(error).zh}`,
      en: `The collector’s certificate ${ended ? 'ended' : 'ends'} at ${endsAt} and could not be renewed: ${error}`,
    }),
    todo: {
      zh: '检查 dataDir 下的 keys 目录及其磁盘；一小时内会再试',
      en: 'See to the folder keys of `dataDir`; it is tried again within the hour.',
    },
  },
}
