/** Times, spans and sizes, as people read them. Times are shown in the zone of the reader's computer. */
import type { Language } from '#shared/vocabulary/labels.ts'

const two = (n: number): string => String(n).padStart(2, '0')
const dayOf = (date: Date): string => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
const clockOf = (date: Date): string => `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`

/** `2026-11-24` */
export const day = (at: number): string => dayOf(new Date(at))
/** `14:03:22` */
export const clock = (at: number): string => clockOf(new Date(at))
/** `2026-11-24 14:03:22` */
export const moment = (at: number): string => `${day(at)} ${clock(at)}`
/** `14:03:22.123`, for a timeline. */
export const exact = (at: number): string => `${clock(at)}.${String(at % 1000).padStart(3, '0')}`
/** `2026-11-24 14:03` */
export const minute = (at: number): string => moment(at).slice(0, -3)
/** On the same day as `beside` only the time, else the day too. */
export const brief = (at: number, beside: number): string => (day(at) === day(beside) ? clock(at) : moment(at))

const units: Readonly<Record<Language, readonly [string, string, string, string]>> = {
  zh: [' 秒', ' 分', ' 小时', ' 天'],
  en: [' s', ' min', ' h', ' d'],
}

/** `3 分`, `1 小时 2 分`: the two largest units. */
export function span(ms: number, language: Language): string {
  const [s, min, h, d] = units[language]
  const seconds = Math.max(0, Math.round(ms / 1000))
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ]
  if (days > 0) return `${days}${d} ${hours}${h}`
  if (hours > 0) return `${hours}${h} ${minutes}${min}`
  return minutes > 0 ? `${minutes}${min}` : `${seconds}${s}`
}

const steps = ['KB', 'MB', 'GB', 'TB'] as const

/** `812 B`, `1.4 MB`, in steps of 1000 as media are sold. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const step = Math.min(steps.length, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** step
  return `${value < 100 ? value.toFixed(1) : Math.round(value)} ${steps[step - 1]}`
}
