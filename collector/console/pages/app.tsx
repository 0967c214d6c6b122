/** Who is there decides what is shown: sign-in, the change of a one-time password, or the first page. */
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { ConfigProvider, Spin, type ThemeConfig } from 'antd'
import enGB from 'antd/locale/en_GB'
import zhCN from 'antd/locale/zh_CN'
import { useState } from 'react'
import { ApiError } from '../api.ts'
import { Failure } from '../parts/failure.tsx'
import { LanguageProvider, useSpeech } from '../parts/language.tsx'
import { sessionQuery } from '../queries.ts'
import { FirstPage } from './first-page.tsx'
import { ChangePassword, SignIn } from './sign-in.tsx'

const theme: ThemeConfig = {
  token: {
    colorPrimary: '#174a8b',
    colorInfo: '#174a8b',
    colorInfoBg: '#f3f7fc',
    colorInfoBorder: '#c5d5ea',
    colorText: '#1d2733',
    colorTextSecondary: '#566273',
    borderRadius: 3,
    fontSize: 13,
    fontFamily: 'var(--font)',
    motion: false,
  },
  components: { Table: { cellPaddingBlockSM: 7, cellPaddingInlineSM: 10, headerBg: '#eef2f7' } },
}

const retries = (count: number, error: unknown): boolean =>
  count < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500)

export function App() {
  const [client] = useState(
    () => new QueryClient({ defaultOptions: { queries: { retry: retries, staleTime: 5_000 } } }),
  )
  return (
    <LanguageProvider>
      <QueryClientProvider client={client}>
        <Themed />
      </QueryClientProvider>
    </LanguageProvider>
  )
}

function Themed() {
  const { language } = useSpeech()
  return (
    <ConfigProvider theme={theme} locale={language === 'zh' ? zhCN : enGB} button={{ autoInsertSpace: false }}>
      <Gate />
    </ConfigProvider>
  )
}

function Gate() {
  const { t } = useSpeech()
  const { data: session, error, isPending, refetch } = useQuery(sessionQuery)
  if (isPending)
    return (
      <main className="alone" aria-busy="true">
        <Spin description={t.loading} />
      </main>
    )
  if (error)
    return (
      <main className="alone">
        <Failure error={error} retry={() => void refetch()} />
      </main>
    )
  if (session === null) return <SignIn />
  return session.mustChangePassword ? <ChangePassword session={session} /> : <FirstPage session={session} />
}
