/** Why something failed, as a system, a mail server or a library says it: in English its own words, in Chinese by their kind. */
import type { Words } from '../labels.ts'

type Kinds = readonly (readonly [pattern: RegExp, zh: string])[]

/** The first that fits. Error codes of the system (errno(3)) and SQLite's messages (sqlite.org/rescode.html). */
const systemKinds: Kinds = [
  [/office\.(key|passphrase)/, '签发密钥或其口令不在原处，或口令不符'],
  [/ENOSPC|EDQUOT|\bfull\b/, '磁盘空间不足，或已达设定的上限'],
  [/EROFS|read-?only/, '磁盘为只读'],
  [/EACCES|EPERM|permission/i, '没有读写权限'],
  [/ENOENT/, '文件不存在'],
  [/EIO\b|I\/O error/, '磁盘读写出错'],
  [/EMFILE|ENFILE/, '打开的文件过多'],
  [/locked|busy/i, '数据库被其他程序占用'],
  [/malformed|not a database|corrupt/i, '数据库文件已损坏'],
]

/** As the mail channel, Node's connections and SMTP replies say it (RFC 5321 §4.2). */
const mailKinds: Kinds = [
  [/does not accept user or password|\b53[045]\b/i, '邮件服务器不接受所设账号或口令'],
  [/cannot be (read|used)/i, '邮件配置所指文件无法使用'],
  [/certificate|self[- ]signed|TLS|SSL/i, '邮件服务器证书不受信任'],
  [
    /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ECONNRESET|getaddrinfo|closed unexpectedly/i,
    '无法连接邮件服务器',
  ],
  [/time(d )?out|ETIMEDOUT|Greeting never/i, '邮件服务器未及时应答'],
  [/\b[45]\d\d\b/, '邮件服务器拒收'],
]

const said = (kinds: Kinds, otherwise: string, text: string): Words => ({
  zh: kinds.find(([pattern]) => pattern.test(text))?.[1] ?? otherwise,
  en: text,
})

export const systemCause = (text: string): Words => said(systemKinds, '其他原因，详见日志', text)
export const mailCause = (text: string): Words => said(mailKinds, '邮件未能发出', text)
