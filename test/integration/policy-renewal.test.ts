import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { TrustError } from '#collector/trust/trust.ts'
import type { Documents } from '#collector/policy/documents.ts'
import { addEndpoint } from '../support/collector-store.ts'
import { testDocuments } from '../support/documents.ts'

const shippedRules = fileURLToPath(new URL('../../config/policy/first.yaml', import.meta.url))
const media = 'media: [{ id: JZ-1, level: internal, identity: { usbSerial: S1 } }]\n'

const versionsOf = async (documents: Documents, agentId: number): Promise<string[]> => {
  const handed = await documents.of(agentId)
  return handed === 'retired' ? [] : handed.map(({ kind, version }) => `${kind} ${version}`)
}

test('with the office key in the safe a policy that nears its end goes on, which is a condition', async () => {
  await using rig = await testDocuments()
  const agentId = await addEndpoint(rig.store, 1)
  const passphrase = join(rig.dataDir, 'keys/office.passphrase')
  await rig.open()
  await rename(passphrase, `${passphrase}.safe`)
  rig.passDays(300)
  const documents = await rig.open() // a start
  await documents.renew()
  expect(await versionsOf(documents, agentId)).toContain('policy 1')
  expect(rig.conditions.lines().join()).toContain('policy.not-renewed')

  const other = join(rig.dataDir, 'policy')
  await mkdir(other)
  await writeFile(
    join(other, 'first.yaml'),
    (await readFile(shippedRules, 'utf8')).replace('severity: high', 'severity: low'),
  )
  await expect(rig.publish('', { policyDir: other })).rejects.toThrow(TrustError) // other rules are never signed by nobody

  await rename(`${passphrase}.safe`, passphrase)
  await documents.renew()
  expect(await versionsOf(documents, agentId)).toContain('policy 2')
  expect(rig.conditions.lines().join()).not.toContain('policy.not-renewed')
})

test('media and registers that near their end are signed anew, saying the same; each version stays in the store', async () => {
  await using rig = await testDocuments()
  const agentId = await addEndpoint(rig.store, 1)
  await rig.publish(
    `${media}endpoints: [{ host: pc-1, serial: S, level: internal, networkKind: intranet, department: d }]\n`,
  )
  const documents = await rig.open()
  expect(await versionsOf(documents, agentId)).toEqual(['policy 1', 'media 1', 'register 1'])
  rig.passDays(59)
  await documents.renew()
  expect(await versionsOf(documents, agentId)).toEqual(['policy 1', 'media 1', 'register 1'])
  rig.passDays(2)
  await documents.renew()
  expect(await documents.look()).toBe(true)
  expect(await documents.look()).toBe(false)
  expect(await versionsOf(documents, agentId)).toEqual(['policy 1', 'media 2', 'register 2'])
  const kept = await rig.store.read((tx) =>
    tx.selectFrom('document').select(['kind', 'version']).orderBy('id').execute(),
  )
  expect(kept.map(({ kind, version }) => `${kind} ${version}`)).toEqual([
    'policy 1',
    'media 1',
    'register 1',
    'media 2',
    'register 2',
  ])
})

test('two collectors on one store renew once', async () => {
  await using rig = await testDocuments()
  const agentId = await addEndpoint(rig.store, 1)
  const [one, other] = [await rig.open(), await rig.open()]
  rig.passDays(300)
  await Promise.all([one.renew(), other.renew()])
  expect(await versionsOf(one, agentId)).toContain('policy 2')
  expect(await versionsOf(other, agentId)).toEqual(await versionsOf(one, agentId))
})
