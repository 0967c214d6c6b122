/** Rules that alert nobody on an endpoint until a date: who muted which, and ending one. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useMemo } from 'react'
import { Link } from 'wouter'
import { api } from '../api.ts'
import { Failure } from '../parts/failure.tsx'
import { type Speech, useSpeech } from '../parts/language.tsx'
import type { Column } from '../parts/list.tsx'
import { ListPage } from '../parts/list-page.tsx'
import { moment } from '../parts/moment.ts'
import { Name } from '../parts/name.tsx'
import { MUTES, mutesQuery } from '../queries.ts'
import type { MuteView, SessionView } from '../shapes.ts'
import { useUrlState } from '../url-state.ts'

/** As the collector lists them (collector/alerts/mutes.ts). */
const MUTES_LISTED = 500
const rowClass = (): string => ''

const ruleOf = ({ title, rule }: MuteView, { say }: Speech): string => (title === undefined ? rule : say(title))

const columnsIn = (speech: Speech, session: SessionView): readonly Column<MuteView>[] => {
  const { t } = speech
  return [
    { key: 'rule', title: t.mutes.rule, width: '22%', cell: (mute) => <Name value={ruleOf(mute, speech)} max={80} /> },
    {
      key: 'endpoint',
      title: t.mutes.endpoint,
      width: '18%',
      cell: ({ endpoint: { name, department } }) => (
        <>
          <div className="line">
            <Link href={`/endpoints?${new URLSearchParams({ q: name }).toString()}`}>
              <Name value={name} max={32} />
            </Link>
          </div>
          <div className="line quiet">
            <Name value={department} max={32} />
          </div>
        </>
      ),
    },
    {
      key: 'until',
      title: t.mutes.until,
      width: '160px',
      cell: ({ until }) => <span className="figures">{moment(until)}</span>,
    },
    { key: 'reason', title: t.mutes.reason, cell: ({ reason }) => <Name value={reason} max={200} /> },
    {
      key: 'by',
      title: t.mutes.by,
      width: '160px',
      cell: ({ by, madeAt }) => (
        <>
          <div className="line">
            <Name value={by} max={32} />
          </div>
          <div className="line quiet figures">{moment(madeAt)}</div>
        </>
      ),
    },
    { key: 'do', title: t.alerts.todo, width: '120px', cell: ({ id }) => <End id={id} session={session} /> },
  ]
}

function End({ id, session }: { id: number; session: SessionView }) {
  const { t } = useSpeech()
  const client = useQueryClient()
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.unmute(session.csrf, id),
    onSettled: () => client.invalidateQueries({ queryKey: [MUTES] }),
  })
  if (!session.rights.includes('mutes.act')) return null
  return (
    <div className="actions">
      <Button size="small" loading={isPending} onClick={() => mutate()}>
        {t.mutes.end}
      </Button>
      {error && <Failure error={error} />}
    </div>
  )
}

export function MutesPage({ session }: { session: SessionView }) {
  const speech = useSpeech()
  const { t } = speech
  const [asked, ask] = useUrlState(['q'])
  const { data, error, isPending, refetch } = useQuery(mutesQuery)
  const columns = useMemo(() => columnsIn(speech, session), [speech, session])
  const words = asked.q?.toLowerCase() ?? ''
  const found = data?.items.filter((mute) =>
    [ruleOf(mute, speech), mute.endpoint.name, mute.endpoint.department, mute.by].some((text) =>
      text.toLowerCase().includes(words),
    ),
  )
  const all = data?.items.length ?? 0
  return (
    <ListPage
      id="mutes"
      title={t.mutes.title}
      page={found && { items: found, total: found.length }}
      countText={(shown) => (all < MUTES_LISTED ? t.mutes.count(shown, all) : t.mutes.most(MUTES_LISTED))}
      error={error}
      retry={() => void refetch()}
      busy={isPending}
      asked={asked}
      ask={ask}
      search={t.mutes.search}
      columns={columns}
      rowClass={rowClass}
      empty={t.mutes.empty}
      above={<p className="quiet">{t.mutes.why}</p>}
    />
  )
}
