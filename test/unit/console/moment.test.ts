import { expect, test } from 'vitest'
import { size, span } from '#collector/console/parts/moment.ts'

test.for([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 KB'],
  [48_640, '48.6 KB'],
  [734_003_200, '734 MB'],
  [16_008_609_792, '16.0 GB'],
  [999_999_999_999_999, '1000 TB'],
] as const)('%i bytes', ([bytes, text]) => expect(size(bytes)).toBe(text))

test.for([
  [400, '0 秒', '0 s'],
  [59_000, '59 秒', '59 s'],
  [45 * 60_000, '45 分', '45 min'],
  [3_720_000, '1 小时 2 分', '1 h 2 min'],
  [90_000_000, '1 天 1 小时', '1 d 1 h'],
] as const)('a span of %i ms', ([ms, zh, en]) => expect([span(ms, 'zh'), span(ms, 'en')]).toEqual([zh, en]))
