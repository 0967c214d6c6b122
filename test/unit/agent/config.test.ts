import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { loadConfig } from '#agent/config.ts'
import { ConfigError } from '#shared/vocabulary/yaml.ts'
import { folderOfTest } from '../../support/folder-of-test.ts'

const pin = `sha256:${'ab'.repeat(32)}`
let folder = ''
beforeEach(() => {
  folder = folderOfTest()
})
const file = async (text: string): Promise<string> => {
  const name = join(folder, 'agent.yaml')
  await writeFile(name, text)
  return name
}

test('without anything it records by itself', async () => {
  expect(await loadConfig(undefined, {})).toEqual({
    collectors: [],
    dataDir: '/var/lib/shoumi-agent',
    journalLimitBytes: 1024 ** 3,
    declaredMedia: [],
    log: { level: 'info' },
  })
})

test('the environment wins over the file, and what is empty in it does not count', async () => {
  const name = await file(`collectors: [https://a:1]\ncaPin: ${pin}\ntoken: from-file\ndataDir: /srv/agent\n`)
  const environment = { COLLECTOR_URL: 'https://b:2, wss://c:3', ENROL_TOKEN: '', TOKEN_FILE: '/run/token' }
  expect(await loadConfig(name, environment)).toMatchObject({
    collectors: ['https://b:2', 'wss://c:3'],
    caPin: pin,
    token: 'from-file',
    tokenFile: '/run/token',
    dataDir: '/srv/agent',
  })
})

test('files are taken from the folder of the config', async () => {
  const name = await file(
    'dataDir: data\ntokenFile: ../token\ndeclaredMedia: [{ path: medium }]\nlog: { file: a.log }\n',
  )
  expect(await loadConfig(name, {})).toMatchObject({
    dataDir: join(folder, 'data'),
    tokenFile: join(folder, '../token'),
    declaredMedia: [{ path: join(folder, 'medium') }],
    log: { file: join(folder, 'a.log') },
  })
})

test('the shipped example is good', async () => {
  const example = new URL('../../../config/agent.example.yaml', import.meta.url).pathname
  expect(await loadConfig(example, {})).toMatchObject({ collectors: ['https://collector.example:8443'] })
})

test.for([
  ['collectors: [https://a:1]\n', '1 /caPin is missing (expected sha256: and 64 hex digits'],
  [
    `# my agent\ncollectors:\n  - ftp://a\ncaPin: ${pin}\n`,
    '3 /collectors/0 is not valid (expected the address of a collector',
  ],
  ['caPin: sha256:ABC\n', '1 /caPin is not valid (expected sha256: and 64 hex digits'],
  ['colectors: []\n', '1 /colectors is unknown (expected one of: collectors, caPin, token'],
  ['log:\n  level: loud\n', '2 /log/level is not valid (expected one of: error, warn, info, debug)'],
  ['journalLimitBytes: 5\n', '1 /journalLimitBytes is not valid (expected a number of bytes, at least 16777216)'],
  ['declaredMedia:\n  - label: x\n', '2 /declaredMedia/0/path is missing (expected a folder)'],
] as const)('%j is a fault with line, field and what was expected', async ([text, fault]) => {
  const name = await file(text)
  const error = await loadConfig(name, {}).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ConfigError)
  expect(String(error)).toContain(`${name}:${fault}`)
})

test('what is wrong in the environment is named there', async () => {
  const environment = { COLLECTOR_URL: 'collector', CA_PIN: 'sha256:12' }
  const error = String(await loadConfig(undefined, environment).catch((thrown: unknown) => thrown))
  expect(error).toContain('environment:1 COLLECTOR_URL is not valid (expected the address of a collector')
  expect(error).toContain('environment:1 CA_PIN is not valid (expected sha256:')
})

test('a file that is not there is said so', async () => {
  await expect(loadConfig(join(folder, 'none.yaml'), {})).rejects.toThrow(/none\.yaml:1 \/ cannot be read/)
})
