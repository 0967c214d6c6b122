/** A morning in a small service centre, as its endpoints would have reported it: what the console is tried on. */
import { saveHeartbeats, setConnected, setDisconnected } from '#collector/store/agents.ts'
import type { Event, Verdict } from '#shared/event/event.ts'
import { rfc3339 } from '#shared/vocabulary/clock.ts'
import type { TestApi } from './api.ts'
import { addEndpoint, agentOf, batchOf, epochOf } from './collector-store.ts'
import { cardOf, verdict, wholeEvent } from './events.ts'

const MINUTE = 60_000

/** An event `agoMs` before now. */
const recent = (kind: string, agoMs: number, parts: Record<string, unknown>): Event =>
  wholeEvent(kind, Date.now() - agoMs, { mono: 1_000_000_000 - agoMs, ...parts })

export interface Stay {
  readonly plug: number
  readonly agoMs: number
  readonly medium: Record<string, unknown>
  readonly verdicts: Verdict[]
  /** Name and size; the last is interrupted where the stick is pulled while it is copied. */
  readonly files: readonly (readonly [string, number])[]
  readonly interrupted?: boolean
  readonly pulled?: boolean
}

export function stayOf({ plug: n, agoMs, medium: about, verdicts, files, interrupted, pulled }: Stay): Event[] {
  const plug = n.toString(16).padStart(32, '0')
  const medium = { key: `k${n}`, score: 0, status: 'unregistered', ...about }
  const brief = { key: medium.key, status: medium.status }
  const volume = { device: '/dev/sdb1', fs: 'vfat', readOnly: false, mountPoint: '/media/usb' }
  const copies = files.flatMap(([name, sizeBytes], index): Event[] => {
    const copy = `${n.toString(16).padStart(8, '0')}-0000-4000-8000-${String(index).padStart(12, '0')}`
    const file = { copy, path: `/media/usb/${name}`, sizeBytes }
    const subject = { plug, medium: brief, volume: { mountPoint: volume.mountPoint }, file }
    const ago = agoMs - 9_000 - index * 1_500
    const begun = recent('file.copy-started', ago, { subject })
    if (interrupted === true && index === files.length - 1)
      return [begun, recent('file.copy-interrupted', ago - 900, { subject, detail: { reason: 'removed' } })]
    return [
      begun,
      recent('file.copied', ago - 400, {
        subject,
        verdicts: verdicts.filter(({ rule }) => rule === 'file-copied-from-classified'),
        detail: { count: 1 },
      }),
      recent('file.identified', ago - 600, { subject, detail: { sha256: 'ab12'.repeat(16) } }),
    ]
  })
  const found = verdicts.filter(({ rule }) => rule !== 'file-copied-from-classified')
  return [
    recent('medium.connected', agoMs, { subject: { plug, medium }, verdicts: found, detail: { bus: 'usb' } }),
    recent('medium.mounted', agoMs - 700, { subject: { plug, medium, volume }, verdicts: found }),
    ...copies,
    ...(pulled === true ? [recent('medium.removed', agoMs - 60_000, { subject: { plug, medium } })] : []),
  ]
}

export function episodeOf(agoMs: number, ended: boolean): Event[] {
  const link = { index: 7, name: 'enx525400123456', mac: '52:54:00:12:34:56', type: 'ethernet', card: cardOf(7) }
  const foreign = [verdict({ rule: 'foreign-network', severity: 'critical', clause: 'law-31-1' })]
  const address = { family: 'ipv4', address: '192.168.43.17', prefix: 24 }
  const route = { family: 'ipv4', destination: '0.0.0.0/0', gateway: '192.168.43.1', table: 254 }
  const added = { change: 'added' }
  return [
    recent('net.link-up', agoMs, { subject: { interface: link } }),
    recent('net.address', agoMs - 100, { subject: { interface: link, address }, verdicts: foreign, detail: added }),
    recent('net.route-changed', agoMs - 200, { subject: { interface: link, route }, verdicts: foreign, detail: added }),
    ...(ended
      ? [recent('net.link-down', agoMs - 90_000, { subject: { interface: link }, detail: { gone: true } })]
      : []),
  ]
}

