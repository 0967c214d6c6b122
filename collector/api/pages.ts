/** The console's pages: static files, and the one page for every path that is neither file nor API. The headers of all
 *  answers are set here too: nothing from another host, no script in a page, no frame around it. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import helmet from '@fastify/helmet'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { allow } from './guard.ts'
import { answer, Problem } from './problem.ts'

/** Stands in the built page where a nonce goes (vite.config.ts). Styles need one: antd writes its own as they are used. */
const NONCE = /shoumi-nonce/g
/** Files under `assets/` have a hash in their names. */
const FOREVER = { immutable: true, maxAge: 365 * 86_400_000 }

const self = ["'self'"]
const none = ["'none'"]
const headers = {
  enableCSPNonces: true,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: none,
      scriptSrc: self,
      styleSrc: self,
      imgSrc: [...self, 'data:'],
      fontSrc: self,
      connectSrc: self,
      formAction: self,
      baseUri: none,
      frameAncestors: none,
    },
  },
  // A browser that remembers it lets nobody past a certificate that it does not know yet, and there is no plain HTTP here.
  strictTransportSecurity: false,
  referrerPolicy: { policy: 'no-referrer' },
} as const

export async function addPages(app: FastifyInstance, dir: string): Promise<void> {
  await app.register(helmet, headers)
  await app.register(fastifyStatic, { root: dir, serve: false, preCompressed: true })

  async function page(reply: FastifyReply): Promise<FastifyReply> {
    const html = await readFile(join(dir, 'index.html'), 'utf8').catch(() => undefined)
    if (html === undefined)
      return answer(reply, new Problem('unavailable', 'The console is not built: run `npm run set-up -- --console`.'))
    return reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(html.replace(NONCE, reply.cspNonce.style))
  }

  app.withTypeProvider<TypeBoxTypeProvider>().get('/assets/:file', {
    schema: { hide: true, params: Type.Object({ file: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' }) }) },
    config: allow('anyone'),
    handler: (request, reply) => reply.sendFile(request.params.file, join(dir, 'assets'), FOREVER),
  })
  app.setNotFoundHandler((request, reply) => {
    const isPage = request.method === 'GET' && !/^\/(api|assets)\/|\.\w+$/.test(request.url.split('?')[0] ?? '')
    return isPage ? page(reply) : answer(reply, new Problem('not-found', `There is nothing at this path.`))
  })
}
