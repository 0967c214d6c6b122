/** What one should know before reading on: whose account this is, alerts that have not gone out, and what is not well with
 *  the collector itself. */
import { InfoCircleOutlined, MailOutlined, WarningOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { AlertPageView, HealthView, SessionView } from '../../shapes.ts'
import { useSpeech, type Speech } from '../../parts/language.tsx'
import { MailErrorText } from '../../parts/mail-error-text.tsx'
import { moment } from '../../parts/moment.ts'
import { Name } from '../../parts/name.tsx'
import { visible } from '../../parts/visible.ts'
import { alertsQuery, healthQuery } from '../../queries.ts'
import { conditionText } from '../../text/conditions.ts'

type MailboxState = AlertPageView['mailboxes'][number]

/** Mailboxes that hold something back; a server that is down holds up all of them for the same reason. */
const SHOWN = 3

const counted = ({ waiting, refused, oldestAt }: MailboxState, { t }: Speech): string =>
  [
    ...(waiting > 0 ? [t.notices.waiting(waiting)] : []),
    ...(refused > 0 ? [t.notices.refused(refused)] : []),
    ...(oldestAt === undefined ? [] : [t.notices.since(moment(oldestAt))]),
  ].join(t.comma)

export function Notices({ session }: { session: SessionView }) {
  const speech = useSpeech()
  const { t } = speech
  const { data } = useQuery(alertsQuery)
  const health = useQuery(healthQuery).data
  const mailboxes = (data?.mailboxes ?? []).filter(({ waiting, refused }) => waiting + refused > 0)
  return (
    <ul className="notices" aria-label={t.notices.label}>
      {session.bootstrap && (
        <li>
          <InfoCircleOutlined /> {t.notices.bootstrap}
        </li>
      )}
      {mailboxes.slice(0, SHOWN).map((state) => (
        <li key={state.mailbox} className="notice-warn">
          <MailOutlined /> <Link href="/alerts">{counted(state, speech)}</Link>
          {t.semicolon}
          <Reason state={state} />
        </li>
      ))}
      {health && <Unwell health={health} />}
    </ul>
  )
}

type CollectorCondition = HealthView['conditions'][number]

/** In Chinese what the code is known to mean; the collector's own words are English, and stand in the title. */
function ConditionWords({ condition: { code, text, todo } }: { condition: CollectorCondition }) {
  const { t, language } = useSpeech()
  if (language === 'en')
    return (
      <>
        <Name value={text} max={200} /> <Name value={todo} max={200} />
      </>
    )
  const words = conditionText(code, text)
  return (
    <span title={visible(text)}>
      {words === undefined ? t.notices.unnamed(code) : `${words.what}${t.semicolon}${words.todo}`}
    </span>
  )
}

const refusalText = (
  { code, detail, peer }: HealthView['refusals']['newest'][number],
  { t, language }: Speech,
): string =>
  language === 'en'
    ? `${code}: ${detail} (${peer})`
    : `${t.notices.refusalCodes[code] ?? t.notices.otherRefusal}（${peer}）`

function Unwell({ health: { conditions, quarantined, refusals, forks, successions } }: { health: HealthView }) {
  const speech = useSpeech()
  const { t } = speech
  const [newest] = refusals.newest
  return (
    <>
      {conditions.map((condition) => (
        <Warning key={condition.code}>
          {t.notices.collector}
          {t.colon}
          <ConditionWords condition={condition} />
        </Warning>
      ))}
      {forks.length > 0 && (
        <Warning>
          {t.notices.forked(forks.length)}
          {t.colon}
          <Name value={[...new Set(forks.map(({ agent }) => agent))].join(' ')} max={120} />
        </Warning>
      )}
      {successions.length > 0 && (
        <Warning>
          {t.notices.successions(successions.length)}
          {t.colon}
          <Name value={[...new Set(successions.map(({ agent }) => agent))].join(' ')} max={120} />
        </Warning>
      )}
      {quarantined > 0 && <Warning>{t.notices.quarantined(quarantined)}</Warning>}
      {refusals.lastDay > 0 && newest && (
        <Warning>
          {t.notices.refusals(refusals.lastDay)}
          {t.colon}
          <Name value={refusalText(newest, speech)} max={160} />
        </Warning>
      )}
    </>
  )
}

const Warning = ({ children }: { children: ReactNode }) => (
  <li className="notice-warn">
    <WarningOutlined /> {children}
  </li>
)

/** Where alerts wait while no mail server is configured (collector/alerts/routes.ts). */
const NO_MAIL = 'mail'

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
