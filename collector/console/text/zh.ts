/** The console's words in Chinese, the first language, by page. What mail says too stands in `shared/vocabulary/labels.ts`. */
import { doorZh } from './zh/door.ts'
import { firstZh } from './zh/first.ts'
import { incidentZh } from './zh/incident.ts'
import { listsZh } from './zh/lists.ts'
import { pagesZh } from './zh/pages.ts'

export const zh = {
  ...doorZh,
  ...firstZh,
  ...incidentZh,
  ...listsZh,
  ...pagesZh,
  language: '中文',
  title: '守密',
  subtitle: '保密自监管平台',
  loading: '正在读取…',
  retry: '重试',
  none: '—',
  comma: '，',
  semicolon: '；',
  colon: '：',
  skip: '跳到正文',
  search: '搜索',
  clear: '清空',
  notCertified: '本产品尚未取得国家保密科技测评中心检测证书，不得作为涉密信息系统安全保密产品使用。',
  level: (level: string) => `本台信息密级：${level}`,
  levelUnknown: '未知',
  nav: {
    label: '页面',
    incidents: '违规事件',
    endpoints: '终端',
    alerts: '告警',
    mutes: '暂停告警',
    faults: '采集异常',
  },
}

/** What both languages have to have. */
export type Text = typeof zh
