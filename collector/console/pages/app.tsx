/** Who is there decides what is shown: sign-in, the change of a one-time password, or the first page. */
import {
  CheckCircleFilled,
  CloseCircleFilled,
  DownOutlined,
  ExclamationCircleFilled,
  InfoCircleFilled,
} from '@ant-design/icons'
import { MutationCache, QueryCache, QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { ConfigProvider, Spin, type ThemeConfig } from 'antd'
import enGB from 'antd/locale/en_GB'
import zhCN from 'antd/locale/zh_CN'
import { lazy, Suspense, useState } from 'react'
import { ApiError } from '../api.ts'
import { goToDoor, isSignedOut } from '../door.ts'
import { Failure } from '../parts/failure.tsx'
import { LanguageProvider, useSpeech } from '../parts/language.tsx'
import { sessionQuery } from '../queries.ts'
import { tellOfDoor } from '../shared-feed.ts'
import { ChangePassword, SignIn } from './sign-in.tsx'

/** What nobody needs who is not signed in. */
const Shell = lazy(() => import('./shell.tsx').then((file) => ({ default: file.Shell })))

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
}

/** The names that the library gives its icons are English; the words beside them say what they mean. */
const alertIcons = {
  successIcon: <CheckCircleFilled aria-hidden />,
  infoIcon: <InfoCircleFilled aria-hidden />,
  warningIcon: <ExclamationCircleFilled aria-hidden />,
  errorIcon: <CloseCircleFilled aria-hidden />,
}

const retries = (count: number, error: unknown): boolean =>
  count < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500)

/** Whatever answers that nobody is signed in leads to the door. */
function newClient(): QueryClient {
  const onError = (error: unknown): void => {
    if (!isSignedOut(error)) return
    goToDoor(client)
    tellOfDoor()
  }
  const client = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: { queries: { retry: retries, staleTime: 5_000 } },
  })
  return client
}

export function App() {
  const [client] = useState(newClient)
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
    <ConfigProvider
      theme={theme}
      locale={language === 'zh' ? zhCN : enGB}
      button={{ autoInsertSpace: false }}
      select={{ suffixIcon: <DownOutlined aria-hidden /> }}
      alert={alertIcons}
    >
      <Gate />
    </ConfigProvider>
  )
}

function Gate() {
  const { t } = useSpeech()
  const { data: session, error, isPending, refetch } = useQuery(sessionQuery)
  const waiting = (
    <main className="alone" aria-busy="true">
      <Spin description={t.loading} />
    </main>
  )
  if (isPending) return waiting
  if (error && session === undefined)
    return (
      <main className="alone">
        <Failure error={error} retry={() => void refetch()} />
      </main>
    )
  if (session === null) return <SignIn />
  if (session.mustChangePassword) return <ChangePassword session={session} />
  return (
    <Suspense fallback={waiting}>
      <Shell session={session} />
    </Suspense>
  )
}
