import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Look } from '#agent/platform/files.ts'
import {
  beginCopy,
  FOLD_MS,
  SETTLE_MS,
  SETTLE_UNKNOWN_MS,
  stepCopy,
  type CopyEffect,
  type CopyInput,
  type Open,
  type CopyState,
} from '#agent/sensors/files/settle.ts'

const look = (sizeBytes: number): Look => ({ sizeBytes, mtimeMs: 1, ctimeMs: 1, birthtimeMs: 1, dev: 1, ino: 1 })
const looked = (sizeBytes: number, open: Open = 'closed'): CopyInput => ({
  type: 'looked',
  look: look(sizeBytes),
  open,
})
const heard = (sizeBytes: number): CopyInput => ({ type: 'heard', look: look(sizeBytes) })
const gone: CopyInput = { type: 'gone' }
const ended: CopyInput = { type: 'ended' }
const left = (open: Open): CopyInput => ({ type: 'left', open })

/** Seen at 0 with 10 bytes; then the inputs at their times. Effects in short: `copied 20×1`. */
function play(inputs: readonly (readonly [number, CopyInput])[]): { told: string[]; state: CopyState | undefined } {
  const [first, effects] = beginCopy(look(10), 0)
  const told = effects.map(inShort)
  let known: number | undefined
  let state: CopyState | undefined = first
  for (const [now, input] of inputs) {
    const isNew: boolean = state === undefined && input.type === 'heard' && input.look.sizeBytes !== known
    if (state === undefined && !isNew) continue
    const [next, more]: readonly [CopyState | undefined, readonly CopyEffect[]] =
      state !== undefined ? stepCopy(state, input, now) : beginCopy((input as { look: Look }).look, now)
    told.push(...more.map(inShort))
    known = more.findLast((effect) => effect.do === 'copied')?.look.sizeBytes ?? known
    state = next
  }
  return { told, state }
}
const inShort = (effect: CopyEffect): string =>
  `${effect.do} ${effect.look.sizeBytes}${effect.do === 'copied' ? `×${effect.count}` : ''}`

