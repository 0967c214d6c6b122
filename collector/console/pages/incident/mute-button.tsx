/** From an incident: a rule that it broke alerts nobody on its endpoint for a while. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Input, Modal, Select } from 'antd'
import { useState } from 'react'
import { Link } from 'wouter'
import { api, ApiError } from '../../api.ts'
import { Failure } from '../../parts/failure.tsx'
import { useSpeech } from '../../parts/language.tsx'
import { day } from '../../parts/moment.ts'
import { periodOf } from '../../period.ts'
import { MUTES } from '../../queries.ts'
import type { IncidentView, SessionView } from '../../shapes.ts'

const DAY_MS = 86_400_000
/** Proposed: long enough to mend what is wrong, short enough to be looked at again. */
const PROPOSED_DAYS = 7
const MAX_REASON_CHARACTERS = 2000

interface MuteButtonProps {
  readonly incident: IncidentView
  readonly session: SessionView
}

/** Those in force: of another no title is known, and it cannot be muted. */
const rulesInForce = ({ rules }: IncidentView) =>
  rules.flatMap(({ rule, title }) => (title === undefined ? [] : [{ rule, title }]))

export function MuteButton({ incident, session }: MuteButtonProps) {
  const { t } = useSpeech()
  const [isOpen, setOpen] = useState(false)
  const [isMade, setMade] = useState(false)
  if (!session.rights.includes('mutes.act') || rulesInForce(incident).length === 0) return null
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t.mutes.make}</Button>
      {isMade && (
        <output className="good">
          {t.mutes.made} <Link href="/mutes">{t.mutes.see}</Link>
        </output>
      )}
      {isOpen && (
        <MuteDialog
          incident={incident}
          session={session}
          close={(made) => {
            setOpen(false)
            setMade(made)
          }}
        />
      )}
    </>
  )
}

function MuteDialog({ incident, session, close }: MuteButtonProps & { close: (made: boolean) => void }) {
  const { t, say } = useSpeech()
  const client = useQueryClient()
  const [rule, setRule] = useState(rulesInForce(incident)[0]?.rule ?? '')
  const [until, setUntil] = useState(() => day(Date.now() + PROPOSED_DAYS * DAY_MS))
  const [reason, setReason] = useState('')
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      api.mute(session.csrf, incident.endpoint.id, {
        rule,
        until: Number(periodOf({ to: until }).to) - 1,
        reason: reason.trim(),
      }),
    onSuccess: () => close(true),
    onSettled: () => client.invalidateQueries({ queryKey: [MUTES] }),
  })
  const isRefused = error instanceof ApiError && error.code === 'bad-mute'
  return (
    <Modal
      open
      title={t.mutes.make}
      okText={t.mutes.make}
      cancelText={t.actions.cancel}
      okButtonProps={{ disabled: reason.trim() === '' || until === '', loading: isPending }}
      onOk={() => mutate()}
      onCancel={() => close(false)}
    >
      <div className="form">
        <p className="quiet">{t.mutes.why}</p>
        <label htmlFor="mute-rule">{t.mutes.rule}</label>
        <Select
          id="mute-rule"
          value={rule}
          options={rulesInForce(incident).map(({ rule: value, title }) => ({ value, label: say(title) }))}
          onChange={setRule}
        />
        <label htmlFor="mute-until">{t.mutes.untilDay}</label>
        <input
          id="mute-until"
          type="date"
          className="day"
          value={until}
          onChange={({ target }) => setUntil(target.value)}
        />
        <label htmlFor="mute-reason">{t.actions.reason}</label>
        <Input.TextArea
          id="mute-reason"
          rows={3}
          maxLength={MAX_REASON_CHARACTERS}
          value={reason}
          onChange={({ target }) => setReason(target.value)}
        />
        {isRefused && <Alert type="error" role="alert" title={t.mutes.refused} />}
        {error !== null && !isRefused && <Failure error={error} />}
      </div>
    </Modal>
  )
}
