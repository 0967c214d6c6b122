/** The columns of an exported list of endpoints. */
import { connectionWords, healthWords, levelWords, networkKindWords } from '#shared/vocabulary/labels.ts'
import type { EndpointView } from '../shapes/endpoint.ts'
import type { Table } from './export.ts'

export const endpointTable: Table<EndpointView> = {
  name: { zh: '终端', en: 'endpoints' },
  columns: [
    { title: { zh: '终端', en: 'Endpoint' }, cell: ({ name }) => name },
    { title: { zh: '主机名', en: 'Host name' }, cell: ({ host }) => host },
    { title: { zh: '部门', en: 'Department' }, cell: ({ department }) => department },
    { title: { zh: '责任人', en: 'Responsible' }, cell: ({ responsible }) => responsible ?? '' },
    { title: { zh: '密级', en: 'Level' }, cell: ({ level }, { say }) => say(levelWords[level]) },
    {
      title: { zh: '网络类型', en: 'Network' },
      cell: ({ networkKind }, { say }) => say(networkKindWords[networkKind]),
    },
    { title: { zh: '连接', en: 'Connection' }, cell: ({ connection }, { say }) => say(connectionWords[connection]) },
    {
      title: { zh: '最近在线', en: 'Last seen' },
      isTime: true,
      cell: ({ lastSeenAt }, { moment }) => moment(lastSeenAt),
    },
    { title: { zh: '健康状况', en: 'Health' }, cell: ({ health }, { say }) => say(healthWords[health]) },
  ],
}
