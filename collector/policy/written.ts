/** What people wrote: rules, clauses, ledgers. It holds once it is published. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { readConfigFile, type CollectorConfig } from '#collector/config.ts'
import { emptyLedger, readLedger, type LedgerFile } from '#collector/ledgers/register.ts'
import type { Rule } from '#shared/policy/documents.ts'
import { readClauses } from './clauses.ts'
import { readRules, yamlFilesOf } from './rules.ts'

export type WrittenFiles = Pick<CollectorConfig, 'clausesFile' | 'policyDir' | 'registerFile'>

export interface Written {
  readonly rules: readonly Rule[]
  readonly ledger: LedgerFile
  /** Of the bytes of every file that it was read from. */
  readonly hash: string
}

/** Throws ConfigError with file, line and field where a file is not as it should be. */
export async function readWritten(files: WrittenFiles): Promise<Written> {
  const hash = await hashOfWritten(files)
  const rules = await readRules(files.policyDir, await readClauses(files.clausesFile))
  const ledger = files.registerFile === undefined ? emptyLedger : await readLedger(files.registerFile)
  return { rules, ledger, hash }
}

/** Tells whether the files are those that were published, and costs no more than reading their bytes. Throws ConfigError
 *  where one cannot be read. */
export async function hashOfWritten({ policyDir, registerFile }: WrittenFiles): Promise<string> {
  const hash = createHash('sha256')
  const names = await yamlFilesOf(policyDir)
  const files = [...names.map((name) => join(policyDir, name)), ...(registerFile === undefined ? [] : [registerFile])]
  for (const file of files) {
    const text = await readConfigFile(file)
    hash.update(`${Buffer.byteLength(text)}\n${text}`)
  }
  return hash.digest('hex')
}
