/** Incidents for tests: as people are shown them, and in letters. */
import { rfc3339 } from '#shared/vocabulary/clock.ts'
import type { Incident } from '#collector/incidents/correlate/incident.ts'
import type { LetterTexts } from '#collector/alerts/text/fact.ts'
import type { IncidentLetter } from '#collector/alerts/letter.ts'
import { tell, type ChangedIncident } from '#collector/alerts/tell.ts'
import type { AboutIncident } from '#collector/store/alert-views.ts'
import type { Store } from '#collector/store/database.ts'

const openedAt = Date.UTC(2026, 0, 2, 1, 4, 5)

export const stayIncident = (over: Partial<Incident> = {}): Incident => ({
  kind: 'stay',
  openedAt,
  firstAt: openedAt - 1000,
  lastAt: openedAt + 5000,
  severity: 'critical',
  rules: [
    { rule: 'unregistered-medium-on-classified', clause: 'mb-4.2-5', severity: 'critical', count: 2 },
    { rule: 'unknown-rule', clause: 'unknown-clause', severity: 'low', count: 1 },
  ],
  events: 7,
  violations: 3,
  receivedLate: false,
  unverified: false,
  medium: {
    key: 'usb:0951:1666:AA11',
    vendor: 'Kingston',
    product: 'DT',
    usbSerial: 'AA11',
    label: '财务',
    sizeBytes: 8_010_000_000,
    score: 0,
    status: 'unregistered',
  },
  volumes: ['/media/财务'],
  files: {
    copied: 24,
    interrupted: 1,
    started: 25,
    first: Array.from({ length: 20 }, (_, at) => ({
      path: `/media/财务/名单-${at}.docx`,
      outcome: at === 1 ? 'interrupted' : 'copied',
      sizeBytes: 12_300,
      copy: '00000000-0000-4000-8000-000000000000',
    })),
  },
  ...over,
})

export const episodeIncident = (over: Partial<Incident> = {}): Incident => ({
  kind: 'network-episode',
  openedAt,
  firstAt: openedAt,
  lastAt: openedAt + 5000,
  endedAt: openedAt + 6000,
  endedBy: 'link-down',
  severity: 'critical',
  rules: [{ rule: 'foreign-network', clause: 'law-31-1', severity: 'critical', count: 2 }],
  events: 4,
  violations: 2,
  receivedLate: true,
  unverified: false,
  network: {
    interface: { index: 7, name: 'enx00', mac: '52:54:00:12:34:56', type: 'ethernet', card: 'c'.repeat(32) },
    contacts: 2,
    newest: [
      { began: 'live', from: openedAt, to: openedAt + 1000, ended: 'gone' },
      { began: 'live', from: openedAt + 5000, to: openedAt + 6000, ended: 'link-down' },
    ],
    broke: [
      { what: 'address', text: '10.9.9.9/24', gone: true },
      { what: 'route', text: '0.0.0.0/0 via 10.9.9.1', gone: false },
    ],
    parts: 2,
  },
  ...over,
})

export const aboutOf = (incident: Incident, over: Partial<AboutIncident> = {}): AboutIncident => ({
  number: 123,
  id: '1a2b3c4d'.repeat(4),
  stage: 'open',
  incident,
  department: '财务科',
  level: 'secret',
  endpoint: { name: '财务-07', host: 'ws07', responsible: '张三', networkKind: 'intranet' },
  withdrawnInto: undefined,
  ...over,
})

export const letterOf = (
  incident: Incident,
  { reasons = ['opened'], ...over }: Partial<AboutIncident> & { reasons?: readonly string[] } = {},
): IncidentLetter => ({ about: 'incident', id: 'a'.repeat(32), subject: aboutOf(incident, over), reasons })

/** Tells of them as the commit would: as new ones, where nothing else is said. */
export const tellOf = (
  store: Store,
  numbers: readonly number[],
  { mailboxes, now, ...change }: { mailboxes: readonly string[]; now: number } & Partial<ChangedIncident>,
): Promise<number> =>
  store.write((tx) =>
    tell(
      tx,
      numbers.map((number) => ({ number, endpointId: 1, before: undefined, after: stayIncident(), ...change })),
      { mailboxes, now },
    ),
  )

const titles: Readonly<Record<string, { zh: string; en: string }>> = {
  'unregistered-medium-on-classified': {
    zh: '涉密计算机使用未登记的移动存储介质',
    en: 'Unregistered medium used in a classified computer',
  },
  'foreign-network': { zh: '涉密计算机违规外联', en: 'Classified computer joined to another network' },
}

export const texts: LetterTexts = {
  ruleTitle: (rule) => titles[rule],
  clause: (id) =>
    id === 'mb-4.2-5'
      ? {
          id,
          document: '行政办公室管理保密制度模版',
          article: '四.2(5)',
          text: '办公室内禁止私自使用移动存储设备,包括但不限于U盘、移动硬盘等',
          summary: {
            zh: '办公室内不得私自使用U盘等移动存储设备。',
            en: 'No private use of removable storage in the office.',
          },
        }
      : undefined,
  time: (wall) => rfc3339(wall, 480),
}
