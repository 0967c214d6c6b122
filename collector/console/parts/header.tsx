/** The head of every page: whose it is, whether it is live, the language, the account. */
import { DownOutlined } from '@ant-design/icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Dropdown, Modal } from 'antd'
import { useState } from 'react'
import { levelWords } from '#shared/vocabulary/labels.ts'
import type { SessionView } from '../shapes.ts'
import { goToDoor, signOut } from '../door.ts'
import type { Feed } from '../feed.ts'
import { healthQuery } from '../queries.ts'
import { PasswordForm } from '../pages/sign-in.tsx'
import { Emblem } from './emblem.tsx'
import { useSpeech } from './language.tsx'
import { LanguageSwitch } from './language-switch.tsx'
import { moment } from './moment.ts'
import { Name } from './name.tsx'
import { shortened, visible } from './visible.ts'

/** Stays in sight while nothing new is heard: what stands below is of then, not of now. */
export function LostBar({ feed: { state, lostAt } }: { feed: Feed }) {
  const { t } = useSpeech()
  if (state === 'live' || lostAt === undefined) return null
  return (
    <p className="lost" role="alert">
      {t.live.lost(moment(lostAt))}
    </p>
  )
}

export function Header({ session, feed }: { session: SessionView; feed: Feed }) {
  const { t } = useSpeech()
  return (
    <header className="head">
      <Emblem />
      <h1>
        {t.title}
        <span>{t.subtitle}</span>
      </h1>
      <LevelHere />
      <output className={`live live-${feed.state}`} title={t.live.help}>
        {t.live[feed.state]}
      </output>
      <LanguageSwitch />
      <AccountMenu session={session} />
    </header>
  )
}

/** Of what the collector holds: the office handles the page by it. */
export function LevelHere() {
  const { t, say } = useSpeech()
  const { data } = useQuery(healthQuery)
  return (
    <span className="level-here">{t.level(data === undefined ? t.levelUnknown : say(levelWords[data.level]))}</span>
  )
}

function AccountMenu({ session }: { session: SessionView }) {
  const { t } = useSpeech()
  const client = useQueryClient()
  const [changing, setChanging] = useState(false)
  const leaving = useMutation({
    mutationFn: () => signOut(session.csrf),
    onSuccess: () => goToDoor(client),
  })
  const items = [
    { key: 'password', label: t.account.changePassword, onClick: () => setChanging(true) },
    { key: 'out', label: t.account.signOut, onClick: () => leaving.mutate() },
  ]
  return (
    <>
      <Dropdown menu={{ items }} trigger={['click']} placement="bottomRight">
        <Button
          type="text"
          size="small"
          className="account"
          aria-label={`${t.account.menu}${t.colon}${shortened(visible(session.account), 24)}`}
        >
          <Name value={session.account} max={24} />
          <DownOutlined aria-hidden />
        </Button>
      </Dropdown>
      <Modal
        open={leaving.isError}
        title={t.account.signOut}
        okText={t.retry}
        cancelText={t.actions.cancel}
        confirmLoading={leaving.isPending}
        onOk={() => leaving.mutate()}
        onCancel={() => leaving.reset()}
      >
        <Alert type="error" showIcon role="alert" title={t.account.stillIn} />
      </Modal>
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
