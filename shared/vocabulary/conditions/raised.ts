/** Which conditions are raised, and which of them are shown. Both programs keep theirs by this. */
import { timeNow, type Clock } from '../clock.ts'
import { bySeverity, type Severity } from '../levels.ts'
import type { ConditionKinds } from './condition.ts'

/** As docs/protocol.md gives it: what is longer is cut. */
const MAX_TEXT = 1024

export interface Said<Code extends string> {
  readonly code: Code
  readonly severity: Severity
  readonly since: string
  /** English, as `todo`. */
  readonly text: string
  readonly todo: string
  readonly zh: { readonly text: string; readonly todo: string }
}

export interface Raised<ArgsByCode> {
  /** Names a state, or says it anew; `since` stays what it was. The second: whether its text is another one than before. */
  readonly raise: <Code extends keyof ArgsByCode & string>(
    code: Code,
    args: ArgsByCode[Code],
  ) => { condition: Said<Code>; isNew: boolean }
  /** Whether it was raised. */
  readonly clear: (code: keyof ArgsByCode & string) => boolean
  /** Worst first: not what another one that is raised explains, nor what has not lasted long enough. */
  readonly shown: () => Said<keyof ArgsByCode & string>[]
}

/** Holds at most as many as `kinds` has. */
export function openRaised<ArgsByCode>(kinds: ConditionKinds<ArgsByCode>, clock: Clock): Raised<ArgsByCode> {
  const held = new Map<keyof ArgsByCode, { said: Said<keyof ArgsByCode & string>; from: number }>()
  const lasted = (code: keyof ArgsByCode): boolean => {
    const one = held.get(code)
    return one !== undefined && clock.monotonic() - one.from >= (kinds[code].visibleAfterMs ?? 0)
  }
  const isShown = (code: keyof ArgsByCode): boolean => {
    const { dependsOn } = kinds[code]
    return lasted(code) && (dependsOn === undefined || !isShown(dependsOn))
  }
  return {
    raise(code, args) {
      const { severity, text, todo } = kinds[code]
      const before = held.get(code)
      const words = text(args)
      const said = {
        code,
        severity: typeof severity === 'function' ? severity(args) : severity,
        since: before?.said.since ?? timeNow(clock),
        text: words.en.slice(0, MAX_TEXT),
        todo: todo.en.slice(0, MAX_TEXT),
        zh: { text: words.zh.slice(0, MAX_TEXT), todo: todo.zh.slice(0, MAX_TEXT) },
      }
      held.set(code, { said, from: before?.from ?? clock.monotonic() })
      return { condition: said, isNew: before?.said.text !== said.text }
    },
    clear: (code) => held.delete(code),
    shown: () =>
      [...held]
        .filter(([code]) => isShown(code))
        .map(([, { said }]) => said)
        .toSorted((a, b) => bySeverity(a.severity, b.severity)),
  }
}
