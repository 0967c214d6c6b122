import { expect, test } from 'vitest'
import { coverageOf } from '#agent/sensors/files/coverage.ts'

test.for<[string, Parameters<typeof coverageOf>, string, string, RegExp]>([
  ['says what it can never see', [[], true], 'watching', 'files.not-utf8-unseen', /not UTF-8.*not seen/],
  ['says who has files open is unknown', [[], false], 'degraded', 'files.open-unknown', /run the agent as root/],
  [
    'says what to do at the limit of the system, before all else, and how much is not watched',
    [
      [
        new Map([['overflow', { count: 1, detail: '/media/a' }]]),
        new Map([['watch-limit', { count: 2, detail: 'ENOSPC' }]]),
        new Map([['watch-limit', { count: 3, detail: 'ENOSPC' }]]),
      ],
      true,
    ],
    'degraded',
    'files.watch-limit',
    /^5 folders.*raise fs.inotify.max_user_watches.*\/media\/a.*not UTF-8/,
  ],
  [
    'is never longer than an event may carry',
    [[new Map([['unreadable', { count: 1, detail: 'x'.repeat(5000) }]])], true],
    'degraded',
    'files.unreadable',
    /^[^]{2048}$/,
  ],
])('coverage %s', ([, args, state, code, text]) => {
  const coverage = coverageOf(...args)
  expect(coverage).toMatchObject({ state, code })
  expect(coverage.text).toMatch(text)
})
