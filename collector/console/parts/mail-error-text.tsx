/** Why a mail did not go out. */
import { mailCause } from '#shared/vocabulary/conditions/causes.ts'
import { useSpeech } from './language.tsx'
import { Name } from './name.tsx'
import { visible } from './visible.ts'

/** What the server said is English as a rule: in Chinese its kind is told, and its own words are quoted in the title. */
export function MailErrorText({ text }: { text: string }) {
  const { t, language } = useSpeech()
  if (language === 'en') return <Name value={text} max={120} />
  return <span title={t.notices.serverSaid(visible(text))}>{mailCause(text).zh}</span>
}
