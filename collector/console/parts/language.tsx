/** Which language the page speaks: remembered by the browser, Chinese first. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import type { Language, Words } from '#shared/vocabulary/labels.ts'
import { en } from '../text/en.ts'
import { type Text, zh } from '../text/zh.ts'

const STORED = 'shoumi.language'
const texts: Readonly<Record<Language, Text>> = { zh, en }
const locales: Readonly<Record<Language, string>> = { zh: 'zh-CN', en: 'en-GB' }

export interface Speech {
  readonly language: Language
  readonly t: Text
  readonly say: (words: Words) => string
  readonly speak: (language: Language) => void
}
const Speaking = createContext<Speech | undefined>(undefined)

export function useSpeech(): Speech {
  const speech = useContext(Speaking)
  if (speech === undefined) throw new Error('Put the page inside LanguageProvider.')
  return speech
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(() => (localStorage.getItem(STORED) === 'en' ? 'en' : 'zh'))
  useEffect(() => {
    localStorage.setItem(STORED, language)
    document.documentElement.lang = locales[language]
    document.title = `${texts[language].title} · ${texts[language].subtitle}`
  }, [language])
  const speech = useMemo<Speech>(
    () => ({ language, t: texts[language], say: (words) => words[language], speak: setLanguage }),
    [language],
  )
  return <Speaking value={speech}>{children}</Speaking>
}
