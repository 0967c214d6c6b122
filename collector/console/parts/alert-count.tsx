/** How many alerts of a mailbox wait or were refused: the number opens their list. */
import { Link } from 'wouter'
import { useSpeech } from './language.tsx'

interface AlertCountProps {
  readonly mailbox: string
  readonly state: 'waiting' | 'refused'
  readonly count: number
}

export function AlertCount({ mailbox, state, count }: AlertCountProps) {
  const { t } = useSpeech()
  return <Link href={`/alerts?${new URLSearchParams({ state, mailbox }).toString()}`}>{t.notices[state](count)}</Link>
}
