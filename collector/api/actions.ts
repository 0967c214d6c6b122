/** `/incidents/:id/actions`: what was done to an incident, and doing something. Whoever acts names the version that they saw;
 *  of two at once the second is told what the first did. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { type Acted, actionsOf, actOn, type Wish } from '#collector/incidents/workflow/act.ts'
import type { Live } from '#collector/live.ts'
import { allow, callerOf } from './guard.ts'
import { actionView, incidentView, storedStage } from './incident-view.ts'
import { type IncidentParts, noIncident, viewOf } from './incidents.ts'
import { Problem } from './problem.ts'
import { ActionList, ActionRequest } from './shapes/action.ts'
import { DetailQuery, IncidentId, IncidentShape } from './shapes/incident.ts'

function problemOf(id: string, acted: Exclude<Acted, { ok: true }>): Problem {
  if (acted.why === 'unknown') return noIncident(id)
  const { incident } = acted
  const now = { stage: storedStage(incident), version: incident.version }
  if (acted.why === 'impossible')
    return new Problem('not-possible', `The incident is ${incident.stage} already.`, { more: now })
  const meanwhile = acted.meanwhile.map(actionView)
  const newest = meanwhile.at(-1)
  const said = newest === undefined ? 'Read it again.' : `${newest.by.name} was first (${newest.kind}); read it again.`
  return new Problem('changed', said, { more: { ...now, meanwhile } })
}

export interface ActionParts extends IncidentParts {
  readonly clock: Clock
  readonly live: Live
  /** Where alerts go, as the commit is told. */
  readonly mailboxes: readonly string[]
}

export const actionRoutes =
  ({ access, views, texts, clock, live, mailboxes }: ActionParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/incidents/:id/actions', {
      schema: { params: IncidentId, querystring: DetailQuery, response: { 200: ActionList } },
      config: allow('incidents.read'),
      handler: async (request) => {
        const { id } = request.params
        const actor = callerOf(request)
        return views.see(actor, viewOf(request), async (tx) => {
          const actions = await actionsOf(tx, actor, id)
          if (actions === undefined) throw noIncident(id)
          return { items: actions.map(actionView) }
        })
      },
    })

    app.post('/incidents/:id/actions', {
      schema: { params: IncidentId, body: ActionRequest, response: { 200: IncidentShape } },
      config: allow('incidents.act'),
      handler: async (request) => {
        const { id } = request.params
        const wish: Wish = request.body
        const acted = await access.act(
          callerOf(request),
          (done: Acted) => aboutOf(id, wish, done),
          (tx) => actOn(tx, callerOf(request), id, wish, { mailboxes, now: clock.wall() }),
        )
        if (!acted.ok) throw problemOf(id, acted)
        for (const changed of [id, ...acted.others]) live.changed({ type: 'incident', id: changed })
        return incidentView(acted.incident, texts)
      },
    })
  }

const aboutOf = (id: string, { kind, reason }: Wish, done: Acted) =>
  done.ok
    ? {
        act: `incident.${kind}`,
        subject: { kind: 'incident', id },
        after: { stage: done.incident.stage },
        ...(reason !== undefined && { reason }),
      }
    : undefined
