/** Sign-in, and the change of the password that follows a one-time one. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Form, Input } from 'antd'
import type { ReactNode } from 'react'
import type { SessionView } from '../shapes.ts'
import { api } from '../api.ts'
import { Emblem } from '../parts/emblem.tsx'
import { Failure } from '../parts/failure.tsx'
import { useSpeech } from '../parts/language.tsx'
import { LanguageSwitch } from '../parts/language-switch.tsx'
import { sessionQuery } from '../queries.ts'

/** As the collector has it (collector/access/password.ts). */
const MIN_CHARACTERS = 12

function Frame({ title, children }: { title: string; children: ReactNode }) {
  const { t } = useSpeech()
  return (
    <main className="alone">
      <div className="door">
        <header className="door-head">
          <Emblem />
          <div>
            <strong>{t.title}</strong>
            <span>{t.subtitle}</span>
          </div>
          <LanguageSwitch />
        </header>
        <div className="door-body">
          <h1>{title}</h1>
          {children}
        </div>
      </div>
      <p className="door-notice">{t.signIn.notice}</p>
      <p className="door-notice">{t.notCertified}</p>
    </main>
  )
}

interface Entered {
  account: string
  password: string
}
export function SignIn() {
  const { t } = useSpeech()
  const client = useQueryClient()
  const { mutate, error, isPending } = useMutation({
    mutationFn: ({ account, password }: Entered) => api.signIn(account, password),
    onSuccess: (session) => client.setQueryData(sessionQuery.queryKey, session),
  })
  const required = [{ required: true, message: t.signIn.empty }]
  return (
    <Frame title={t.signIn.title}>
      <Form<Entered>
        layout="vertical"
        requiredMark={false}
        onFinish={(entered) => mutate(entered)}
        disabled={isPending}
      >
        <Form.Item name="account" label={t.signIn.account} rules={required}>
          <Input autoComplete="username" size="large" />
        </Form.Item>
        <Form.Item name="password" label={t.signIn.password} rules={required}>
          <Input.Password autoComplete="current-password" size="large" />
        </Form.Item>
        {error && <Failure error={error} />}
        <Button type="primary" htmlType="submit" size="large" block loading={isPending}>
          {t.signIn.submit}
        </Button>
      </Form>
    </Frame>
  )
}

interface Passwords {
  current: string
  next: string
  again: string
}
export function PasswordForm({ session, done }: { session: SessionView; done?: () => void }) {
  const { t } = useSpeech()
  const client = useQueryClient()
  const { mutate, error, isPending } = useMutation({
    mutationFn: ({ current, next }: Passwords) => api.changePassword(session.csrf, current, next),
    onSuccess: (changed) => {
      client.setQueryData(sessionQuery.queryKey, changed)
      done?.()
    },
  })
  const required = { required: true, message: t.signIn.empty }
  const long = { min: MIN_CHARACTERS, message: t.password.rule(MIN_CHARACTERS) }
  return (
    <Form<Passwords>
      layout="vertical"
      requiredMark={false}
      onFinish={(passwords) => mutate(passwords)}
      disabled={isPending}
    >
      <input type="text" autoComplete="username" value={session.account} readOnly hidden />
      <Form.Item name="current" label={t.password.current} rules={[required]}>
        <Input.Password autoComplete="current-password" />
      </Form.Item>
      <Form.Item name="next" label={t.password.next} extra={t.password.rule(MIN_CHARACTERS)} rules={[required, long]}>
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      <Form.Item
        name="again"
        label={t.password.again}
        dependencies={['next']}
        rules={[
          required,
          ({ getFieldValue }) => ({
            validator: (_, value: unknown) =>
              value === getFieldValue('next') ? Promise.resolve() : Promise.reject(new Error(t.password.differ)),
          }),
        ]}
      >
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      {error && <Failure error={error} />}
      <Button type="primary" htmlType="submit" block loading={isPending}>
        {t.password.submit}
      </Button>
    </Form>
  )
}

export function ChangePassword({ session }: { session: SessionView }) {
  const { t } = useSpeech()
  return (
    <Frame title={t.password.title}>
      <Alert type="info" showIcon title={t.password.why} />
      <PasswordForm session={session} />
    </Frame>
  )
}
