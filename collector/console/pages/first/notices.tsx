/** What one should know before reading on: whose account this is, and alerts that have not gone out. */
import { InfoCircleOutlined, MailOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import type { AlertPageView, SessionView } from '../../shapes.ts'
import { useSpeech, type Speech } from '../../parts/language.tsx'
import { moment } from '../../parts/moment.ts'
import { Name } from '../../parts/name.tsx'
import { alertsQuery } from '../../queries.ts'

type ChannelState = AlertPageView['channels'][number]

/** Channels that hold something back; a server that is down holds up all of them for the same reason. */
const SHOWN = 3

const counted = ({ waiting, refused, oldestAt }: ChannelState, { t }: Speech): string =>
  [
    ...(waiting > 0 ? [t.notices.waiting(waiting)] : []),
    ...(refused > 0 ? [t.notices.refused(refused)] : []),
    ...(oldestAt === undefined ? [] : [t.notices.since(moment(oldestAt))]),
  ].join(t.comma)

export function Notices({ session }: { session: SessionView }) {
  const speech = useSpeech()
  const { t } = speech
  const { data } = useQuery(alertsQuery)
  const channels = (data?.channels ?? []).filter(({ waiting, refused }) => waiting + refused > 0)
  if (!session.bootstrap && channels.length === 0) return null
  return (
    <ul className="notices" aria-label={t.notices.label}>
      {session.bootstrap && (
        <li>
          <InfoCircleOutlined /> {t.notices.bootstrap}
        </li>
      )}
      {channels.slice(0, SHOWN).map((state) => (
        <li key={state.channel} className="notice-warn">
          <MailOutlined /> {counted(state, speech)}
          {t.semicolon}
          <Reason state={state} />
        </li>
      ))}
    </ul>
  )
}

/** Where alerts wait while no mail server is configured (collector/alerts/routes.ts). */
const NO_MAIL = 'mail'

function Reason({ state: { channel, lastError } }: { state: ChannelState }) {
  const { t } = useSpeech()
  if (channel === NO_MAIL) return t.notices.noMail
  return (
    <span>
      <Name value={channel} max={60} /> {t.notices.said}
      {t.colon}
      {lastError === undefined ? t.notices.notTried : <Name value={lastError} max={120} />}
    </span>
  )
}
