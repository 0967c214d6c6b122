/** The three signed documents, opened once more from docs/protocol.md#documents alone, by keys of the enrolment. */
import type { Agent, Message } from './client.ts'
import { signedText } from './evidence.ts'

export type DocumentKind = 'policy' | 'register' | 'media'
export interface SignedDocument {
  readonly kind: DocumentKind
  readonly version: number
  /** Of the media list. */
  readonly part?: number
  readonly says: Record<string, unknown>
}
/** Whose signatures count: the office's from the enrolment, the others as the policy names them. */
export interface Keys {
  readonly office: string
  readonly register: readonly string[]
  readonly receipts: readonly string[]
}

/** What a note says, where one of the keys signed it as that document. Throws where it is not. */
export function openDocument(kind: DocumentKind, note: string, keys: readonly string[]): SignedDocument {
  const text = keys.map((key) => signedText(note, key)).find((each) => each !== undefined)
  if (text === undefined) throw new Error(`a ${kind} that no key which may sign it signed`)
  const [what, json = '', ...rest] = text.split('\n')
  if (what !== `shoumi.1/${kind}` || rest.join() !== '') throw new Error(`no ${kind}: ${text.slice(0, 200)}`)
  const says = JSON.parse(json) as Record<string, unknown>
  const { version, part, needs = [] } = says
  if (!Number.isSafeInteger(version)) throw new Error(`a ${kind} without version`)
  if (JSON.stringify(needs) !== '[]') throw new Error(`a ${kind} that needs ${JSON.stringify(needs)}`)
  if ((kind === 'media') !== Number.isSafeInteger(part)) throw new Error(`a ${kind} of part ${String(part)}`)
  return { kind, version: Number(version), says, ...(kind === 'media' && { part: Number(part) }) }
}

/** The keys and documents of an enrolment's answer, each checked by what it is signed with. */
export function openEnrolled(body: Record<string, string>): {
  keys: Keys
  policy: SignedDocument
  register: SignedDocument
} {
  const office = body['officeKey'] ?? ''
  const policy = openDocument('policy', body['policy'] ?? '', [office])
  const { register, receipts } = policy.says['keys'] as Keys
  const keys = { office, register, receipts }
  return { keys, policy, register: openDocument('register', body['register'] ?? '', register) }
}

/** A `document` message, where its header is of its note. */
export function readDocument({ header, body }: Message, keys: Keys): SignedDocument {
  const kind = header['kind'] as DocumentKind
  const document = openDocument(kind, body, kind === 'policy' ? [keys.office] : keys.register)
  const said = [header['kind'], header['version'], header['part']]
  if (JSON.stringify(said) !== JSON.stringify([kind, document.version, document.part]))
    throw new Error(`a document under the header ${JSON.stringify(header)}`)
  return document
}

/** The next `count` documents that are pushed, each checked and answered by `applied`. Throws where a part of the media list
 *  comes after the register. */
export async function takeDocuments(
  agent: Pick<Agent, 'send' | 'next'>,
  keys: Keys,
  count: number,
): Promise<SignedDocument[]> {
  const taken: SignedDocument[] = []
  while (taken.length < count) {
    const document = readDocument(await agent.next('document'), keys)
    const { kind, version, part } = document
    if (kind === 'media' && taken.some((each) => each.kind === 'register'))
      throw new Error(`part ${part} of the media list came after the register`)
    agent.send({ type: 'applied', kind, ...(part !== undefined && { part }), version })
    taken.push(document)
  }
  return taken
}
