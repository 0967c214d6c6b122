import { readFileSync } from 'node:fs'
import { Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import { judge } from '#agent/judge/judge.ts'
import { standingBy, type Standing } from '#agent/judge/standing.ts'
import { encodeEvent, severityOf, type Observation } from '#shared/event/event.ts'
import { Rule, type Approval, type Endpoint, type Policy, type Register } from '#shared/policy/documents.ts'
import { isClassified, levels, type Level, type NetworkKind } from '#shared/vocabulary/levels.ts'
import { readYaml } from '#shared/vocabulary/yaml.ts'

const shipped = readYaml(
  readFileSync(new URL('../../../config/policy/first.yaml', import.meta.url), 'utf8'),
  Type.Array(Rule),
)
if (!shipped.ok) throw new Error('The shipped rules do not load.')

const now = Date.parse('2026-03-01T09:00:00.000+08:00')
const dated = { version: 7, issued: '2026-01-01T00:00:00.000+08:00', expires: '2027-01-01T00:00:00.000+08:00' }
const policy: Policy = { ...dated, rules: shipped.value, keys: { register: [], receipts: [] } }
const identity = { key: 'usb:46f4:0001:SN1', usbSerial: 'SN1', vid: '46f4', pid: '0001' }
const approval: Approval = {
  id: 'SP-1',
  medium: { identity: { usbSerial: 'SN1' } },
  for: 'medium',
  allows: ['use', 'copy'],
  approvedBy: ['保密办公室'],
  from: '2026-02-01T00:00:00.000+08:00',
  to: '2026-04-01T00:00:00.000+08:00',
}
interface Where {
  level: Level
  networkKind?: NetworkKind
  medium?: Level | 'unregistered'
  approvals?: Approval[]
  allowedNetworks?: string[]
}
function standing({
  level,
  networkKind = 'intranet',
  medium = 'unregistered',
  approvals = [],
  allowedNetworks,
}: Where): Standing {
  const endpoint: Endpoint = {
    name: 'e',
    level,
    networkKind,
    department: 'd',
    status: 'confirmed',
    ...(allowedNetworks && { allowedNetworks }),
  }
  const media =
    medium === 'unregistered' ? [] : [{ id: 'JZ-1', level: medium, identity: { usbSerial: 'SN1', vid: '46f4' } }]
  const register: Register = { ...dated, agent: '11111111-1111-4111-8111-111111111111', endpoint, approvals }
  return standingBy(policy, register, [{ ...dated, part: 0, media }])
}

const plug = '0123456789abcdef0123456789abcdef'
const volume = { device: '/dev/sda1', fs: 'vfat', readOnly: false, mountPoint: '/media/stick' }
const stamps = { at: '2026-03-01T09:00:00.000+08:00', mono: 5_000, found: 'live' } as const
const connected: Observation = {
  ...stamps,
  kind: 'medium.connected',
  subject: { plug, medium: identity },
  detail: { bus: 'usb' },
}
const file = { copy: '00000000-0000-4000-8000-000000000001', path: '/media/stick/名单.docx', sizeBytes: 12 }
const copied: Observation = {
  ...stamps,
  kind: 'file.copied',
  subject: { plug, medium: identity, volume, file },
  detail: { count: 1 },
}
const circumstances = { salt: '0a'.repeat(16), boot: '44444444-4444-4444-8444-444444444444' }
const judged = (observation: Observation, by: Standing, trusted = now) =>
  judge(observation, { ...circumstances, known: by.knownAt(trusted), evaluator: by.evaluator })

// Columns: top-secret, secret, confidential, internal, public.
const matrix = {
  'top-secret': '◦××××',
  secret: '◦◦×××',
  confidential: '◦◦◦××',
  internal: '×××●×',
  public: '××××●',
  unregistered: '×××◦◦',
}
const media = Object.keys(matrix) as (keyof typeof matrix)[]
const cells = media.flatMap((medium) =>
  (['intranet', 'internet'] as const).flatMap((networkKind) =>
    levels.flatMap((level, column) => {
      const counted = networkKind === 'internet' ? 4 : column
      return networkKind === 'internet' && isClassified(level)
        ? []
        : [{ medium, level, networkKind, cell: matrix[medium][counted] ?? '' }]
    }),
  ),
)

describe('the level matrix, by the shipped rules', () => {
  test.for(cells)('$medium medium in a $level $networkKind endpoint: $cell', ({ medium, level, networkKind, cell }) => {
    const classified = isClassified(level) || (medium !== 'unregistered' && isClassified(medium))
    const critical = classified && cell === '×'
    const violation = critical ? 'critical' : 'high'
    const severity = (approvals: Approval[]) =>
      severityOf(judged(connected, standing({ level, networkKind, medium, approvals })))
    expect(severity([])).toBe(cell === '●' ? undefined : violation)
    expect(severity([approval])).toBe(cell === '×' ? violation : undefined)
  })
})

describe('judge', () => {
  test('says what the register knows of the medium: whole where it is connected, briefly with a file', () => {
    const by = standing({ level: 'internal', medium: 'internal' })
    const known = { status: 'registered', level: 'internal' }
    expect(judged(connected, by).subject).toEqual({ plug, medium: { id: 'JZ-1', ...identity, ...known, score: 100 } })
    expect(judged(copied, by).subject).toEqual({
      plug,
      medium: { key: identity.key, ...known },
      volume: { mountPoint: volume.mountPoint },
      file,
    })
    const unmounted: Observation = {
      ...stamps,
      kind: 'medium.unmounted',
      subject: { plug, medium: identity, volume },
      detail: {},
    }
    expect(judged(unmounted, by).subject).toEqual({ plug, medium: { key: identity.key, ...known }, volume })
  })

  test('every kind of observation becomes an event that can be journalled', () => {
    const by = standing({ level: 'secret' })
    for (const observation of [connected, copied]) expect(encodeEvent(judged(observation, by))).toBeDefined()
  })

  test('before there is a register nothing is judged and no medium is registered', () => {
    const event = judge(connected, circumstances)
    expect(event).toMatchObject({ verdicts: [], subject: { medium: { status: 'unregistered', score: 0 } } })
    expect(encodeEvent(event)).toBeDefined()
  })

  test('each verdict names rule, clause and the version of the policy', () => {
    expect(judged(connected, standing({ level: 'internal' })).verdicts).toEqual([
      { rule: 'unregistered-medium', policyVersion: 7, severity: 'high', clause: 'mb-4.2-5' },
    ])
  })

  test('a copy from a classified endpoint is a violation unless approved', () => {
    const at = (level: Level, approvals: Approval[]) =>
      judged(copied, standing({ level, medium: level, approvals })).verdicts.map(({ rule }) => rule)
    expect(at('secret', [])).toEqual(['file-copied-from-classified'])
    expect(at('secret', [approval])).toEqual([])
    expect(at('internal', [])).toEqual([])
  })

  test('what an approval covers is noted, and names the approvals that cover it', () => {
    const approvals = (level: Level, medium: Where['medium'], given: Approval[]) =>
      judged(connected, standing({ level, approvals: given, ...(medium && { medium }) })).approvals
    expect(approvals('internal', 'unregistered', [{ ...approval, id: 'SP-2' }, approval])).toEqual(['SP-1', 'SP-2'])
    expect(approvals('secret', 'secret', [approval])).toEqual(['SP-1'])
    expect(judged(copied, standing({ level: 'secret', medium: 'secret', approvals: [approval] })).approvals).toEqual([
      'SP-1',
    ])
    // Without the approval nothing would have been broken, or all the same.
    expect(approvals('internal', 'internal', [approval])).toBeUndefined()
    expect(approvals('secret', 'unregistered', [approval])).toBeUndefined()
    const many = Array.from({ length: 40 }, (_, i) => ({ ...approval, id: `SP-${String(i).padStart(2, '0')}` }))
    expect(approvals('internal', 'unregistered', many)).toEqual(many.slice(0, 16).map(({ id }) => id))
    const event = judged(connected, standing({ level: 'internal', approvals: many }))
    expect(encodeEvent(event)).toBeDefined()
  })

  test('a classified endpoint and another network', () => {
    const where = { level: 'secret' as const, allowedNetworks: ['10.0.2.0/24'] }
    const face = { index: 3, name: 'enx0', type: 'ethernet', card: '0c'.repeat(16) }
    const address = (text: string, change: 'added' | 'removed' = 'added'): Observation => ({
      ...stamps,
      kind: 'net.address',
      subject: { interface: face, address: { family: 'ipv4', address: text, prefix: 24 } },
      detail: { change },
    })
    const rules = (o: Observation, w: Where = where) => judged(o, standing(w)).verdicts.map(({ rule }) => rule)
    expect(rules(address('10.9.9.9'))).toEqual(['foreign-network'])
    expect(rules(address('10.0.2.7'))).toEqual([])
    expect(rules(address('10.9.9.9', 'removed'))).toEqual([])
    expect(rules(address('10.9.9.9'), { level: 'secret' })).toEqual([])
    expect(rules(address('10.9.9.9'), { ...where, level: 'internal' })).toEqual([])
    const up: Observation = { ...stamps, kind: 'net.link-up', subject: { interface: face }, detail: {} }
    expect(rules(up, { level: 'secret', networkKind: 'standalone' })).toEqual(['standalone-carrier'])
    expect(rules(up)).toEqual([])
  })

  test('past its end a register allows nothing more, and all else of it goes on', () => {
    const by = standing({ level: 'internal', approvals: [{ ...approval, to: '2030-01-01T00:00:00.000+08:00' }] })
    const end = Date.parse(dated.expires)
    expect(judged(connected, by, end - 1).verdicts).toEqual([])
    expect(judged(connected, by, end).verdicts).toHaveLength(1)
    expect([by.expiredAt(end - 1), by.expiredAt(end)]).toEqual([[], ['policy', 'register', 'media']])
  })
})
