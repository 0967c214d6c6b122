/** The columns of an exported list of alerts. */
import { alertStateWords, incidentNumber, severityWords } from '#shared/vocabulary/labels.ts'
import type { AlertView } from '../shapes/alert.ts'
import type { Table } from './export.ts'

export const alertTable: Table<AlertView> = {
  name: { zh: '告警', en: 'alerts' },
  columns: [
    { title: { zh: '产生时间', en: 'Made' }, isTime: true, cell: ({ createdAt }, { moment }) => moment(createdAt) },
    { title: { zh: '严重程度', en: 'Severity' }, cell: ({ severity }, { say }) => say(severityWords[severity]) },
    { title: { zh: '违规事件编号', en: 'Incident' }, cell: ({ number }) => incidentNumber(number) },
    { title: { zh: '部门', en: 'Department' }, cell: ({ department }) => department },
    { title: { zh: '收件箱', en: 'Mailbox' }, cell: ({ mailbox }) => mailbox },
    { title: { zh: '发送状态', en: 'State' }, cell: ({ state }, { say }) => say(alertStateWords[state]) },
    { title: { zh: '发出时间', en: 'Sent' }, isTime: true, cell: ({ deliveredAt }, { moment }) => moment(deliveredAt) },
    { title: { zh: '邮件服务器应答', en: 'What the mail server said' }, cell: ({ lastError }) => lastError ?? '' },
  ],
}
