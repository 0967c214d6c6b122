/** Reads `/api/v1/feed` as a browser's EventSource does. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { Client } from './api.ts'

export interface FeedMessage {
  readonly event: string
  readonly id?: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Opens the feed and hands over what comes, until disposed; `next` waits for the first message that fits. */
export async function openFeed(client: Client, url: string, query = '', headers: Record<string, string> = {}) {
  const messages: FeedMessage[] = []
  let changed = Promise.withResolvers<void>()
  const sent = request(new URL(`/api/v1/feed${query}`, url), {
    headers: { cookie: client.cookie(), ...headers },
    rejectUnauthorized: false,
    agent: false,
  })
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  let rest = ''
  response.setEncoding('utf8')
  response.on('data', (text: string) => {
    const blocks = `${rest}${text}`.split('\n\n')
    rest = blocks.pop() ?? ''
    messages.push(...blocks.flatMap(readBlock))
    changed.resolve()
    changed = Promise.withResolvers()
  })
  response.on('error', () => changed.resolve()) // we cut it ourselves
  return {
    status: response.statusCode,
    headers: response.headers,
    messages,
    async next(fits: (message: FeedMessage) => boolean, limitMs = 5_000): Promise<FeedMessage> {
      const limit = setTimeout(() => changed.reject(new Error(`Nothing fits of ${JSON.stringify(messages)}`)), limitMs)
      for (;;) {
        const found = messages.find(fits)
        if (found !== undefined) {
          clearTimeout(limit)
          return found
        }
        await changed.promise
      }
    },
    [Symbol.dispose]: () => sent.destroy(),
  }
}

function readBlock(block: string): FeedMessage[] {
  const fields = new Map(block.split('\n').map((line) => [line.split(': ')[0], line.slice(line.indexOf(': ') + 2)]))
  const [event, id, data] = [fields.get('event'), fields.get('id'), fields.get('data')]
  return event && data ? [{ event, ...(id && { id }), data: JSON.parse(data) as Record<string, unknown> }] : []
}
