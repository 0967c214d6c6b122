/** The columns of an incident's exported timeline. */
import { kindWords, severityWords, type Words } from '#shared/vocabulary/labels.ts'
import type { EventView } from '../shapes/event.ts'
import type { Table } from './export.ts'

const wordsOfKind: Readonly<Record<string, Words>> = kindWords

/** What it is about: the file, the place, the address, whatever it has. */
const aboutOf = ({ file, address, route, volume, interface: link, text }: EventView): string =>
  file?.path ?? address ?? route ?? volume?.mountPoint ?? link ?? text ?? ''

export const eventTable: Table<EventView> = {
  name: { zh: '时间线', en: 'timeline' },
  columns: [
    { title: { zh: '发生时间', en: 'Happened' }, isTime: true, cell: ({ at }, { moment }) => moment(at) },
    {
      title: { zh: '收到时间', en: 'Received' },
      isTime: true,
      cell: ({ receivedAt }, { moment }) => moment(receivedAt),
    },
    {
      title: { zh: '记录', en: 'Record' },
      cell: ({ kind }, { say }) => {
        const words = wordsOfKind[kind]
        return words === undefined ? kind : say(words)
      },
    },
    {
      title: { zh: '严重程度', en: 'Severity' },
      cell: ({ severity }, { say }) => (severity === undefined ? '' : say(severityWords[severity])),
    },
    { title: { zh: '内容', en: 'About' }, cell: aboutOf },
    { title: { zh: '字节数', en: 'Bytes' }, cell: ({ file }) => String(file?.sizeBytes ?? '') },
    { title: { zh: '介质', en: 'Medium' }, cell: ({ medium }) => medium?.label ?? medium?.product ?? '' },
    { title: { zh: '序列号', en: 'Serial' }, cell: ({ medium }) => medium?.serial ?? '' },
    { title: { zh: '操作用户', en: 'User' }, cell: ({ actor }) => actor ?? '' },
    { title: { zh: 'SHA-256', en: 'SHA-256' }, cell: ({ sha256 }) => sha256 ?? '' },
    { title: { zh: '日志树轮次', en: 'Epoch' }, cell: ({ epoch }) => epoch },
    { title: { zh: '叶号', en: 'Leaf' }, cell: ({ index }) => String(index) },
  ],
}
