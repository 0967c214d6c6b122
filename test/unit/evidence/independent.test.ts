/** The second agent that the integration tests speak with is held against the vectors too, so that it is right by itself. */
import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  certificateRequest,
  greet,
  hello,
  newLog,
  openDocument,
  readDocument,
  takeDocuments,
  type DocumentKind,
  type Keys,
  type Message,
} from '../../independent/client.ts'
import { receiptTime, signedText } from '../../independent/evidence.ts'

const text = (name: string): string => readFileSync(new URL(`../../fixtures/protocol/${name}`, import.meta.url), 'utf8')
const message = (name: string): Message => {
  const whole = text(`messages/${name}`)
  const end = `${whole}\n`.indexOf('\n')
  return { header: JSON.parse(whole.slice(0, end)) as Record<string, unknown>, body: whole.slice(end + 1) }
}
const vectors = JSON.parse(text('keys.json')) as {
  agent: string
  epoch: string
  keys: { of: string; seed: string; verifierKey: string }[]
}
const keyOf = (of: string): { seed: string; verifierKey: string } => {
  const found = vectors.keys.find((key) => key.of === of)
  if (found === undefined) throw new Error(`keys.json has no key of ${of}`)
  return found
}
const key = createPrivateKey({
  key: Buffer.from(`302e020100300506032b657004220420${keyOf('agent').seed}`, 'hex'),
  format: 'der',
  type: 'pkcs8',
})
const identity = { agent: vectors.agent, key }
const keys: Keys = {
  office: keyOf('office').verifierKey,
  register: [keyOf('register').verifierKey],
  receipts: [keyOf('collector').verifierKey],
}
const signers = { policy: [keys.office], register: keys.register, media: keys.register }

test('its certificate request is the one of the vectors', () => {
  const { csr } = JSON.parse(text('enrol/request.json')) as { csr: string }
  const inOneLine = (pem: string): string => pem.replaceAll('\n', '')
  expect(inOneLine(certificateRequest(identity))).toBe(inOneLine(csr))
})

test.for(['messages', 'foreign-made'])('it sends the events of %s byte for byte, and opens their receipt', (where) => {
  const [header = '', ...rest] = text(`${where}/events.txt`).split('\n')
  const lines = rest.slice(0, rest.indexOf(''))
  expect(`${header}\n${newLog(identity, lines, vectors.epoch).body(0)}`).toBe(text(`${where}/events.txt`))
  const receipt = text(`${where}/receipt.txt`).split('\n').slice(1).join('\n')
  expect(receiptTime(receipt, keyOf('collector').verifierKey)).toBeGreaterThan(1_700_000_000)
  expect(signedText(receipt, keyOf('agent').verifierKey)).toBe(receipt.slice(0, receipt.indexOf('\n\n') + 1))
})

describe('it says what it holds', () => {
  const page = (name: string) => message(name).header as { epochs: { epoch: string; size: number }[] }
  const pages = ['hello.txt', 'hello-last.txt'].map(page)
  const held = pages.flatMap(({ epochs }) => epochs)
  /** Answers with these. */
  const peer = (answers: Message[]) => {
    const sent: { header: object; body: string | undefined }[] = []
    const send = (header: object, body?: string): number => sent.push({ header, body })
    const next = (): Promise<Message> => {
      const answer = answers.shift()
      return answer === undefined ? Promise.reject(new Error('nothing more')) : Promise.resolve(answer)
    }
    return { sent, agent: { send, next } }
  }

  test('in pages, each with its answer, the receipt with the first alone', async () => {
    const { body } = message('hello.txt')
    const { sent, agent } = peer([message('welcome.txt'), message('welcome-last.txt')])
    const { epochs: _epochs, ...over } = message('hello-last.txt').header
    const welcome = await greet(agent, held, { receipt: body, perPage: 1, over })
    expect(sent).toEqual([
      { header: message('hello.txt').header, body },
      { header: message('hello-last.txt').header, body: undefined },
    ])
    expect(welcome.epochs.map(({ epoch, size }) => [epoch, size])).toEqual(
      held.map(({ epoch }, at) => [epoch, [3, 0][at]]),
    )
  })

  test('on one page where there is nothing', async () => {
    const { sent, agent } = peer([{ header: { ...message('welcome.txt').header, epochs: [] }, body: '' }])
    expect((await greet(agent, [])).epochs).toEqual([])
    expect(sent).toEqual([{ header: hello([]), body: undefined }])
  })

  const good = message('welcome.txt').header
  const [first] = good['epochs'] as { epoch: string; size: number; root: string }[]
  test.for<[string, object]>([
    ['of another page', message('welcome-last.txt').header],
    [
      'with a root of nothing for something',
      { ...good, epochs: [{ ...first, root: message('welcome-last.txt').header }] },
    ],
    ['with a size of nothing and a root of something', { ...good, epochs: [{ ...first, size: 0 }] }],
    ['without a window', { ...good, window: 0 }],
  ])('and takes no answer %s', async ([, header]) => {
    const { agent } = peer([{ header: { ...header }, body: '' }])
    await expect(greet(agent, held.slice(0, 1))).rejects.toThrow('a welcome')
  })
})

describe('it takes the documents of the vectors', () => {
  test.for(['policy', 'register', 'media'] as const)('%s', (kind) => {
    expect(openDocument(kind, text(`${kind}.txt`), signers[kind])).toMatchObject({ kind })
  })

  test('as messages, and answers each as the vectors do', async () => {
    const pushed = [message('document-media.txt'), message('document.txt')]
    const sent: object[] = []
    const agent = {
      send: (header: object) => sent.push(header),
      next: () => Promise.resolve(pushed.shift() ?? { header: {}, body: '' }),
    }
    const taken = await takeDocuments(agent, keys, 2)
    expect(taken.map(({ kind, version, part }) => [kind, version, part])).toEqual([
      ['media', 5, 0],
      ['register', 7, undefined],
    ])
    expect(sent).toEqual([message('applied-media.txt').header, message('applied.txt').header])
  })

  test('but no part of the media list after the register, and none under another header', async () => {
    const pushed = [message('document.txt'), message('document-media.txt')]
    const agent = { send: () => undefined, next: () => Promise.resolve(pushed.shift() ?? { header: {}, body: '' }) }
    await expect(takeDocuments(agent, keys, 2)).rejects.toThrow('after the register')
    const { header, body } = message('document-media.txt')
    expect(() => readDocument({ header: { ...header, part: 1 }, body }, keys)).toThrow('under the header')
  })

  test.for(JSON.parse(text('documents-newer.json')) as { kind: DocumentKind; why: string; note: string }[])(
    '$kind: $why',
    ({ kind, note }) => expect(openDocument(kind, note, signers[kind])).toMatchObject({ kind }),
  )

  /** What is wrong in the shape alone, the product’s own schemas find; this client looks at what is signed. */
  const bad = JSON.parse(text('documents-bad.json')) as { kind: DocumentKind; why: string; note: string }[]
  test.for(
    bad.filter(({ why }) => /signed|no signature|changed|needs what|first line|three lines|no JSON|no part$/.test(why)),
  )('no $kind: $why', ({ kind, note }) =>
    expect(() => openDocument(kind, note, signers[kind])).toThrow(/^(a|no) (policy|register|media)|JSON/),
  )
})
