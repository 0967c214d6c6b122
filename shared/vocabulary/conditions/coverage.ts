/** Why a sensor does not see all, by the code that begins the English text of a `coverage.*` condition. */
import type { Words } from '../labels.ts'

export const sensorNames = ['media', 'files', 'network'] as const
export type SensorName = (typeof sensorNames)[number]

export const coverageCodes = {
  'sensor.failed': { zh: '探测器出错，将自动重新启动', en: 'the sensor failed; it is started again by itself' },
  'media.failed': { zh: '介质未被监视，正在重试', en: 'media are not watched; it is tried again' },
  'media.looking': {
    zh: '系统不通知设备变化，改为每 5 秒查看一次',
    en: 'the system does not tell of changes (no uevents): looked for every 5 s',
  },
  'media.stuck': { zh: '有设备没有响应', en: 'a device does not answer' },
  'media.too-many-mounts': { zh: '挂载点过多，部分未被监视', en: 'too many mounts: the last are not watched' },
  'media.usb-only': {
    zh: '只能看到 U 盘接入，看不到其分区和挂载，也看不到其他介质',
    en: 'USB sticks are seen; their disks, mounts and other media are not',
  },
  'usb.no-bus': {
    zh: '本机没有可监视的 USB 总线（虚拟机常见）',
    en: 'no USB bus; expected in a virtual machine without USB',
  },
  'usb.unseen': { zh: '有 USB 存储设备未在系统设备目录（sysfs）中出现', en: 'USB storage that sysfs does not show' },
  'files.watch-limit': {
    zh: '文件监视数已达系统上限，部分目录未被监视',
    en: 'the system’s limit is reached, folders are not watched: raise `fs.inotify.max_user_watches` and `max_user_instances`, then plug the medium in again',
  },
  'files.too-many': {
    zh: '文件和目录过多，超出部分看不到',
    en: 'more than 200,000 files and folders: what is beyond is not seen',
  },
  'files.too-deep': { zh: '目录层级过深，超出部分看不到', en: 'folders more than 256 deep are not seen' },
  'files.unreadable': { zh: '有目录或文件无法读取', en: 'folders or files could not be read' },
  'files.overflow': {
    zh: '同时发生的变化过多，正在重新查看',
    en: 'more happened at once than could be followed; it is being looked through',
  },
  'files.open-unknown': {
    zh: '看不到全部进程打开的文件，文件静止两秒即视为拷贝完成；请以 root 运行代理',
    en: 'not every process shows what it has open: run the agent as root',
  },
  'network.too-many': {
    zh: '网络接口、地址或路由过多，部分未被监视',
    en: 'more links, addresses or routes than are watched',
  },
  'network.looking': {
    zh: '网络每 10 秒查看一次，更短的变化会漏掉',
    en: 'links are looked at every 10 s: what is shorter is missed',
  },
  'network.no-routes': {
    zh: '网络每 10 秒查看一次，默认路由无法读取',
    en: 'links are looked at every 10 s; default routes cannot be read',
  },
} as const satisfies Readonly<Record<string, Words>>

/** What this version never sees: said in the fact, and no condition. */
export const alwaysUnseen = ['files.not-utf8-unseen', 'network.partial'] as const

export type UnseenCode = (typeof alwaysUnseen)[number]
export type CoverageCode = keyof typeof coverageCodes
