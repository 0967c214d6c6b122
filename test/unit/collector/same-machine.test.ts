import { expect, test } from 'vitest'
import { isAnother } from '#collector/ingest/same-machine.ts'
import type { Machine } from '#shared/wire/enrolment.ts'

const [A, B] = ['aaaaaaaa-1111-4111-8111-111111111111', 'bbbbbbbb-1111-4111-8111-111111111111']
const [m1, m2, m3] = ['52:54:00:00:00:01', '52:54:00:00:00:02', '52:54:00:00:00:03']

test.each<[string, Machine, Machine, boolean]>([
  ['the same', { uuid: A, macs: [m1] }, { uuid: A, macs: [m1] }, false],
  ['both differ', { uuid: A, macs: [m1] }, { uuid: B, macs: [m2] }, true],
  ['a card of several is the same', { uuid: A, macs: [m1, m2] }, { uuid: B, macs: [m2, m3] }, false],
  ['a mainboard, its cards kept', { uuid: A, macs: [m1] }, { uuid: B, macs: [m1] }, false],
  ['a card, the mainboard kept', { uuid: A, macs: [m1] }, { uuid: A, macs: [m2] }, false],
  ['the one that is known on both sides differs', { uuid: A }, { uuid: B, macs: [m1] }, true],
  ['the cards alone differ', { macs: [m1] }, { macs: [m2] }, true],
  ['nothing is known on both sides', { uuid: A }, { macs: [m1] }, false],
  ['nothing was known', {}, { uuid: A, macs: [m1] }, false],
  ['nothing is known now', { uuid: A, macs: [m1] }, {}, false],
])('%s', (_, before, now, another) => expect(isAnother(before, now)).toBe(another))
