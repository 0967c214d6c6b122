/** Where an alert goes, or that there is no such place. */
import { useSpeech } from './language.tsx'
import { Name } from './name.tsx'

/** Where alerts wait while no mail server is configured (collector/alerts/routes.ts). */
export const NO_MAIL = 'mail'

export function MailboxName({ mailbox }: { mailbox: string }) {
  const { t } = useSpeech()
  return mailbox === NO_MAIL ? <span className="quiet">{t.alerts.noMailbox}</span> : <Name value={mailbox} />
}
