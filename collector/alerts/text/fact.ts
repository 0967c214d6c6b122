/** The form of what a mail says: parts of labelled lines. */
import type { Language } from '#shared/vocabulary/labels.ts'
import type { Severity } from '#shared/vocabulary/levels.ts'
import type { RuleTexts } from '#collector/policy/clauses.ts'
import { shortened } from './render.ts'

/** What may be asked for the words of a mail. */
export interface LetterTexts extends RuleTexts {
  /** A moment (ms since 1970) in the collector's local time, with its offset. */
  readonly time: (wall: number) => string
}

/** A mail before it is written out for a sink: a subject, and what it says in each language. */
export interface LetterPage {
  readonly subject: string
  /** Gives the colour. */
  readonly severity: Severity
  readonly parts: readonly { readonly heading: string; readonly facts: readonly LetterFact[]; readonly more: string }[]
}

export interface LetterFact {
  readonly label: string
  readonly lines: readonly string[]
}

export const fact = (label: string, ...lines: string[]): LetterFact => ({ label, lines })

/** 20 files × 600 characters × 8 (each escaped) × 2 languages × (text + HTML) = 384 KB, the most a mail can come to. */
const MAX_NAME = 600
export const name = (text: string): string => shortened(text, MAX_NAME)

export function moreThan(shown: number, all: number, language: Language): string[] {
  if (all <= shown) return []
  return [language === 'zh' ? `另有 ${all - shown} 项，见控制台` : `and ${all - shown} more, see the console`]
}
