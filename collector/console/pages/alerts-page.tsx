/** The outbox: which alerts wait or were refused, and what can be done about it. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Select } from 'antd'
import { useMemo } from 'react'
import { Link } from 'wouter'
import { incidentNumber } from '#shared/vocabulary/labels.ts'
import { api } from '../api.ts'
import { Failure } from '../parts/failure.tsx'
import { type Speech, useSpeech } from '../parts/language.tsx'
import { type Column, List } from '../parts/list.tsx'
import { MailErrorText } from '../parts/mail-error-text.tsx'
import { Mark, SeverityMark } from '../parts/marks.tsx'
import { moment } from '../parts/moment.ts'
import { Name } from '../parts/name.tsx'
import { ALERTS, alertListQuery } from '../queries.ts'
import type { AlertPageView, SessionView } from '../shapes.ts'
import { useUrlState } from '../url-state.ts'

type AlertLine = AlertPageView['items'][number]
type Mailbox = AlertPageView['mailboxes'][number]
const states = ['waiting', 'refused', 'delivered', 'dismissed'] as const
const tones = { waiting: 'warn', refused: 'warn', delivered: 'good', dismissed: 'quiet' } as const

const columnsIn = ({ t }: Speech, session: SessionView): readonly Column<AlertLine>[] => [
  { key: 'made', title: t.alerts.made, width: '160px', cell: ({ createdAt }) => moment(createdAt) },
  {
    key: 'severity',
    title: t.feed.severity,
    width: '100px',
    cell: ({ severity }) => <SeverityMark severity={severity} />,
  },
  {
    key: 'incident',
    title: t.incident.title,
    width: '12%',
    cell: ({ incident, number }) => <Link href={`/incidents/${incident}`}>{incidentNumber(number)}</Link>,
  },
  {
    key: 'department',
    title: t.endpoints.department,
    width: '14%',
    cell: ({ department }) => <Name value={department} />,
  },
  { key: 'mailbox', title: t.alerts.mailbox, cell: ({ mailbox }) => <Name value={mailbox} /> },
  {
    key: 'state',
    title: t.alerts.state,
    width: '22%',
    cell: ({ state, deliveredAt, lastError }) => (
      <>
        <Mark tone={tones[state]}>{t.alerts.states[state]}</Mark>
        {deliveredAt !== undefined && <div className="quiet figures">{moment(deliveredAt)}</div>}
        {state !== 'delivered' && lastError !== undefined && (
          <div className="quiet">
            <MailErrorText text={lastError} />
          </div>
        )}
      </>
    ),
  },
  {
    key: 'do',
    title: t.alerts.todo,
    width: '150px',
    cell: (line) => <LineActions line={line} session={session} />,
  },
]

function useAct<Done>(run: () => Promise<Done>) {
  const client = useQueryClient()
  return useMutation({ mutationFn: run, onSettled: () => client.invalidateQueries({ queryKey: [ALERTS] }) })
}

function LineActions({ line: { id, state }, session }: { line: AlertLine; session: SessionView }) {
  const { t } = useSpeech()
  const again = useAct(() => api.alertAct(session.csrf, `/alerts/${id}/send-again`))
  const dismiss = useAct(() => api.alertAct(session.csrf, `/alerts/${id}/dismiss`))
  if (!session.rights.includes('alerts.act') || state === 'delivered' || state === 'dismissed') return null
  const error = again.error ?? dismiss.error
  return (
    <div className="actions">
      {state === 'refused' && (
        <Button size="small" loading={again.isPending} onClick={() => again.mutate()}>
          {t.alerts.again}
        </Button>
      )}
      <Button size="small" loading={dismiss.isPending} onClick={() => dismiss.mutate()}>
        {t.alerts.dismiss}
      </Button>
      {error && <Failure error={error} />}
    </div>
  )
}

function MailboxLine({
  mailbox: { mailbox, waiting, refused, lastError },
  session,
}: {
  mailbox: Mailbox
  session: SessionView
}) {
  const { t } = useSpeech()
  const test = useAct(() => api.testMailbox(session.csrf, mailbox))
  return (
    <li className="line">
      <strong>
        <Name value={mailbox} />
      </strong>
      <span>{t.notices.waiting(waiting)}</span>
      <span>{t.notices.refused(refused)}</span>
      {lastError !== undefined && <MailErrorText text={lastError} />}
      {session.rights.includes('alerts.act') && (
        <Button size="small" loading={test.isPending} onClick={() => test.mutate()}>
          {t.alerts.test}
        </Button>
      )}
      {test.error && <Failure error={test.error} />}
      {test.data && (
        <Alert
          type={test.data.outcome === 'delivered' ? 'success' : 'warning'}
          role="alert"
          title={t.alerts.tested[test.data.outcome]}
        />
      )}
    </li>
  )
}

export function AlertsPage({ session }: { session: SessionView }) {
  const speech = useSpeech()
  const { t } = speech
  const [{ state, before }, setUrl] = useUrlState(['state', 'before'])
  const { data, error, isPending, refetch } = useQuery({
    ...alertListQuery(state, before),
    placeholderData: keepPreviousData,
  })
  const columns = useMemo(() => columnsIn(speech, session), [speech, session])
  const { items = [], mailboxes = [], next } = data ?? {}
  return (
    <section className="card" aria-labelledby="alerts">
      <h2 id="alerts">
        {t.alerts.title}
        <span className="filters">
          <Select
            size="small"
            aria-label={t.alerts.any}
            className="filter"
            popupMatchSelectWidth={false}
            value={state ?? ''}
            options={[
              { value: '', label: t.alerts.any },
              ...states.map((value) => ({ value, label: t.alerts.states[value] })),
            ]}
            onChange={(value) => setUrl({ state: value, before: undefined })}
          />
        </span>
      </h2>
      {error && <Failure error={error} retry={() => void refetch()} />}
      <ul className="mailboxes">
        {mailboxes.map((mailbox) => (
          <MailboxLine key={mailbox.mailbox} mailbox={mailbox} session={session} />
        ))}
      </ul>
      <List
        label={t.alerts.title}
        columns={columns}
        items={items}
        rowClass={({ severity }) => `row-${severity}`}
        empty={t.alerts.empty}
        busy={isPending}
      />
      <div className="turn">
        {before !== undefined && <Button onClick={() => setUrl({ before: undefined })}>{t.feed.newest}</Button>}
        {next !== undefined && <Button onClick={() => setUrl({ before: next })}>{t.alerts.older}</Button>}
      </div>
    </section>
  )
}
