/** The office on a bad day: incidents in thirty departments, endpoints and a collector that are not well, refused messages
 *  and a crowd of copied files. What the console's room is tried on. */
import { saveHeartbeats, setConnected } from '#collector/store/agents.ts'
import { insertRefusal } from '#collector/store/refusals.ts'
import type { Event } from '#shared/event/event.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { agentConditions } from '#shared/vocabulary/conditions/agent.ts'
import { collectorConditions } from '#shared/vocabulary/conditions/collector.ts'
import { openRaised } from '#shared/vocabulary/conditions/raised.ts'
import { levels } from '#shared/vocabulary/levels.ts'
import type { TestApi } from './api.ts'
import { addEndpoint, batchOf } from './collector-store.ts'
import { verdict } from './events.ts'
import { episodeOf, openOffice, stayOf } from './office.ts'

const MINUTE = 60_000
const DEPARTMENTS = 25
const severities = ['critical', 'high', 'moderate', 'low'] as const
const uuid = (n: number, kind: number): string => `${String(n).padStart(8, '0')}-${kind}111-4111-8111-111111111111`

/** Files of the one stay that is a crowd. */
export const CROWD_FILES = 40

export async function openBusyOffice(tested: TestApi): Promise<void> {
  await openOffice(tested)
  tellConditions(tested)
  for (let n = 1; n <= DEPARTMENTS; n++) await addDepartment(tested, n)
  const files = Array.from(
    { length: CROWD_FILES },
    (_, i) => [`卷宗/第${i + 1}号-关于印发实施方案的通知.docx`, i] as const,
  )
  const crowd = { plug: 900, agoMs: 90 * MINUTE, medium: { label: '备份盘' }, verdicts: [verdict()], files }
  const archive = { name: '档案-09', department: '档案室', level: 'secret', responsible: '司马光' }
  await commit(tested, 99, archive, stayOf(crowd))
  const refusal = { agent: uuid(1, 1), peer: '10.20.30.40', code: 'signature', detail: 'not signed by the agent' }
  await tested.store.write((tx) =>
    insertRefusal(tx, { ...refusal, at: Date.now(), epoch: null, from_idx: null, message: null }),
  )
}

function tellConditions({ conditions }: TestApi): void {
  const raised = openRaised(collectorConditions, systemClock)
  const mailboxes = { names: ['baomi@example.gov.cn'], more: 2 }
  raised.raise('alerts.not-sent', { mailboxes, error: 'connect ECONNREFUSED 10.0.0.1:25' })
  raised.raise('documents.not-read', { reason: 'register.yaml:12 /endpoints/3/level is not valid' })
  conditions.push(...raised.shown())
}

async function commit(
  { store, commit: take }: TestApi,
  n: number,
  about: Record<string, string>,
  events: Event[],
): Promise<number> {
  const agent = uuid(n, 1)
  const id = await addEndpoint(store, n, { agent, ...about })
  await take(batchOf({ id, agent }, events, { epoch: uuid(n, 2) }))
  return id
}

async function addDepartment(tested: TestApi, n: number): Promise<void> {
  const department = `综合业务管理与公共服务第${n}科`
  const machine = { department, level: levels[n % levels.length] ?? 'public', responsible: '欧阳若兰' }
  const agoMs = (n + 20) * MINUTE
  const medium = { vendor: 'Kingston', product: 'DataTraveler 3.0', usbSerial: `60A44C3FAC22B1${n}` }
  const verdicts = [verdict({ severity: severities[n % 4] ?? 'low' })]
  const stay = { plug: 100 + n, agoMs, medium, verdicts, files: [[`报告-${n}.docx`, 20_000]] as const }
  const id = await commit(tested, 100 + n, machine, n % 3 === 0 ? episodeOf(agoMs, n % 2 === 0) : stayOf(stay))
  if (n % 6 === 0) return
  const greeting = { version: '0.1.0', policy_version: 3, register_version: 12, media_versions: '[]' }
  await tested.store.write((tx) => setConnected(tx, id, Date.now() - MINUTE, greeting))
  if (n % 7 === 0)
    await tested.store.write((tx) => saveHeartbeats(tx, [{ agentId: id, at: Date.now(), health: unwell() }]))
}

function unwell(): string {
  const raised = openRaised(agentConditions, systemClock)
  raised.raise('journal.full', { reason: 'database or disk is full' })
  raised.raise('coverage.media', { state: 'degraded', code: 'usb.no-bus', text: 'This machine has no USB bus.' })
  return JSON.stringify({ conditions: raised.shown(), journal: { bytes: 1, limitBytes: 2, unreceipted: 1234 } })
}
