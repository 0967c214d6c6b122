/** The outbox: which alerts wait or were refused, and what can be done about it. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button } from 'antd'
import { useMemo } from 'react'
import { Link } from 'wouter'
import { alertStateWords, incidentNumber } from '#shared/vocabulary/labels.ts'
import { api } from '../api.ts'
import { Failure } from '../parts/failure.tsx'
import { type Speech, useSpeech } from '../parts/language.tsx'
import { AlertCount } from '../parts/alert-count.tsx'
import type { Column } from '../parts/list.tsx'
import { ListPage } from '../parts/list-page.tsx'
import { MailErrorText } from '../parts/mail-error-text.tsx'
import { MailboxName, NO_MAIL } from '../parts/mailbox-name.tsx'
import { Mark, SeverityMark } from '../parts/marks.tsx'
import { moment } from '../parts/moment.ts'
import { Name } from '../parts/name.tsx'
import { shortened, visible } from '../parts/visible.ts'
import { periodOf } from '../period.ts'
import { ALERTS, alertListQuery } from '../queries.ts'
import type { AlertPageView, AlertView, SessionView } from '../shapes.ts'
import { useUrlState } from '../url-state.ts'

type Mailbox = AlertPageView['mailboxes'][number]
const tones = { waiting: 'warn', refused: 'warn', delivered: 'good', dismissed: 'quiet' } as const

const columnsIn = ({ t, say }: Speech, session: SessionView): readonly Column<AlertView>[] => [
  {
    key: 'made',
    title: t.alerts.made,
    width: '160px',
    cell: ({ createdAt }) => moment(createdAt),
    sorts: [
      { by: undefined, direction: 'descending' },
      { by: 'oldest', direction: 'ascending' },
    ],
  },
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
  { key: 'mailbox', title: t.alerts.mailbox, cell: ({ mailbox }) => <MailboxName mailbox={mailbox} /> },
  {
    key: 'state',
    title: t.alerts.state,
    width: '22%',
    cell: ({ state, deliveredAt, lastError }) => (
      <>
        <Mark tone={tones[state]}>{say(alertStateWords[state])}</Mark>
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

function LineActions({ line: { id, state }, session }: { line: AlertView; session: SessionView }) {
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
        <MailboxName mailbox={mailbox} />
      </strong>
      <AlertCount mailbox={mailbox} state="waiting" count={waiting} />
      <AlertCount mailbox={mailbox} state="refused" count={refused} />
      {lastError !== undefined && <MailErrorText text={lastError} />}
      {session.rights.includes('alerts.act') && mailbox !== NO_MAIL && (
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

const NAMES = ['state', 'mailbox', 'q', 'from', 'to', 'sort', 'before'] as const

const rowClass = ({ severity }: AlertView): string => `row-${severity}`

export function AlertsPage({ session }: { session: SessionView }) {
  const speech = useSpeech()
  const { t, say } = speech
  const [{ before, ...asked }, ask] = useUrlState(NAMES)
  const query = { ...asked, ...periodOf(asked) }
  const { data, error, isPending, refetch } = useQuery({
    ...alertListQuery({ ...query, before }),
    placeholderData: keepPreviousData,
  })
  const columns = useMemo(() => columnsIn(speech, session), [speech, session])
  const mailboxes = data?.mailboxes ?? []
  const names = [...new Set([...mailboxes.map(({ mailbox }) => mailbox), ...(asked.mailbox ? [asked.mailbox] : [])])]
  return (
    <ListPage
      id="alerts"
      title={t.alerts.title}
      page={data}
      error={error}
      retry={() => void refetch()}
      busy={isPending}
      before={before}
      asked={asked}
      ask={ask}
      search={t.alerts.search}
      hasPeriod
      choices={[
        {
          name: 'state',
          every: t.alerts.any,
          options: Object.entries(alertStateWords).map(([value, words]) => ({ value, label: say(words) })),
        },
        {
          name: 'mailbox',
          every: t.alerts.anyMailbox,
          options: names.map((value) => ({ value, label: shortened(visible(value), 40) })),
        },
      ]}
      exported={{ path: 'alerts', query }}
      columns={columns}
      rowClass={rowClass}
      empty={t.alerts.empty}
      above={
        <ul className="mailboxes">
          {mailboxes.map((mailbox) => (
            <MailboxLine key={mailbox.mailbox} mailbox={mailbox} session={session} />
          ))}
        </ul>
      }
    />
  )
}
