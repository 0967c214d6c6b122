import { mkdir, mkdtemp, readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openConditions } from '#collector/conditions.ts'
import { openDocuments } from '#collector/policy/documents.ts'
import { initTrust, openTrust, TrustError } from '#collector/trust/trust.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { openTestStore } from '../support/collector-store.ts'

const inRepository = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const nothing = (): void => undefined
const DAY_MS = 86_400_000

test('with the office key in the safe a policy that nears its end goes on, which is a condition', async () => {
  await using store = await openTestStore()
  const dataDir = await mkdtemp(join(tmpdir(), 'shoumi-renewal-'))
  const passphrase = join(dataDir, 'keys/office.passphrase')
  const now = systemClock.wall()
  await initTrust(dataDir, now)
  const files = { clausesFile: inRepository('config/clauses.yaml'), policyDir: inRepository('config/policy') }
  let days = 0
  const clock = { ...systemClock, wall: () => now + days * DAY_MS }
  const conditions = openConditions(clock, { error: nothing, warn: nothing, info: nothing, debug: nothing })
  const trust = await openTrust(dataDir, [], now)
  const open = (policyDir = files.policyDir) =>
    openDocuments({ ...files, policyDir }, { store: store.store, trust, clock, conditions })

  await open()
  await rename(passphrase, `${passphrase}.safe`)
  days = 300
  const documents = await open() // a start
  expect(await documents.policy()).toMatchObject({ version: 1 }) // a connection, an enrolment
  expect(conditions.lines().join()).toContain('policy.not-renewed')
  const rules = await readFile(join(files.policyDir, 'first.yaml'), 'utf8')
  const other = join(dataDir, 'policy')
  await mkdir(other)
  await writeFile(join(other, 'first.yaml'), rules.replace('severity: high', 'severity: low'))
  await expect(open(other)).rejects.toThrow(TrustError) // other rules are never signed by nobody

  await rename(`${passphrase}.safe`, passphrase)
  expect(await documents.policy()).toMatchObject({ version: 2 })
  expect(conditions.lines().join()).not.toContain('policy.not-renewed')
})
