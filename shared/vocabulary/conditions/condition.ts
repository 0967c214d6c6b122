/** What a condition is: a named state of health, declared once with all that is ever said of it (docs/operations.md). */
import type { Words } from '../labels.ts'
import type { Severity } from '../levels.ts'

/** `Args` is what is known when it is raised. It stays with whoever raises it: only `text` and `todo` travel, in both
 *  languages. */
export interface ConditionKind<Args, Code extends PropertyKey = string> {
  readonly severity: Severity | ((args: Args) => Severity)
  /** What is not well, in words that hold whatever the arguments are. */
  readonly title: Words
  /** The same with its particulars. What a system or a peer said in English stands in the English text as it came, in the
   *  Chinese one by its kind. What is too long is cut by whoever raises it. */
  readonly text: (args: Args) => Words
  readonly todo: Words
  /** Explains this one: while that is raised and shown, this one is not. */
  readonly dependsOn?: Code
  /** Shown once it has lasted so long; at once where absent. */
  readonly visibleAfterMs?: number
}

/** By code; `ArgsByCode` says what each is raised with. */
export type ConditionKinds<ArgsByCode> = {
  readonly [Code in keyof ArgsByCode]: ConditionKind<ArgsByCode[Code], keyof ArgsByCode>
}

/** Of a condition that is always the same. */
export type NoArgs = Readonly<Record<string, never>>
