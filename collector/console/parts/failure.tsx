/** What went wrong, in the reader's language, and the way to try again. */
import { Alert, Button } from 'antd'
import { ApiError } from '../api.ts'
import { useSpeech, type Speech } from './language.tsx'

function problemText(error: unknown, { t }: Speech): string {
  if (!(error instanceof ApiError)) return t.problems.other
  const known = Object.entries(t.problems).find(([code]) => code === error.code)
  const text = known?.[1] ?? t.problems.other
  const wait = error.retryAfterSeconds
  return wait === undefined ? text : `${text}${wait < 60 ? t.seconds(wait) : t.minutes(Math.ceil(wait / 60))}`
}

export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const speech = useSpeech()
  const action = retry && (
    <Button size="small" onClick={retry}>
      {speech.t.retry}
    </Button>
  )
  return <Alert type="error" showIcon title={problemText(error, speech)} action={action} role="alert" />
}
