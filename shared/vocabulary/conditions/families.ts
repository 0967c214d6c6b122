/** Conditions of an agent that differ only in what they are about. */
import { refusalWords, type Words } from '../labels.ts'
import type { ConditionKind, NoArgs } from './condition.ts'
import { coverageCodes, type CoverageCode } from './coverage.ts'

export interface Covered {
  readonly state: 'degraded' | 'unavailable'
  readonly code: CoverageCode
  readonly text: string
}
export interface Refused {
  readonly what: keyof typeof refusalWords
  readonly detail: string
}
export interface DocumentRefused {
  /** Of the list of media. */
  readonly part: number | undefined
  readonly reason: Words
}
export const coverage = (zh: string, en: string, todo: string): ConditionKind<Covered, never> => ({
  severity: ({ state }) => (state === 'unavailable' ? 'high' : 'moderate'),
  title: { zh: `${zh}探测受限`, en: `the ${en} sensor sees nothing (high), or not everything (moderate)` },
  text: ({ state, code, text }) => ({
    zh: `${zh}${state === 'unavailable' ? '无法探测' : '探测不完整'}：${coverageCodes[code].zh}`,
    en: `${code}: ${text}`,
  }),
  todo: { zh: todo, en: 'The text begins with a code of coverage: look it up, and remove the cause.' },
})

export const refused = (zh: string, en: string, todo: Words): ConditionKind<Refused, never> => ({
  severity: 'high',
  title: { zh, en },
  text: ({ what, detail }) => ({
    zh: `${zh}（${refusalWords[what].zh}）`,
    en: `The collector refused a message (${what})${detail === '' ? '' : `: ${detail}`}.`,
  }),
  todo,
})
export const ours = {
  zh: '这是本软件的缺陷：请保留日志并告知开发方；代理重新启动后此项消失',
  en: 'This is a fault of Shoumi: keep the journal, and tell its developers. It stays until the agent starts anew.',
}

export const documentRefused = (zh: string, en: string): ConditionKind<DocumentRefused, never> => ({
  severity: 'high',
  title: { zh: `下发的${zh}未被采用`, en: `a ${en} from the collector was not taken` },
  text: ({ part, reason }) => ({
    zh: `下发的${zh}${part === undefined ? '' : `（第 ${part} 部分）`}未被采用：${reason.zh}`,
    en: `A ${en}${part === undefined ? '' : ` (part ${part})`} from the collector was not taken: ${reason.en}.`,
  }),
  todo: {
    zh: '核对签发密钥后重新发布，或升级代理',
    en: 'See who signs documents at the collector; publish a newer one, or upgrade the agent.',
  },
})

/** Of which nothing more is known than that it is so. */
export const always = (title: Words): { readonly title: Words; readonly text: () => Words } => ({
  title,
  text: () => ({ zh: title.zh, en: `${title.en.charAt(0).toUpperCase()}${title.en.slice(1)}.` }),
})

export const expired = (zh: string, en: string): ConditionKind<NoArgs, never> => ({
  severity: 'moderate',
  ...always({ zh, en }),
  todo: {
    zh: '恢复与采集服务器的连接，并在那里重新发布',
    en: 'Let the agent reach its collector, and publish a newer one there.',
  },
})
