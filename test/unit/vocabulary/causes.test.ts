import { describe, expect, test } from 'vitest'
import { agentConditions } from '#shared/vocabulary/conditions/agent.ts'
import { mailCause, systemCause } from '#shared/vocabulary/conditions/causes.ts'
import { collectorConditions } from '#shared/vocabulary/conditions/collector.ts'

test.for([
  ['The mail server does not accept user or password (535)', '邮件服务器不接受所设账号或口令'],
  ['A file that the mail settings name cannot be read: ENOENT', '邮件配置所指文件无法使用'],
  ['The file of mail.caFile cannot be used: /etc/ca.pem holds no certificate', '邮件配置所指文件无法使用'],
  ['self-signed certificate in certificate chain', '邮件服务器证书不受信任'],
  ['connect ECONNREFUSED 10.0.0.1:25', '无法连接邮件服务器'],
  ['getaddrinfo ENOTFOUND mail.example', '无法连接邮件服务器'],
  ['Connection timeout', '邮件服务器未及时应答'],
  ['Can’t send mail - all recipients were rejected: 550 no such user', '邮件服务器拒收'],
  ['something else', '邮件未能发出'],
] as const)('of a mail server: %s is told as %s', ([text, zh]) => {
  expect(mailCause(text)).toEqual({ zh, en: text })
})

test.for([
  ['ENOSPC: no space left on device, write', '磁盘空间不足，或已达设定的上限'],
  ['Error: database or disk is full', '磁盘空间不足，或已达设定的上限'],
  ['attempt to write a readonly database', '磁盘为只读'],
  ['EACCES: permission denied, open /x', '没有读写权限'],
  ['disk I/O error', '磁盘读写出错'],
  ['database is locked', '数据库被其他程序占用'],
  ['ENOENT: no such file or directory, open /x/office.key', '签发密钥或其口令不在原处，或口令不符'],
  ['something else', '其他原因，详见日志'],
] as const)('of the system: %s is told as %s', ([text, zh]) => {
  expect(systemCause(text)).toEqual({ zh, en: text })
})

/** What came in English from elsewhere; every other argument is a name or a number. */
const SAID = 'Something went wrong elsewhere'
const mailboxes = { names: ['bmb'], more: 2 }
const reason = { zh: '格式不符', en: SAID }

describe('no English of elsewhere is in the Chinese text of', () => {
  const texts = [
    agentConditions['journal.full'].text({ reason: SAID }),
    agentConditions['enrol.waiting'].text({ detail: SAID }),
    agentConditions['enrol.clone'].text({ detail: SAID }),
    agentConditions['uplink.down'].text({ why: SAID }),
    agentConditions['uplink.refused'].text({ what: 'gap', detail: SAID }),
    agentConditions['document.refused.media'].text({ part: 3, reason }),
    agentConditions['coverage.media'].text({ state: 'unavailable', code: 'usb.no-bus', text: SAID }),
    collectorConditions['store.failed'].text({ error: SAID }),
    collectorConditions['policy.not-renewed'].text({ reason: SAID }),
    collectorConditions['alerts.not-sent'].text({ mailboxes, error: SAID }),
    collectorConditions['documents.not-read'].text({ reason: SAID }),
    collectorConditions['certificate.not-renewed'].text({ endsAt: '2026-01-02', ended: true, error: SAID }),
  ]
  test.for(texts)('$en', ({ zh, en }) => {
    expect(en).toContain(SAID)
    expect(zh).toMatch(/\p{Script=Han}/u)
    expect(zh).not.toContain(SAID)
  })
})

test('a file that cannot be read is told by its places', () => {
  const places = 'register.yaml:12 /endpoints/3 is missing\n/etc/shoumi/rules.yaml:4 /rules is not valid'
  const { zh } = collectorConditions['documents.not-read'].text({ reason: places })
  expect(zh).toContain('register.yaml:12、/etc/shoumi/rules.yaml:4')
})

test('mailboxes that are not named are counted in both languages', () => {
  const { zh, en } = collectorConditions['alerts.refused'].text({ mailboxes })
  expect(zh).toContain('bmb，另有 2 个')
  expect(en).toContain('bmb and 2 more')
})