describe('a copy', () => {
  const S = SETTLE_MS
  test.for<[string, [number, CopyInput][], string[]]>([
    ['is at rest when it is unchanged and closed', [[S, looked(10)]], ['copied 10×1']],
    ['is not at rest before its time', [[S - 1, looked(10)]], []],
    [
      'moves while it grows',
      [
        [S, looked(20)],
        [2 * S - 1, looked(20)],
      ],
      [],
    ],
    [
      'is at rest after it grew',
      [
        [S, looked(20)],
        [2 * S, looked(20)],
      ],
      ['copied 20×1'],
    ],
    [
      'moves as long as someone has it open',
      [
        [S, looked(10, 'open')],
        [3_600_000, looked(10, 'open')],
      ],
      [],
    ],
    [
      'is not at rest the moment its writer lets go: a pulled medium makes it let go too',
      [
        [5000, looked(10, 'open')],
        [5100, looked(10)],
        [5100 + S - 1, looked(10)],
      ],
      [],
    ],
    [
      'is at rest when its writer has let go and nothing followed',
      [
        [5000, looked(10, 'open')],
        [5100, looked(10)],
        [5100 + S, looked(10)],
      ],
      ['copied 10×1'],
    ],
    ['waits longer where nobody can say who has it open', [[SETTLE_UNKNOWN_MS - 1, looked(10, 'unknown')]], []],
    ['rests in the end where nobody can say', [[SETTLE_UNKNOWN_MS, looked(10, 'unknown')]], ['copied 10×1']],
    [
      'heard anew starts to settle anew',
      [
        [S - 1, heard(20)],
        [S, looked(20)],
      ],
      [],
    ],
    [
      'heard without a change goes on settling',
      [
        [S - 1, heard(10)],
        [S, looked(10)],
      ],
      ['copied 10×1'],
    ],
    [
      'that vanishes is told no more',
      [
        [S, gone],
        [S, ended],
      ],
      [],
    ],
    [
      'is interrupted with its last size',
      [
        [S, looked(20)],
        [S + 1, ended],
      ],
      ['interrupted 20'],
    ],
    [
      'that its writer had closed when the volume was unmounted came to rest',
      [
        [S - 1, left('closed')],
        [S, ended],
      ],
      ['copied 10×1'],
    ],
    [
      'still open when its volume was unmounted (lazily) is interrupted',
      [
        [S - 1, left('open')],
        [S, ended],
      ],
      ['interrupted 10'],
    ],
    [
      'written once more, and closed, when the volume was unmounted is one more event',
      [
        [200, looked(10)],
        [300, heard(20)],
        [301, left('closed')],
        [302, ended],
      ],
      ['copied 10×1', 'copied 20×1'],
    ],
    [
      'that was at rest is not interrupted',
      [
        [S, looked(10)],
        [S + 1, ended],
      ],
      ['copied 10×1'],
    ],
    [
      'written twice more within a second is one more event',
      [
        [200, looked(10)],
        [300, heard(20)],
        [500, looked(20)],
        [600, heard(30)],
        [800, looked(30)],
        [1200, looked(30)],
      ],
      ['copied 10×1', 'copied 30×2'],
    ],
    [
      'that still moves after the second goes on as a copy of its own',
      [
        [200, looked(10)],
        [1100, heard(20)],
        [1200, looked(20, 'open')],
        [1400, looked(20)],
      ],
      ['copied 10×1', 'started 20', 'copied 20×1'],
    ],
    [
      'pulled while it is written once more: only the second writing is cut short',
      [
        [200, looked(10)],
        [300, heard(20)],
        [500, looked(20)],
        [600, heard(30)],
        [700, ended],
      ],
      ['copied 10×1', 'copied 20×1', 'started 30', 'interrupted 30'],
    ],
    [
      'quiet for the second is over',
      [
        [200, looked(10)],
        [1200, looked(10)],
        [1300, ended],
      ],
      ['copied 10×1'],
    ],
  ])('%s', ([, inputs, told]) => {
    expect(play(inputs).told).toEqual(['started 10', ...told])
  })

  test('at rest for a second is forgotten', () => {
    const at = (now: number): CopyState | undefined =>
      play([
        [S, looked(10)],
        [now, looked(10)],
      ]).state
    expect(at(S + FOLD_MS - 1)).toBeDefined()
    expect(at(S + FOLD_MS)).toBeUndefined()
  })
})

const anyOpen = fc.constantFrom<Open>('open', 'closed', 'unknown')
const anyInput: fc.Arbitrary<CopyInput> = fc.oneof(
  fc.integer({ min: 10, max: 12 }).map(heard),
  fc.tuple(fc.integer({ min: 10, max: 12 }), anyOpen).map(([size, open]) => looked(size, open)),
  anyOpen.map(left),
)
const anyPlay = fc.array(fc.tuple(fc.integer({ min: 1, max: 1500 }), anyInput), { maxLength: 60 }).map((steps) => {
  let now = 0
  return steps.map(([wait, input]) => [(now += wait), input] as const)
})

test('whatever happens, a copy starts once, and is then copied or interrupted or neither, never both', () =>
  fc.assert(
    fc.property(anyPlay, fc.constantFrom(ended, gone), (inputs, last) => {
      const { told, state } = play([...inputs, [1e9, last]])
      expect(state).toBeUndefined()
      const copies = told.join(' ').split('started').slice(1)
      for (const copy of copies) {
        const words = copy.match(/copied|interrupted/g) ?? []
        expect(['', 'copied', 'copied,copied', 'interrupted']).toContain(words.join())
      }
      expect(last === gone || copies.every((copy) => /copied|interrupted/.test(copy))).toBe(true)
    }),
  ))

test('a file left alone and closed is told with its last size, in bounded time', () =>
  fc.assert(
    fc.property(anyPlay, fc.integer({ min: 10, max: 12 }), (inputs, size) => {
      const began = (inputs.at(-1)?.[0] ?? 0) + 1
      const { told } = play([
        ...inputs,
        [began, heard(size)],
        [began + SETTLE_MS, looked(size)],
        [began + FOLD_MS + SETTLE_MS, looked(size)],
        [began + 2 * FOLD_MS, looked(size)],
        [began + 3 * FOLD_MS, looked(size)],
      ])
      expect(told.findLast((one) => one.startsWith('copied'))).toMatch(new RegExp(`^copied ${size}×`))
    }),
  ))
