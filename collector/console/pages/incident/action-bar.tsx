/** What a person can do to an incident now, and what was done to it. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Input, Modal } from 'antd'
import { useState } from 'react'
import { actionWords } from '#shared/vocabulary/labels.ts'
import { type ActionKind, api, ApiError, type Opened } from '../../api.ts'
import { Failure } from '../../parts/failure.tsx'
import { useSpeech } from '../../parts/language.tsx'
import { moment } from '../../parts/moment.ts'
import { Name } from '../../parts/name.tsx'
import { actionsQuery, ofIncident } from '../../queries.ts'
import type { ActionView, IncidentView, SessionView, StageName } from '../../shapes.ts'

/** As the collector has it (collector/incidents/workflow/case.ts). */
const possible: Readonly<Record<StageName, readonly ActionKind[]>> = {
  open: ['acknowledge', 'false-alarm', 'close'],
  acknowledged: ['false-alarm', 'close'],
  'false-alarm': ['close'],
  closed: [],
  withdrawn: [],
}
const MAX_REASON_CHARACTERS = 2000

interface ActionBarProps {
  readonly incident: IncidentView
  readonly session: SessionView
}

export function ActionBar({ incident, session }: ActionBarProps) {
  const { t } = useSpeech()
  const client = useQueryClient()
  const [asked, ask] = useState<ActionKind>()
  const { mutate, error, isPending, reset } = useMutation({
    mutationFn: (act: { kind: ActionKind; reason?: string }) =>
      api.act(session.csrf, incident.id, { ...act, version: incident.version }),
    onSuccess: () => ask(undefined),
    onSettled: () => client.invalidateQueries({ queryKey: ofIncident(incident.id) }),
  })
  const kinds = session.rights.includes('incidents.act') ? possible[incident.stage] : []
  return (
    <div className="actions">
      {kinds.map((kind) => (
        <Button
          key={kind}
          type={kind === 'acknowledge' ? 'primary' : 'default'}
          loading={isPending && asked === undefined && kind === 'acknowledge'}
          onClick={() => {
            reset()
            if (kind === 'acknowledge') mutate({ kind })
            else ask(kind)
          }}
        >
          {t.actions[kind]}
        </Button>
      ))}
      {error && asked === undefined && <Refused error={error} />}
      {asked !== undefined && (
        <ReasonDialog
          kind={asked}
          isPending={isPending}
          error={error}
          cancel={() => ask(undefined)}
          act={(reason) => mutate({ kind: asked, reason })}
        />
      )}
    </div>
  )
}

interface ReasonDialogProps {
  readonly kind: ActionKind
  readonly isPending: boolean
  readonly error: unknown
  readonly cancel: () => void
  readonly act: (reason: string) => void
}

function ReasonDialog({ kind, isPending, error, cancel, act }: ReasonDialogProps) {
  const { t } = useSpeech()
  const [reason, setReason] = useState('')
  return (
    <Modal
      open
      title={t.actions[kind]}
      okText={t.actions[kind]}
      cancelText={t.actions.cancel}
      okButtonProps={{ disabled: reason.trim() === '', loading: isPending }}
      onOk={() => act(reason.trim())}
      onCancel={cancel}
    >
      <label htmlFor="reason">{t.actions.reason}</label>
      <Input.TextArea
        id="reason"
        rows={4}
        maxLength={MAX_REASON_CHARACTERS}
        value={reason}
        onChange={({ target }) => setReason(target.value)}
      />
      {error !== null && <Refused error={error} />}
    </Modal>
  )
}

/** Somebody else was first: what they did, and the page has it by now. */
function Refused({ error }: { error: unknown }) {
  const { t, say } = useSpeech()
  if (!(error instanceof ApiError) || error.code !== 'changed') return <Failure error={error} />
  return (
    <Alert
      type="warning"
      showIcon
      role="alert"
      title={t.problems.changed}
      description={
        <ul className="deeds">
          {error.meanwhile.map(({ kind, by, at }) => (
            <li key={`${at} ${kind}`}>
              {say(actionWords[kind])} <By by={by} /> <span className="figures">{moment(at)}</span>
            </li>
          ))}
        </ul>
      }
    />
  )
}

function By({ by: { kind, name } }: { by: ActionView['by'] }) {
  const { t } = useSpeech()
  return kind === 'collector' ? t.actions.collector : <Name value={name} max={32} />
}

export function Deeds({ opened }: { opened: Opened }) {
  const { t, say } = useSpeech()
  const { data, error, refetch } = useQuery(actionsQuery(opened))
  return (
    <section aria-labelledby="deeds">
      <h3 id="deeds">{t.actions.done}</h3>
      {error && <Failure error={error} retry={() => void refetch()} />}
      <ol className="deeds">
        {data?.items.map(({ kind, by, at, reason }, index) => (
          <li key={`${index} ${kind}`}>
            <span className="figures quiet">{moment(at)}</span> <strong>{say(actionWords[kind])}</strong> <By by={by} />
            {reason !== undefined && (
              <div>
                {t.actions.reason}
                {t.colon}
                <Name value={reason} max={MAX_REASON_CHARACTERS} />
              </div>
            )}
          </li>
        ))}
      </ol>
    </section>
  )
}
