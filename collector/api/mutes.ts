/** `/mutes`, `/endpoints/:id/mutes` and `/mutes/:id`: rules that alert nobody on an endpoint until a date. What they see is noted and
 *  counted all the same. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Access } from '#collector/access/acting.ts'
import { visibleTo } from '#collector/access/visible.ts'
import { liftMute, type ListedMute, muteRule, type MuteRefused, seenMutes } from '#collector/alerts/mutes.ts'
import type { RuleTexts } from '#collector/policy/clauses.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { allow, callerOf } from './guard.ts'
import { Problem } from './problem.ts'
import { MuteList, MuteRequest, MuteShape } from './shapes/action.ts'
import { EndpointId } from './shapes/endpoint.ts'
import { Nothing } from './shapes/words.ts'

const refusals: Readonly<Record<MuteRefused, (asked: { readonly rule: string }) => Problem>> = {
  'no-rule': ({ rule }) =>
    new Problem('bad-mute', `No rule “${rule}” is in force; take the id of one.`, { reason: 'no-rule' }),
  'no-endpoint': () => new Problem('not-found', 'There is no such endpoint.'),
  past: () => new Problem('bad-mute', 'Take a date that lies ahead.', { reason: 'past' }),
  'too-far': () => new Problem('bad-mute', 'Take a date within the next 366 days.', { reason: 'too-far' }),
}

type Muted = { ok: true; mute: ListedMute | undefined } | { ok: false; why: MuteRefused }

export interface MuteParts {
  readonly access: Access
  readonly clock: Clock
  readonly texts: RuleTexts
}

function view({ endpointId, endpoint, department, ...mute }: ListedMute, texts: RuleTexts) {
  const title = texts.ruleTitle(mute.rule)
  return { ...mute, endpoint: { id: endpointId, name: endpoint, department }, ...(title && { title }) }
}

export const muteRoutes =
  ({ access, clock, texts }: MuteParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/mutes', {
      schema: { response: { 200: MuteList } },
      config: allow('endpoints.read'),
      handler: async (request) => {
        const actor = callerOf(request)
        const mutes = await access.ask(actor, (tx) => seenMutes(tx, visibleTo(actor), { now: clock.wall() }))
        return { items: mutes.map((mute) => view(mute, texts)) }
      },
    })

    app.get('/endpoints/:id/mutes', {
      schema: { params: EndpointId, response: { 200: MuteList } },
      config: allow('endpoints.read'),
      handler: async (request) => {
        const actor = callerOf(request)
        const asked = { endpointId: Number(request.params.id), now: clock.wall() }
        const mutes = await access.ask(actor, (tx) => seenMutes(tx, visibleTo(actor), asked))
        return { items: mutes.map((mute) => view(mute, texts)) }
      },
    })

    app.post('/endpoints/:id/mutes', {
      schema: { params: EndpointId, body: MuteRequest, response: { 201: MuteShape } },
      config: allow('mutes.act'),
      handler: async (request, reply) => {
        const actor = callerOf(request)
        const { rule, until, reason } = request.body
        const endpointId = Number(request.params.id)
        const now = clock.wall()
        const made = await access.act(
          actor,
          (done: Muted) =>
            done.ok
              ? { act: 'rule.mute', subject: { kind: 'rule', id: rule }, reason, after: { endpointId, until } }
              : undefined,
          async (tx): Promise<Muted> => {
            const mute = { rule, endpointId, until, reason, by: actor.name }
            const result = await muteRule(tx, mute, { now, isRule: (id) => texts.ruleTitle(id) !== undefined })
            if (!result.ok) return result
            const all = await seenMutes(tx, visibleTo(actor), { endpointId, now })
            return { ok: true, mute: all.find(({ id }) => id === result.id) }
          },
        )
        if (!made.ok) throw refusals[made.why]({ rule })
        if (made.mute === undefined) throw new Error(`The mute of ${rule} is not there.`)
        return reply.code(201).send(view(made.mute, texts))
      },
    })

    app.delete('/mutes/:id', {
      schema: { params: EndpointId, response: { 204: Nothing } },
      config: allow('mutes.act'),
      handler: async (request, reply) => {
        const { id } = request.params
        const lifted = await access.act(
          callerOf(request),
          (done) => (done ? { act: 'rule.unmute', subject: { kind: 'mute', id } } : undefined),
          (tx) => liftMute(tx, Number(id), clock.wall()),
        )
        if (!lifted) throw new Problem('not-found', 'There is no such mute in force.')
        return reply.code(204).send(null)
      },
    })
  }
