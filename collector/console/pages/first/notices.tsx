/** What one should know before reading on: whose account this is, alerts that have not gone out, and what is not well with
 *  the collector itself. */
import { InfoCircleOutlined, MailOutlined, WarningOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { AlertPageView, HealthView, SessionView } from '../../shapes.ts'
import { AlertCount } from '../../parts/alert-count.tsx'
import { ConditionWords } from '../../parts/condition-words.tsx'
import { Failure } from '../../parts/failure.tsx'
import { useSpeech } from '../../parts/language.tsx'
import { MailErrorText } from '../../parts/mail-error-text.tsx'
import { NO_MAIL } from '../../parts/mailbox-name.tsx'
import { moment } from '../../parts/moment.ts'
import { Name } from '../../parts/name.tsx'
import { alertsQuery, healthQuery } from '../../queries.ts'

type MailboxState = AlertPageView['mailboxes'][number]

/** Mailboxes that hold something back; a server that is down holds up all of them for the same reason. */
const SHOWN = 3

export function Notices({ session }: { session: SessionView }) {
  const { t } = useSpeech()
  const alerts = useQuery(alertsQuery)
  const health = useQuery(healthQuery)
  const mailboxes = (alerts.data?.mailboxes ?? []).filter(({ waiting, refused }) => waiting + refused > 0)
  const failed = [alerts, health].find(({ error }) => error !== null)
  return (
    <ul className="notices" aria-label={t.notices.label}>
      {session.bootstrap && (
        <li>
          <InfoCircleOutlined aria-hidden /> {t.notices.bootstrap}
        </li>
      )}
      {/* Nothing heard is not “nothing amiss”. */}
      {failed && (
        <Warning>
          {t.notices.unread} <Failure error={failed.error} retry={() => void failed.refetch()} />
        </Warning>
      )}
      {mailboxes.slice(0, SHOWN).map((state) => (
        <li key={state.mailbox} className="notice-warn">
          <MailOutlined aria-hidden /> <Counted state={state} />
          {t.semicolon}
          <Reason state={state} />
        </li>
      ))}
      {mailboxes.length > SHOWN && (
        <Warning>
          <Link href="/alerts">{t.notices.moreMailboxes(mailboxes.length - SHOWN)}</Link>
        </Warning>
      )}
      {health.data && <Unwell health={health.data} />}
    </ul>
  )
}

function Counted({ state: { mailbox, waiting, refused, oldestAt } }: { state: MailboxState }) {
  const { t } = useSpeech()
  return (
    <>
      {waiting > 0 && <AlertCount mailbox={mailbox} state="waiting" count={waiting} />}
      {waiting > 0 && refused > 0 && t.comma}
      {refused > 0 && <AlertCount mailbox={mailbox} state="refused" count={refused} />}
      {oldestAt !== undefined && `${t.comma}${t.notices.since(moment(oldestAt))}`}
    </>
  )
}

function Unwell({ health: { conditions, faults } }: { health: HealthView }) {
  const { t } = useSpeech()
  const { quarantined, refused, forked, broken } = faults
  return (
    <>
      {conditions.map((condition) => (
        <Warning key={condition.code}>
          {t.notices.collector}
          {t.colon}
          <ConditionWords condition={condition} />
        </Warning>
      ))}
      {forked > 0 && <FaultCount of="forked">{t.notices.forked(forked)}</FaultCount>}
      {broken > 0 && <FaultCount of="broken">{t.notices.successions(broken)}</FaultCount>}
      {quarantined > 0 && <FaultCount of="quarantined">{t.notices.quarantined(quarantined)}</FaultCount>}
      {refused.count > 0 && (
        <FaultCount of={`refused&since=${refused.since}`}>{t.notices.refusals(refused.count)}</FaultCount>
      )}
    </>
  )
}

/** `of`: the list that the number counts. */
const FaultCount = ({ of, children }: { of: string; children: string }) => (
  <Warning>
    <Link href={`/faults?of=${of}`}>{children}</Link>
  </Warning>
)

const Warning = ({ children }: { children: ReactNode }) => (
  <li className="notice-warn">
    <WarningOutlined aria-hidden /> {children}
  </li>
)

function Reason({ state: { mailbox, lastError } }: { state: MailboxState }) {
  const { t } = useSpeech()
  if (mailbox === NO_MAIL) return t.notices.noMail
  return (
    <span>
      <Name value={mailbox} max={60} /> {t.notices.said}
      {t.colon}
      {lastError === undefined ? t.notices.notTried : <MailErrorText text={lastError} />}
    </span>
  )
}
