import { assert, constantFrom, array, property } from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Action,
  type ActionKind,
  type Case,
  caseAt,
  collectorsKinds,
  isPossible,
  NEW_CASE,
  next,
  peoplesKinds,
  reopens,
  stageOf,
} from '#collector/incidents/workflow/case.ts'
import { stages } from '#collector/incidents/correlate/incident.ts'

const kinds: readonly ActionKind[] = [...peoplesKinds, ...collectorsKinds]
const act = (kind: ActionKind, at = 1): Action => ({ kind, at, by: 'somebody' })
const play = (acts: readonly ActionKind[]): Case =>
  acts.reduce<Case>((before, kind, at) => next(before, act(kind, at)) ?? before, NEW_CASE)

test.for([
  ['opened', 'open', 0],
  ['opened acknowledge', 'acknowledged', 1],
  ['opened acknowledge acknowledge', 'acknowledged', 1],
  ['opened false-alarm', 'false-alarm', 1],
  ['opened false-alarm acknowledge', 'false-alarm', 1],
  ['opened false-alarm close', 'closed', 2],
  ['opened acknowledge close false-alarm', 'closed', 2],
  ['opened reopened', 'open', 0],
  ['opened acknowledge reopened', 'acknowledged', 1],
  ['opened acknowledge close reopened', 'open', 3],
  ['opened false-alarm reopened acknowledge', 'acknowledged', 3],
  ['opened close raised', 'closed', 2],
  ['opened withdrawn close', 'withdrawn', 1],
] as const)('%s: %s', ([acts, stage, version]) => {
  const after = play(acts.split(' ').flatMap((name) => kinds.filter((kind) => kind === name)))
  expect([stageOf(after), after.version]).toEqual([stage, version])
})

test('a violation opens again what people were done with, and nothing else', () => {
  expect(stages.filter(reopens)).toEqual(['false-alarm', 'closed'])
  for (const stage of stages) expect(isPossible(stage, 'reopened')).toBe(reopens(stage) || stage === 'withdrawn')
})

test('the stored stage and version say as much of what comes next as the whole history does', () => {
  assert(
    property(array(constantFrom(...kinds), { maxLength: 40 }), constantFrom(...kinds), (acts, kind) => {
      const whole = play(acts)
      const stored = caseAt(stageOf(whole), whole.version)
      const [ofWhole, ofStored] = [next(whole, act(kind)), next(stored, act(kind))]
      expect(ofStored && [stageOf(ofStored), ofStored.version]).toEqual(ofWhole && [stageOf(ofWhole), ofWhole.version])
    }),
  )
})

test('a case says who did it and when, until it is opened again', () => {
  const closed = play(['opened', 'acknowledge', 'close'])
  expect(closed).toMatchObject({ acknowledged: { at: 1, by: 'somebody' }, closed: { at: 2 } })
  const again = next(closed, act('reopened', 9))
  expect(again).toEqual({ opened: { at: 0, by: 'somebody' }, reopened: { at: 9, by: 'somebody' }, version: 3 })
})
