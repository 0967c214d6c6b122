import { describe, expect, test } from 'vitest'
import type { Approval, MediumMatch, Register } from '#shared/policy/documents.ts'
import { inNetworks } from '#shared/policy/networks.ts'
import { approvalsFor, recognise } from '#shared/policy/register.ts'

const dated = { version: 1, issued: '2026-01-01T00:00:00.000+08:00', expires: '2027-01-01T00:00:00.000+08:00' }
const ledger = (identity: MediumMatch) => [{ id: 'JZ-1', level: 'secret' as const, identity }]
function register(approvals: Approval[]): Register {
  return {
    ...dated,
    agent: '11111111-1111-4111-8111-111111111111',
    endpoint: { name: 'e', level: 'secret', networkKind: 'intranet', department: 'd', status: 'confirmed' },
    approvals,
  }
}

describe('recognise', () => {
  const full = { usbSerial: 'S', vid: '0951', pid: '1666', sizeBytes: 8 }
  test.for<[string, MediumMatch, Omit<MediumMatch, 'key'>, number]>([
    ['all that the ledger names agrees', full, full, 100],
    ['what is not seen yet only lowers the score', full, { usbSerial: 'S', vid: '0951' }, 50],
    ['what the ledger does not name does not count', { usbSerial: 'S' }, full, 100],
    ['a serial that is cloned, on another device', full, { ...full, pid: '9999' }, 0],
    ['a serial that is cloned, of another size', full, { ...full, sizeBytes: 9 }, 0],
    ['another serial', full, { ...full, usbSerial: 'T' }, 0],
    ['no serial seen', full, { vid: '0951', pid: '1666', sizeBytes: 8 }, 0],
    ['no serial in the ledger', { vid: '0951', pid: '1666' }, full, 0],
    ['a disk’s serial counts like a stick’s', { diskSerial: 'D' }, { diskSerial: 'D' }, 100],
  ])('%s', ([, wanted, seen, score]) => {
    const found = recognise(ledger(wanted), { key: 'k', ...seen })
    expect(found).toEqual(
      score === 0 ? { status: 'unregistered', score } : { status: 'registered', score, level: 'secret', id: 'JZ-1' },
    )
  })

  test('in an empty list nothing is registered', () => {
    expect(recognise([], { key: 'k', usbSerial: 'S' })).toEqual({ status: 'unregistered', score: 0 })
  })

  test('of several that agree the best one counts, wherever it stands; a serial of a stick is none of a disk', () => {
    const others = Array.from({ length: 2_000 }, (_, i) => ({
      id: `other-${i}`,
      level: 'internal' as const,
      identity: { usbSerial: i % 2 === 0 ? 'S' : `other-${i}`, vid: '0951', pid: '1666', fsUuid: 'u', sizeBytes: 8 },
    }))
    const list = [...others, ...ledger(full)]
    expect(recognise(list, { key: 'k', ...full })).toMatchObject({ id: 'JZ-1', score: 100 })
    expect(recognise(ledger({ usbSerial: 'S' }), { key: 'k', diskSerial: 'S' }).status).toBe('unregistered')
    const equal = [...ledger({ diskSerial: 'D' }), { ...others[0]!, identity: { usbSerial: 'S' } }]
    expect(recognise(equal, { key: 'k', usbSerial: 'S', diskSerial: 'D' })).toMatchObject({ id: 'JZ-1', score: 100 })
  })
})

describe('approvalsFor', () => {
  const from = Date.parse('2026-02-01T09:00:00.000+08:00')
  const to = Date.parse('2026-02-01T17:30:00.000+08:00')
  const approval: Approval = {
    id: 'SP-1',
    medium: { id: 'JZ-1' },
    for: 'medium',
    allows: ['use'],
    approvedBy: ['x'],
    from: '2026-02-01T09:00:00.000+08:00',
    to: '2026-02-01T17:30:00.000+08:00',
  }
  const medium = { key: 'k', usbSerial: 'S' }
  const holds = (trusted: number, over: Partial<Approval> = {}, allows: 'use' | 'copy' = 'use', seen = medium) =>
    approvalsFor(
      { register: register([{ ...approval, ...over }]), media: ledger({ usbSerial: 'S' }), trusted },
      { medium: seen, allows },
    )[0]

  test.for([
    ['a moment before it begins', from - 1, undefined],
    ['as it begins', from, 'SP-1'],
    ['its last moment', to - 1, 'SP-1'],
    ['as it ends', to, undefined],
  ] as const)('%s', ([, trusted, id]) => expect(holds(trusted)).toBe(id))

  test('it allows what it names, with the medium that it names, and nothing else', () => {
    expect(holds(from, {}, 'copy')).toBeUndefined()
    expect(holds(from, { allows: ['use', 'copy'] }, 'copy')).toBe('SP-1')
    expect(holds(from, {}, 'use', { key: 'k', usbSerial: 'T' })).toBeUndefined()
    const byIdentity = { medium: { identity: { usbSerial: 'T' } } }
    expect(holds(from, byIdentity, 'use', { key: 'k', usbSerial: 'T' })).toBe('SP-1')
    expect(holds(from, byIdentity)).toBeUndefined()
  })
})

test.for([
  ['10.0.2.7', ['10.0.2.0/24'], true],
  ['10.0.3.7', ['10.0.2.0/24'], false],
  ['10.0.3.7', ['10.0.2.0/24', '10.0.3.7/32'], true],
  ['::ffff:10.0.2.7', ['10.0.2.0/24'], true],
  ['2001:db8::7', ['2001:db8::/32'], true],
  ['2001:db8::7', ['10.0.2.0/24'], false],
  ['fd00::1%eth0', ['fd00::/8'], true],
  ['10.0.2.7', [], false],
  ['10.0.2.7', ['nonsense'], false],
  ['nonsense', ['0.0.0.0/0'], false],
  ['0.0.0.0', ['0.0.0.0/0'], true],
] as const)('inNetworks(%s, %j) is %s', ([address, networks, within]) => {
  expect(inNetworks(address, networks)).toBe(within)
})
