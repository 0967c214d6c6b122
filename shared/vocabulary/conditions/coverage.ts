/** Why a sensor does not see all, by the code that begins the text of a `coverage.*` condition. */
import type { InBoth } from './condition.ts'

export const sensorNames = ['media', 'files', 'network'] as const
export type SensorName = (typeof sensorNames)[number]

export const coverageCodes = {
  'sensor.failed': { zh: '探测器出错，将自动重新启动', en: 'the sensor failed; it is started again by itself' },
  'media.failed': { zh: '介质未被监视，正在重试', en: 'media are not watched; it is tried again' },
  'media.looking': { zh: '系统不通知设备变化，改为每 5 秒查看一次', en: 'no uevents: looked for every 5 s' },
  'media.stuck': { zh: '有设备没有响应', en: 'a device does not answer' },
  'media.too-many-mounts': { zh: '挂载点过多，部分未被监视', en: 'too many mounts: the last are not watched' },
  'media.usb-only': { zh: '只能看到 USB 介质', en: 'only media at USB are seen' },
  'usb.no-bus': { zh: '本机没有可监视的 USB 总线', en: 'no USB bus; expected in a virtual machine without USB' },
  'usb.unseen': { zh: '有 USB 设备看不到', en: 'some USB devices are not seen' },
  'files.watch-limit': {
    zh: '文件监视数已达系统上限',
    en: 'raise `fs.inotify.max_user_watches` and `max_user_instances`',
  },
  'files.too-many': { zh: '文件过多，部分未被监视', en: 'too many files: some are not watched' },
  'files.too-deep': { zh: '目录过深，部分未被监视', en: 'folders lie too deep: some are not watched' },
  'files.unreadable': { zh: '有目录无权读取', en: 'a folder cannot be read' },
  'files.overflow': { zh: '文件变化过快，部分未被看到', en: 'too much happened at once: some was not seen' },
  'files.open-unknown': { zh: '看不到谁打开着文件', en: 'who has files open is not seen; run as root' },
  'network.too-many': { zh: '网络接口过多，部分未被监视', en: 'too many: some are not watched' },
  'network.looking': {
    zh: '系统不通知网络变化，改为定时查看',
    en: 'changes are not announced: looked for at intervals',
  },
  'network.no-routes': { zh: '看不到路由', en: 'routes are not seen' },
} as const satisfies Readonly<Record<string, InBoth>>

/** What this version never sees: said in the fact, and no condition. */
export const alwaysUnseen = ['files.not-utf8-unseen', 'network.partial'] as const

export type UnseenCode = (typeof alwaysUnseen)[number]
export type CoverageCode = keyof typeof coverageCodes

const isCoverageCode = (code: string): code is CoverageCode => Object.hasOwn(coverageCodes, code)

/** Of the text of a `coverage.*` condition as it is sent. Undefined where a newer agent says what is not known here. */
export function coverageWords(text: string): InBoth | undefined {
  const code = text.slice(0, Math.max(0, text.indexOf(':')))
  return isCoverageCode(code) ? coverageCodes[code] : undefined
}
