/** `/alerts`: what waits in the outbox and why, what went out, and what a person does about it. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Access } from '#collector/access/acting.ts'
import { visibleTo } from '#collector/access/visible.ts'
import { dismiss, type AlertsDealtWith, sendAgain, type WhichAlerts } from '#collector/alerts/actions.ts'
import type { Delivery } from '#collector/alerts/channels/channel.ts'
import { seenAlerts, seenMailboxes, type ListedAlert } from '#collector/alerts/lists.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { readNumber } from './cursor.ts'
import { allow, callerOf } from './guard.ts'
import { Problem } from './problem.ts'
import { AlertId, AlertPage, AlertQuery, AlertsDone, MailboxRequest, TestDone } from './shapes/alert.ts'

export interface AlertParts {
  readonly access: Access
  readonly clock: Clock
  readonly outbox: {
    readonly wake: () => void
    /** Those that are configured. */
    readonly mailboxes: readonly string[]
    readonly test: (mailbox: string, by: string) => Promise<Delivery | 'unknown-mailbox' | 'busy'>
  }
}

export const alertRoutes =
  (parts: AlertParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { access } = parts
    app.get('/alerts', {
      schema: { querystring: AlertQuery, response: { 200: AlertPage } },
      config: allow('alerts.read'),
      handler: async (request) => {
        const { state, before, limit = 50 } = request.query
        const page = {
          ...(state !== undefined && { state }),
          ...(before !== undefined && { before: readNumber(before) }),
          limit: limit + 1, // one more says whether there is a next page
        }
        const actor = callerOf(request)
        const visible = visibleTo(actor)
        const { mailboxes, rows } = await access.ask(actor, async (tx) => ({
          mailboxes: await seenMailboxes(tx, visible),
          rows: await seenAlerts(tx, visible, page),
        }))
        const last = rows.length > limit ? rows[limit - 1] : undefined
        return {
          mailboxes,
          items: rows.slice(0, limit).map(alertView),
          ...(last !== undefined && { next: String(last.id) }),
        }
      },
    })

    app.post('/alerts/:id/send-again', {
      schema: { params: AlertId, response: { 200: AlertsDone } },
      config: allow('alerts.act'),
      handler: (request) => change(parts, request, 'send-again', { alert: Number(request.params.id) }),
    })
    app.post('/alerts/:id/dismiss', {
      schema: { params: AlertId, response: { 200: AlertsDone } },
      config: allow('alerts.act'),
      handler: (request) => change(parts, request, 'dismiss', { alert: Number(request.params.id) }),
    })
    app.post('/alerts/send-refused-again', {
      schema: { body: MailboxRequest, response: { 200: AlertsDone } },
      config: allow('alerts.act'),
      handler: (request) => change(parts, request, 'send-again', { refusedOf: request.body.mailbox }),
    })
    app.post('/alerts/dismiss-refused', {
      schema: { body: MailboxRequest, response: { 200: AlertsDone } },
      config: allow('alerts.act'),
      handler: (request) => change(parts, request, 'dismiss', { refusedOf: request.body.mailbox }),
    })

    app.post('/alerts/test', {
      schema: { body: MailboxRequest, response: { 200: TestDone } },
      config: allow('alerts.act'),
      handler: async (request) => {
        const { mailbox } = request.body
        const actor = callerOf(request)
        const about = { act: 'alert.test', subject: { kind: 'mailbox', id: mailbox } }
        await access.act(actor, about, async () => undefined)
        const done = await parts.outbox.test(mailbox, actor.name)
        if (done === 'unknown-mailbox') throw new Problem('not-found', `There is no mailbox ${mailbox}.`)
        if (done === 'busy') throw new Problem('unavailable', 'Another test is under way.', { retryAfterSeconds: 20 })
        return done
      },
    })
  }

async function change(
  { access, clock, outbox }: AlertParts,
  request: FastifyRequest,
  act: 'send-again' | 'dismiss',
  which: WhichAlerts,
): Promise<AlertsDealtWith> {
  const subject =
    'alert' in which ? { kind: 'alert', id: String(which.alert) } : { kind: 'mailbox', id: which.refusedOf }
  const done = await access.act(
    callerOf(request),
    ({ alerts }: AlertsDealtWith) => (alerts === 0 ? undefined : { act: `alert.${act}`, subject, count: alerts }),
    (tx) =>
      act === 'dismiss' ? dismiss(tx, which) : sendAgain(tx, which, { mailboxes: outbox.mailboxes, now: clock.wall() }),
  )
  if (done.alerts === 0) throw new Problem('not-found', 'There is no such alert that was refused or waits.')
  outbox.wake()
  return done
}

const alertView = ({ incident: number, incidentId: incident, reasons, ...alert }: ListedAlert) => ({
  ...alert,
  incident,
  number,
  reasons: [...reasons],
})
