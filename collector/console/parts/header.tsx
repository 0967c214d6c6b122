/** The head of every page: whose it is, whether it is live, the language, the account. */
import { DownOutlined } from '@ant-design/icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Dropdown, Modal } from 'antd'
import { useState } from 'react'
import type { SessionView } from '../shapes.ts'
import { api } from '../api.ts'
import type { FeedState } from '../feed.ts'
import { PasswordForm } from '../pages/sign-in.tsx'
import { sessionQuery } from '../queries.ts'
import { Emblem } from './emblem.tsx'
import { useSpeech } from './language.tsx'
import { LanguageSwitch } from './language-switch.tsx'
import { Name } from './name.tsx'

export function Header({ session, feed }: { session: SessionView; feed: FeedState }) {
  const { t } = useSpeech()
  return (
    <header className="head">
      <Emblem />
      <h1>
        {t.title}
        <span>{t.subtitle}</span>
      </h1>
      <output className={`live live-${feed}`} title={t.live.help}>
        {t.live[feed]}
      </output>
      <LanguageSwitch />
      <AccountMenu session={session} />
    </header>
  )
}

function AccountMenu({ session }: { session: SessionView }) {
  const { t } = useSpeech()
  const client = useQueryClient()
  const [changing, setChanging] = useState(false)
  const signOut = useMutation({
    mutationFn: () => api.signOut(session.csrf),
    onSettled: () => {
      client.clear()
      void client.invalidateQueries({ queryKey: sessionQuery.queryKey })
      window.location.assign('/')
    },
  })
  const items = [
    { key: 'password', label: t.account.changePassword, onClick: () => setChanging(true) },
    { key: 'out', label: t.account.signOut, onClick: () => signOut.mutate() },
  ]
  return (
    <>
      <Dropdown menu={{ items }} trigger={['click']} placement="bottomRight">
        <Button type="text" size="small" className="account" aria-label={t.account.menu}>
          <Name value={session.account} max={24} />
          <DownOutlined />
        </Button>
      </Dropdown>
      <Modal
        open={changing}
        title={t.password.change}
        footer={null}
        onCancel={() => setChanging(false)}
        destroyOnHidden
      >
        <PasswordForm session={session} done={() => setChanging(false)} />
      </Modal>
    </>
  )
}
