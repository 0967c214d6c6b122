/** What is not well, and what to do about it, in the reader's language. */
import type { HealthView } from '../shapes.ts'
import { useSpeech } from './language.tsx'
import { Name } from './name.tsx'

type Condition = HealthView['conditions'][number]

export function ConditionWords({ condition }: { condition: Condition }) {
  const { t, language } = useSpeech()
  const { text, todo } = language === 'zh' ? condition.zh : condition
  const plain = todo.replaceAll('`', '') // what marks a program's own words in docs
  return (
    <>
      <Name value={text} max={300} />
      {plain !== '' && (
        <div className="quiet">
          {t.endpoints.todo}
          {t.colon}
          <Name value={plain} max={300} />
        </div>
      )}
    </>
  )
}
