/** What the filters leave, as a table for Excel. */
import { useMutation } from '@tanstack/react-query'
import { Button } from 'antd'
import { incidentNumber, levelWords, matterWords, severityWords, stageWords } from '#shared/vocabulary/labels.ts'
import { api, type Filters } from '../../api.ts'
import { saveCsv } from '../../parts/save-csv.ts'
import { Failure } from '../../parts/failure.tsx'
import { type Speech, useSpeech } from '../../parts/language.tsx'
import { day, moment } from '../../parts/moment.ts'
import { visible } from '../../parts/visible.ts'
import type { IncidentView } from '../../shapes.ts'

/** A file has so many rows at most, and says in its last one that there are more. */
const MAX_EXPORTED = 10_000
const PAGE = '200'

async function readAll(filters: Filters): Promise<{ items: IncidentView[]; total: number }> {
  const items: IncidentView[] = []
  const { signal } = new AbortController()
  let before: string | undefined
  let total = 0
  do {
    const page = await api.incidents(filters, before, signal, PAGE)
    items.push(...page.items)
    total = page.total
    before = page.next
  } while (before !== undefined && items.length < MAX_EXPORTED)
  return { items: items.slice(0, MAX_EXPORTED), total }
}

const titles = ({ t }: Speech): string[] => [
  t.csv.number,
  t.csv.happened,
  t.csv.arrived,
  t.feed.severity,
  t.feed.kind,
  t.feed.state,
  t.incident.machine,
  t.incident.department,
  t.incident.responsible,
  t.incident.level,
  t.feed.what,
  t.feed.serial,
  t.csv.copied,
  t.feed.clause,
]

function cells(incident: IncidentView, { say }: Speech): string[] {
  const { endpoint, medium, network, files, rules } = incident
  return [
    incidentNumber(incident.number),
    moment(incident.openedAt),
    moment(incident.arrivedAt),
    say(severityWords[incident.severity]),
    say(matterWords[incident.kind]),
    say(stageWords[incident.stage]),
    endpoint.name,
    endpoint.department,
    endpoint.responsible ?? '',
    say(levelWords[endpoint.level]),
    medium?.label ?? medium?.product ?? network?.interface.name ?? '',
    medium?.usbSerial ?? medium?.diskSerial ?? network?.interface.mac ?? '',
    files === undefined ? '' : String(files.copied),
    rules.map(({ title, rule }) => (title === undefined ? rule : say(title))).join('; '),
  ].map(visible)
}

export function ExportButton({ filters }: { filters: Filters }) {
  const speech = useSpeech()
  const { t } = speech
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => readAll(filters),
    onSuccess: ({ items, total }) => {
      const rest = total - items.length
      const last = rest > 0 ? [[t.csv.more(rest)]] : []
      saveCsv(`${t.csv.file}-${day(Date.now())}.csv`, [
        titles(speech),
        ...items.map((item) => cells(item, speech)),
        ...last,
      ])
    },
  })
  return (
    <>
      <Button size="small" onClick={() => mutate()} loading={isPending}>
        {t.csv.save}
      </Button>
      {error && <Failure error={error} />}
    </>
  )
}
