/** Small marks: severity, level, and other single words. A colour never says anything alone. */
import type { Level, Severity } from '#shared/vocabulary/levels.ts'
import { levelWords, severityWords, stageWords } from '#shared/vocabulary/labels.ts'
import type { StageName } from '../shapes.ts'
import { useSpeech } from './language.tsx'

export const severityOrder: readonly Severity[] = ['critical', 'high', 'moderate', 'low']

export function SeverityMark({ severity }: { severity: Severity }) {
  const { say } = useSpeech()
  return <span className={`mark cap severity-${severity}`}>{say(severityWords[severity])}</span>
}

export function LevelMark({ level }: { level: Level }) {
  const { say } = useSpeech()
  return <span className={`mark cap level-${level}`}>{say(levelWords[level])}</span>
}

const stageTones = {
  open: 'warn',
  acknowledged: 'warn',
  'false-alarm': 'quiet',
  closed: 'good',
  withdrawn: 'quiet',
} as const

export function StageMark({ stage }: { stage: StageName }) {
  const { say } = useSpeech()
  return <Mark tone={stageTones[stage]}>{say(stageWords[stage])}</Mark>
}

export function Mark({ tone, title, children }: { tone: 'warn' | 'quiet' | 'good'; title?: string; children: string }) {
  return (
    <span className={`mark cap tone-${tone}`} title={title}>
      {children}
    </span>
  )
}
