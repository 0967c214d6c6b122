/** What an agent is told by its YAML file and its environment, which wins; checked once, each fault named. */
import { dirname, resolve } from 'node:path'
import { Type, type Static } from 'typebox'
import { readWrittenFile } from '#base/written-file.ts'
import { ConfigError, readYaml, type YamlProblem } from '#shared/vocabulary/yaml.ts'

const closed = { additionalProperties: false }
const MIB = 1024 * 1024
const pinPattern = '^sha256:[0-9a-f]{64}$'
const PIN = 'sha256: and 64 hex digits, as `shoumi-collector token create` prints it'
const COLLECTOR = 'the address of a collector, https://host:port'
const path = (description: string) => Type.String({ minLength: 1, maxLength: 4096, description })

const AgentConfig = Type.Object(
  {
    /** Tried in turn. Empty: it only records. */
    collectors: Type.Array(Type.String({ pattern: '^(https|wss)://[^/?#@]+/?$', description: COLLECTOR }), {
      maxItems: 16,
      default: [],
    }),
    /** SHA-256 of the public key (SPKI, DER) of the collector's root. */
    caPin: Type.Optional(Type.String({ pattern: pinPattern, description: PIN })),
    token: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'an enrolment token' })),
    /** Read anew at each attempt to enrol; wins over `token`. */
    tokenFile: Type.Optional(path('a file that holds an enrolment token')),
    dataDir: Type.String({ ...path('a folder of its own'), default: '/var/lib/shoumi-agent' }),
    journalLimitBytes: Type.Integer({
      minimum: 16 * MIB,
      default: 1024 * MIB, // about 1,500,000 events of 700 bytes
      description: `a number of bytes, at least ${16 * MIB}`,
    }),
    /** Folders that count as a medium which is always there. */
    declaredMedia: Type.Array(
      Type.Object({ path: path('a folder'), label: Type.Optional(Type.String({ maxLength: 256 })) }, closed),
      { maxItems: 16, default: [] },
    ),
    log: Type.Object(
      {
        level: Type.Enum(['error', 'warn', 'info', 'debug'], { default: 'info' }),
        /** Absent: to the standard error alone. */
        file: Type.Optional(path('a file, rotated by the agent')),
      },
      { ...closed, default: {} },
    ),
  },
  closed,
)
export type AgentConfig = Static<typeof AgentConfig>

type Environment = Readonly<Record<string, string | undefined>>

/** Without a file, the defaults and the environment. Files in it that are not absolute are taken from its own folder.
 *  Throws ConfigError with every fault. */
export async function loadConfig(file: string | undefined, environment: Environment): Promise<AgentConfig> {
  const name = file ?? 'no file'
  const read = readYaml(file === undefined ? '' : await readConfigFile(file), AgentConfig)
  if (!read.ok) throw new ConfigError(name, read.problems)
  const folder = file === undefined ? '.' : dirname(file)
  const config = { ...withFilesIn(folder, read.value), ...fromEnvironment(environment) }
  if (config.collectors.length > 0 && config.caPin === undefined)
    throw new ConfigError(name, [
      { line: read.lineOf('/collectors'), field: '/caPin', message: `is missing (expected ${PIN})` },
    ])
  return config
}

function withFilesIn(folder: string, config: AgentConfig): AgentConfig {
  const at = (name: string): string => resolve(folder, name)
  const { tokenFile, declaredMedia, log } = config
  return {
    ...config,
    ...(tokenFile !== undefined && { tokenFile: at(tokenFile) }),
    dataDir: at(config.dataDir),
    declaredMedia: declaredMedia.map((medium) => ({ ...medium, path: at(medium.path) })),
    log: { ...log, ...(log.file !== undefined && { file: at(log.file) }) },
  }
}

/** The example has 1 KiB. */
const MAX_WRITTEN_BYTES = 256 * 1024

async function readConfigFile(file: string): Promise<string> {
  const read = await readWrittenFile(file, MAX_WRITTEN_BYTES)
  if ('text' in read) return read.text
  throw new ConfigError(file, [{ line: read.line, field: '', message: read.fault }])
}

/** COLLECTOR_URL (several apart by commas), CA_PIN, ENROL_TOKEN, TOKEN_FILE. Empty counts as absent. */
function fromEnvironment(environment: Environment): Partial<AgentConfig> {
  const { COLLECTOR_URL, CA_PIN, ENROL_TOKEN, TOKEN_FILE } = environment
  const collectors = (COLLECTOR_URL ?? '').split(',').filter((part) => part.trim() !== '')
  const problems: YamlProblem[] = []
  const fault = (field: string, expected: string): void =>
    void problems.push({ line: 1, field, message: `is not valid (expected ${expected})` })
  if (!collectors.every((url) => /^(https|wss):\/\/[^/?#@]+\/?$/.test(url.trim()))) fault('COLLECTOR_URL', COLLECTOR)
  if (CA_PIN && !new RegExp(pinPattern).test(CA_PIN)) fault('CA_PIN', PIN)
  if (problems.length > 0) throw new ConfigError('environment', problems)
  return {
    ...(collectors.length > 0 && { collectors: collectors.map((url) => url.trim()) }),
    ...(CA_PIN && { caPin: CA_PIN }),
    ...(ENROL_TOKEN && { token: ENROL_TOKEN }),
    ...(TOKEN_FILE && { tokenFile: TOKEN_FILE }),
  }
}
