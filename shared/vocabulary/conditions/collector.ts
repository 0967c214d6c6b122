/** Every condition that the collector raises of itself. */
import type { ConditionKinds, NoArgs } from './condition.ts'

export interface CollectorArgs {
  readonly 'store.failed': { readonly error: string }
  readonly 'store.wal-large': { readonly mib: number }
  readonly 'store.lost': { readonly epoch: string; readonly held: number; readonly size: number }
  readonly 'policy.not-renewed': { readonly reason: string }
  readonly 'alerts.waiting': { readonly mailboxes: string | undefined }
  readonly 'alerts.not-sent': { readonly mailboxes: string; readonly error: string }
  readonly 'alerts.refused': { readonly mailboxes: string }
  readonly 'documents.not-read': { readonly reason: string }
  readonly 'documents.unpublished': NoArgs
  readonly 'certificate.not-renewed': { readonly endsAt: string; readonly ended: boolean; readonly error: string }
}

export const collectorConditions: ConditionKinds<CollectorArgs> = {
  'store.failed': {
    severity: 'critical',
    title: {
      zh: '数据库无法写入',
      en: 'the store takes nothing, as on a full disk, now or at the start; agents keep what they have',
    },
    text: ({ error }) => `The store takes nothing: ${error}`,
    todo: {
      zh: '清理或检查 dataDir 所在磁盘；代理会保留并重新上传记录',
      en: 'Make room on the disk of `dataDir`, or see to it; agents keep what they record and send it again.',
    },
  },
  'store.wal-large': {
    severity: 'moderate',
    title: {
      zh: '数据库的预写日志过大：有程序在长时间读取',
      en: 'another program reads an old moment of the store and keeps its write-ahead log from being folded in',
    },
    text: ({ mib }) =>
      `The store's write-ahead log has more than ${mib} MiB: another program reads an old moment of the store and keeps it from being folded in.`,
    todo: {
      zh: '等待正在进行的备份；结束遗留的 sqlite3 等程序，随后会自行缩小',
      en: 'Wait for a running backup; end a forgotten sqlite3 or another program that has collector.db open. It shrinks by itself then.',
    },
  },
  'store.lost': {
    severity: 'critical',
    title: { zh: '数据库缺失已给过回执的记录', en: 'the store lacks entries that it gave receipts for' },
    text: ({ epoch, held, size }) =>
      `The store has lost entries that it gave receipts for: of log ${epoch} it holds ${held} of ${size}.`,
    todo: {
      zh: '检查磁盘，并保留数据库副本作为证据；代理会重新上传仍保留的记录；服务器重新启动后消失',
      en: 'Look at the disk, and keep a copy of the store as evidence; the agents send again what they still have. It stays until the collector starts anew.',
    },
  },
  'policy.not-renewed': {
    severity: 'moderate',
    title: {
      zh: '策略临近到期，未能重新签发',
      en: 'the policy has less than a third of its year left and could not be signed anew; it stays in force',
    },
    text: ({ reason }) => `The policy nears its end and could not be signed anew: ${reason}`,
    todo: {
      zh: '放回签发密钥和口令，运行 shoumi-collector publish，再取出',
      en: 'Put the office key and its passphrase back, run `shoumi-collector publish`, and take them out again.',
    },
  },
  'alerts.waiting': {
    severity: 'high',
    title: {
      zh: '有告警超过 5 分钟未发出',
      en: 'alerts could have gone out for more than 5 minutes and have not, or no mail is configured',
    },
    text: ({ mailboxes }) =>
      mailboxes === undefined
        ? 'Alerts wait for more than 5 minutes: no mail is configured.'
        : `Alerts wait for more than 5 minutes: ${mailboxes}.`,
    todo: {
      zh: '检查邮件服务器或配置中的 mail；恢复后自动发出',
      en: 'See to the mail server, or to `mail` in the configuration; they go out as soon as it takes them.',
    },
  },
  'alerts.not-sent': {
    severity: 'high',
    title: {
      zh: '邮件连续三次未能发出',
      en: 'three attempts in a row with a mailbox did not go well; what the server said stands in the text',
    },
    text: ({ mailboxes, error }) => `Mail does not go out: ${mailboxes}. ${error}`.trim(),
    todo: {
      zh: '检查邮件服务器或配置中的 mail；会一直重试',
      en: 'See to the mail server, or to `mail` in the configuration; it is tried again for ever.',
    },
  },
  'alerts.refused': {
    severity: 'moderate',
    title: { zh: '邮件服务器拒收了告警', en: 'the server refused a recipient or a message for good' },
    text: ({ mailboxes }) => `The mail server refused alerts for good: ${mailboxes}.`,
    todo: {
      zh: '更正地址后在控制台重新发送或撤下',
      en: 'Mend the address, then send them again or dismiss them, in the console.',
    },
  },
  'documents.not-read': {
    severity: 'high',
    title: {
      zh: '条款、规则或登记文件无法读取，已发布的继续有效',
      en: 'clauses, rules or register could not be read at a start or SIGHUP; what was published holds',
    },
    text: ({ reason }) => reason,
    todo: {
      zh: '改正文件，发布，再发送 SIGHUP',
      en: 'Mend the file, publish, and send SIGHUP; until then what was published holds.',
    },
  },
  'documents.unpublished': {
    severity: 'moderate',
    title: { zh: '规则或登记文件与已发布的不同', en: 'rules or register are written otherwise than published' },
    text: () => 'Rules or register files are other than what was published.',
    todo: {
      zh: '用 shoumi-collector publish --dry-run 查看，再用 publish 发布，或恢复文件',
      en: 'Look with `shoumi-collector publish --dry-run`, and let it hold with `shoumi-collector publish`, or put the files back.',
    },
  },
  'certificate.not-renewed': {
    severity: ({ ended }) => (ended ? 'critical' : 'high'),
    title: {
      zh: '服务器证书临近或已经到期，未能更新',
      en: 'the server’s certificate nears its end (high) or has ended (critical) and could not be made anew',
    },
    text: ({ endsAt, error }) => `The server’s certificate ends at ${endsAt} and could not be made anew: ${error}`,
    todo: {
      zh: '检查 dataDir 下的 keys 目录及其磁盘；一小时内会再试',
      en: 'See to the folder keys of `dataDir`; it is tried again within the hour.',
    },
  },
}
