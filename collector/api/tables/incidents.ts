/** The columns of an exported list of incidents. */
import { incidentNumber, levelWords, matterWords, severityWords, stageWords } from '#shared/vocabulary/labels.ts'
import type { IncidentView } from '../shapes/incident.ts'
import type { Table } from './export.ts'

export const incidentTable: Table<IncidentView> = {
  name: { zh: '违规事件', en: 'incidents' },
  columns: [
    { title: { zh: '编号', en: 'No.' }, cell: ({ number }) => incidentNumber(number) },
    { title: { zh: '发生时间', en: 'Happened' }, isTime: true, cell: ({ openedAt }, { moment }) => moment(openedAt) },
    { title: { zh: '收到时间', en: 'Received' }, isTime: true, cell: ({ arrivedAt }, { moment }) => moment(arrivedAt) },
    { title: { zh: '严重程度', en: 'Severity' }, cell: ({ severity }, { say }) => say(severityWords[severity]) },
    { title: { zh: '事由', en: 'Matter' }, cell: ({ kind }, { say }) => say(matterWords[kind]) },
    { title: { zh: '办理状态', en: 'State' }, cell: ({ stage }, { say }) => say(stageWords[stage]) },
    { title: { zh: '终端', en: 'Endpoint' }, cell: ({ endpoint }) => endpoint.name },
    { title: { zh: '部门', en: 'Department' }, cell: ({ endpoint }) => endpoint.department },
    { title: { zh: '责任人', en: 'Responsible' }, cell: ({ endpoint }) => endpoint.responsible ?? '' },
    { title: { zh: '密级', en: 'Level' }, cell: ({ endpoint }, { say }) => say(levelWords[endpoint.level]) },
    {
      title: { zh: '介质 / 网卡', en: 'Medium / card' },
      cell: ({ medium, network }) => medium?.label ?? medium?.product ?? network?.interface.name ?? '',
    },
    {
      title: { zh: '序列号 / MAC', en: 'Serial / MAC' },
      cell: ({ medium, network }) => medium?.usbSerial ?? medium?.diskSerial ?? network?.interface.mac ?? '',
    },
    {
      title: { zh: '已拷出文件数', en: 'Files copied' },
      cell: ({ files }) => (files === undefined ? '' : String(files.copied)),
    },
    {
      title: { zh: '违反的规则', en: 'Rules broken' },
      cell: ({ rules }, { say }) =>
        rules.map(({ title, rule }) => (title === undefined ? rule : say(title))).join('; '),
    },
  ],
}