const unregistered = [verdict()]
const classified = [
  verdict({ rule: 'unregistered-medium-on-classified', severity: 'critical' }),
  verdict({ rule: 'file-copied-from-classified', severity: 'critical', clause: 'dw-8-2' }),
]

/** Fills the store; the numbers are those of `addEndpoint`. */
export async function openOffice({ store, commit }: TestApi): Promise<void> {
  const machines = [
    { name: '窗口-03', department: '政务服务窗口', level: 'internal', network_kind: 'intranet', responsible: '李晓红' },
    { name: '机要-01', department: '机要室', level: 'secret', network_kind: 'standalone', responsible: '王建国' },
    { name: '综合-05', department: '综合科', level: 'internal', network_kind: 'intranet', responsible: '陈思远' },
    { name: '审批-02', department: '行政审批科', level: 'public', network_kind: 'internet', responsible: '赵敏' },
    { name: '涉密-02', department: '机要室', level: 'confidential', network_kind: 'intranet', responsible: '孙丽' },
  ]
  const ids = await Promise.all(machines.map((machine, index) => addEndpoint(store, index + 1, machine)))
  const endpoint = (n: number) => ({ id: ids[n - 1] ?? 0, agent: agentOf(n) })
  const now = Date.now()
  const greeting = { version: '0.1.0', policy_version: 0, register_version: 0, media_versions: '[]' }
  const since = rfc3339(now - 190 * MINUTE, 480)
  const text = 'The identity key lies in a file that only the service can read.'
  const todo = 'Give the computer a TPM, or accept it in writing.'
  const conditions = [{ code: 'key.not-sealed', severity: 'low', since, text, todo }]
  await store.write(async (tx) => {
    for (const n of [1, 3, 4, 5]) await setConnected(tx, ids[n - 1] ?? 0, now - 190 * MINUTE, greeting)
    await setDisconnected(tx, ids[1] ?? 0, now - 47 * MINUTE)
    const health = JSON.stringify({ conditions })
    await saveHeartbeats(tx, [{ agentId: ids[2] ?? 0, at: now - 4_000, health }])
  })

  const commitTo = (n: number, events: Event[], lateMs = 200) =>
    commit(
      batchOf(endpoint(n), events, { epoch: epochOf(n), receivedAt: Date.parse(events.at(-1)?.at ?? '') + lateMs }),
    )
  await commitTo(
    3,
    stayOf({
      plug: 1,
      agoMs: 2 * 60 * MINUTE,
      medium: { vendor: 'Kingston', product: 'DataTraveler 3.0', label: 'KINGSTON', usbSerial: '60A44C3FAC22B1' },
      verdicts: [verdict({ severity: 'moderate' })],
      files: [],
      pulled: true,
    }),
  )
  await commitTo(
    2,
    stayOf({
      plug: 2,
      agoMs: 50 * MINUTE,
      medium: {
        vendor: 'SanDisk',
        product: 'Cruzer Blade',
        label: '个人U盘',
        usbSerial: '4C530001230912',
        sizeBytes: 16_008_609_792,
      },
      verdicts: classified,
      files: [
        ['2026年第三季度涉密人员名单.docx', 48_640],
        ['信访件转办单（机密）.pdf', 1_204_224],
        ['会议纪要.docx', 30_112],
        ['督查台帐-全年汇总.xlsx', 734_003_200],
      ],
      interrupted: true,
      pulled: true,
    }),
    45 * MINUTE,
  )
  await commitTo(5, episodeOf(20 * MINUTE, true))
  await commitTo(
    1,
    stayOf({
      plug: 3,
      agoMs: 3 * MINUTE,
      medium: { vendor: 'Generic', product: 'Mass Storage', sizeBytes: 31_457_280_000 },
      verdicts: unregistered,
      files: [
        ['群众来访登记表.xlsx', 86_016],
        ['办件统计.xlsx', 52_224],
      ],
    }),
  )
}
