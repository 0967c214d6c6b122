/** Where a log begins and ends in time. */
import type { LogRow } from '#collector/store/logs.ts'
import type { Moment } from './correlate/moment.ts'

const moment = (boot: number, mono: number, trusted: number | null, wall: number): Moment => ({
  boot,
  mono,
  ...(trusted !== null && { trusted }),
  wall,
})

export const firstMoment = (log: Pick<LogRow, 'boot_id' | 'first_mono' | 'first_trusted' | 'first_wall'>): Moment =>
  moment(log.boot_id, log.first_mono, log.first_trusted, log.first_wall)

export const lastMoment = (log: Pick<LogRow, 'boot_id' | 'last_mono' | 'last_trusted' | 'last_wall'>): Moment =>
  moment(log.boot_id, log.last_mono, log.last_trusted, log.last_wall)
