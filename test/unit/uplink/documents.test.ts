import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { openConditions } from '#agent/conditions.ts'
import type { Enrolment } from '#agent/identity/enrolment.ts'
import type { Standing } from '#agent/judge/standing.ts'
import type { Fact } from '#agent/sensors/sensor.ts'
import { openDocuments } from '#agent/uplink/documents.ts'
import { noteVerifierKey, signNote } from '#shared/evidence/note.ts'
import { OFFICE_KEY_NAME, REGISTER_KEY_NAME, signDocument, type MediaPart } from '#shared/policy/documents.ts'
import { manualClock } from '../../support/manual-clock.ts'

const agent = '11111111-1111-4111-8111-111111111111'
const dated = { issued: '2026-01-01T00:00:00.000+08:00', expires: '2027-01-01T00:00:00.000+08:00' }
const end = Date.parse(dated.expires)
const keys = {
  office: { name: OFFICE_KEY_NAME, privateKey: generateKeyPairSync('ed25519').privateKey },
  register: { name: REGISTER_KEY_NAME, privateKey: generateKeyPairSync('ed25519').privateKey },
}
const verifier = ({ name, privateKey }: typeof keys.office): string => noteVerifierKey(name, privateKey)
const endpoint = {
  name: 'e',
  level: 'internal',
  networkKind: 'intranet',
  department: 'd',
  status: 'confirmed',
} as const
const policy = (version: number): string =>
  signDocument(
    'policy',
    { ...dated, version, rules: [], keys: { register: [verifier(keys.register)], receipts: [] } },
    keys.office,
  )
const register = (version: number, more: object = {}): string =>
  signNote(
    `shoumi.1/register\n${JSON.stringify({ ...dated, version, agent, endpoint, approvals: [], ...more })}\n`,
    keys.register,
  )
const part = (number: number, version: number, media: MediaPart['media'] = []): string =>
  signDocument('media', { ...dated, version, part: number, media }, keys.register)
const stick = (id: string) => ({ id, level: 'internal' as const, identity: { usbSerial: id } })

function opened(parts: string[] = []) {
  const conditions = openConditions(manualClock())
  const enrolment: Enrolment = {
    certificate: '',
    chain: '',
    root: '',
    collector: '',
    officeKey: verifier(keys.office),
    policy: policy(1),
    register: register(1),
    status: 'confirmed',
  }
  const stored: (string | number)[][] = []
  const facts: Fact[] = []
  const standings: Standing[] = []
  const documents = openDocuments(
    agent,
    { enrolment, parts },
    {
      conditions,
      store: async ({ policy: p, register: r }) => void stored.push([p, r]),
      storePart: async (number, note) => void stored.push([number, note]),
      judgeBy: (standing) => void standings.push(standing),
      record: (fact) => void facts.push(fact),
    },
  )
  const known = () =>
    standings
      .at(-1)
      ?.knownAt(0)
      .media.map(({ id }) => id)
  const codes = () => conditions.list().map(({ code }) => code)
  return { documents, stored, facts, standings, known, codes, conditions }
}

describe('the documents of an agent', () => {
  test('parts of the media list come one by one, each with its own version, and only forward', async () => {
    const { documents, stored, facts, known } = opened([part(0, 4, [stick('A')])])
    expect(documents.versions()).toEqual({ policy: 1, register: 1, media: [4] })
    expect(known()).toEqual(['A'])
    const later = part(2, 7, [stick('C')])
    expect(await documents.take({ kind: 'media', part: 2 }, later)).toEqual({ kind: 'media', part: 2, version: 7 })
    expect(documents.versions().media).toEqual([4, 0, 7])
    expect(await documents.take({ kind: 'media', part: 0 }, part(0, 5, [stick('B')]))).toEqual({
      kind: 'media',
      part: 0,
      version: 5,
    })
    expect(known()).toEqual(['B', 'C'])
    expect(await documents.take({ kind: 'media', part: 0 }, part(0, 4, [stick('A')]))).toEqual({
      kind: 'media',
      part: 0,
      version: 5,
    })
    expect(known()).toEqual(['B', 'C'])
    expect(stored.map(([number]) => number)).toEqual([2, 0])
    expect(stored[0]).toEqual([2, later])
    expect(facts.map(({ detail }) => detail)).toMatchObject([
      { document: 'media', part: 2, version: 7, expires: dated.expires },
      { document: 'media', part: 0, version: 5 },
    ])
  })

  test('what is not signed by who may, or is another’s, is not taken, and the old one stays', async () => {
    const { documents, stored, standings, codes } = opened()
    const before = standings.length
    const forged = signDocument('media', { ...dated, version: 9, part: 0, media: [] }, keys.office)
    expect(await documents.take({ kind: 'media', part: 0 }, forged)).toBeUndefined()
    expect(
      await documents.take({ kind: 'register' }, register(9, { agent: agent.replaceAll('1', '2') })),
    ).toBeUndefined()
    expect(codes()).toEqual(['document.refused.media', 'document.refused.register'])
    expect([stored, standings.length]).toEqual([[], before])
    await documents.take({ kind: 'media', part: 1 }, part(1, 1)) // another part is no answer to the first
    expect(codes()).toHaveLength(2)
    await documents.take({ kind: 'media', part: 0 }, part(0, 1))
    await documents.take({ kind: 'register' }, register(2))
    expect(codes()).toEqual([])
  })

  test('one that needs what this version does not know is not taken, and the condition says what', async () => {
    const { documents, conditions } = opened()
    expect(await documents.take({ kind: 'register' }, register(2, { needs: ['telepathy'] }))).toBeUndefined()
    expect(documents.versions().register).toBe(1)
    expect(conditions.list()).toMatchObject([
      { code: 'document.refused.register', text: expect.stringContaining('telepathy') },
    ])
  })

  test('an approval about what this version does not know is skipped and named, the others count', async () => {
    const { documents, standings, conditions, codes } = opened()
    const approval = {
      id: 'SP-1',
      for: 'medium',
      medium: { id: 'A' },
      allows: ['use'],
      approvedBy: ['x'],
      from: dated.issued,
      to: dated.expires,
      colour: 'red', // a field of a later version
    }
    const newer = { id: 'SP-2', for: 'session', session: {}, allows: ['sign-in'] }
    expect(
      await documents.take({ kind: 'register' }, register(2, { approvals: [approval, newer], mood: 1 })),
    ).toBeDefined()
    expect(
      standings
        .at(-1)
        ?.knownAt(0)
        .register.approvals.map(({ id }) => id),
    ).toEqual(['SP-1'])
    expect(standings.at(-1)?.turns).toEqual([Date.parse(dated.issued), end])
    expect(conditions.list()).toMatchObject([
      { code: 'register.unknown-approvals', text: expect.stringContaining('SP-2') },
    ])
    await documents.take({ kind: 'register' }, register(3, { approvals: [approval] }))
    expect(codes()).toEqual([])
  })

  test('past its end a list of media goes on, and says so until a newer part comes', async () => {
    const { documents, known, codes } = opened([part(0, 1, [stick('A')])])
    documents.watchEnds(end - 1)
    expect(codes()).toEqual([])
    documents.watchEnds(end)
    expect(codes()).toEqual(['policy.expired', 'register.expired', 'media.expired'])
    expect(known()).toEqual(['A'])
  })
})
