/** The console's words in English, the second language, by page: each part has what the Chinese has. */
import { doorEn } from './en/door.ts'
import { firstEn } from './en/first.ts'
import { incidentEn } from './en/incident.ts'
import { listsEn } from './en/lists.ts'
import { pagesEn } from './en/pages.ts'
import type { Text } from './zh.ts'

export const en: Text = {
  ...doorEn,
  ...firstEn,
  ...incidentEn,
  ...listsEn,
  ...pagesEn,
  language: 'English',
  title: 'Shoumi',
  subtitle: 'Secrecy self-monitoring',
  loading: 'Loading…',
  retry: 'Try again',
  none: '—',
  comma: ', ',
  semicolon: '; ',
  colon: ': ',
  skip: 'Skip to content',
  search: 'Search',
  clear: 'Clear',
  notCertified:
    'This product has not been certified by the national secrecy testing centre and must not be used as a certified security product of a classified system.',
  level: (level) => `Level: ${level}`,
  levelUnknown: 'unknown',
  nav: {
    label: 'Pages',
    incidents: 'Incidents',
    endpoints: 'Endpoints',
    alerts: 'Alerts',
    mutes: 'Muted',
    faults: 'Faults',
  },
}
