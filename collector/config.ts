/** The collector's config: one YAML file, read, completed and checked once. Unknown keys are faults; secrets are file names. */
import { dirname, join, resolve } from 'node:path'
import { Type, type Static } from 'typebox'
import { readWrittenFile } from '#base/written-file.ts'
import { Level } from '#shared/vocabulary/levels.ts'
import { ConfigError, readYaml, type YamlProblem } from '#shared/vocabulary/yaml.ts'

const closed = { additionalProperties: false }
const Port = Type.Integer({ minimum: 0, maximum: 65_535, description: 'a port, 0 to 65535' })
const HOST_NAME = 'a host name or an address'
const HostName = Type.String({ pattern: '^[A-Za-z0-9_.:-]{1,253}$', description: HOST_NAME })
const Address = Type.String({ pattern: '^[0-9A-Fa-f.:]{2,45}$', description: 'an address such as 192.0.2.7' })
const FileName = Type.String({ minLength: 1, description: 'the name of a file or folder' })

const Mail = Type.Object(
  {
    host: HostName,
    port: Port,
    /** TLS from the first byte; else STARTTLS, as `tls` says. */
    secure: Type.Boolean({ default: false }),
    /** STARTTLS: demanded, taken where it is offered, or not at all. Absent: required where there is a password, else offered. */
    tls: Type.Optional(Type.Enum(['required', 'offered', 'none'])),
    /** The name in the server's certificate, where it is not `host`. */
    serverName: Type.Optional(HostName),
    /** PEM of the authority that the server's certificate hangs on, where the system does not know it. */
    caFile: Type.Optional(FileName),
    /** How the server is greeted; absent: by the name of this host. */
    ehloName: Type.Optional(HostName),
    user: Type.Optional(Type.String({ minLength: 1 })),
    passwordFile: Type.Optional(FileName),
    from: Type.String({ pattern: '^[^\\s<>]+@[^\\s<>]+$', description: 'a mail address' }),
    routes: Type.Array(
      Type.Object(
        {
          name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,31}$', description: 'a short word: a-z, 0-9, -' }),
          to: Type.Array(Type.String({ pattern: '^[^\\s<>]+@[^\\s<>]+$', description: 'a mail address' }), {
            minItems: 1,
            maxItems: 32,
          }),
          /** Below the collector's own, a mail says number, severity and department, no more. */
          level: Level,
        },
        closed,
      ),
      { minItems: 1, maxItems: 32 },
    ),
    /** Once a day: that all is well, or what is not. */
    daily: Type.Object(
      {
        /** Local time. */
        at: Type.String({
          pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
          description: 'a time of day such as "08:00"',
          default: '08:00',
        }),
        /** Names of routes; absent: all of them; empty: none. */
        to: Type.Optional(Type.Array(Type.String(), { maxItems: 32 })),
      },
      { ...closed, default: {} },
    ),
  },
  closed,
)

const CollectorConfig = Type.Object(
  {
    dataDir: FileName,
    agents: Type.Object(
      {
        host: Type.String({ default: '0.0.0.0', description: HOST_NAME }),
        port: Port,
        /** What agents and browsers call this collector: the names in its certificate, the first of them in links. */
        publicNames: Type.Array(HostName, { maxItems: 32, default: [] }),
        /** Addresses of proxies and gateways that many agents come through: the bound of one address is not theirs. */
        trustedProxies: Type.Array(Address, { maxItems: 32, default: [] }),
      },
      closed,
    ),
    console: Type.Object({ host: Type.String({ default: '127.0.0.1', description: HOST_NAME }), port: Port }, closed),
    /** Absent: the highest of its endpoints. */
    level: Type.Optional(Level),
    policyDir: FileName,
    clausesFile: FileName,
    registerFile: Type.Optional(FileName),
    mail: Type.Optional(Mail),
    log: Type.Object(
      {
        level: Type.Enum(['error', 'warn', 'info', 'debug'], { default: 'info' }),
        /** Absent: `log/collector.log` in the data folder. */
        file: Type.Optional(FileName),
      },
      { ...closed, default: {} },
    ),
  },
  closed,
)
export type CollectorConfig = Static<typeof CollectorConfig>

/** How agents call this collector. */
export const agentsUrlOf = ({ agents }: Pick<CollectorConfig, 'agents'>, port = agents.port): string =>
  `https://${agents.publicNames[0] ?? 'localhost'}:${port}`

export const storeFileOf = ({ dataDir }: Pick<CollectorConfig, 'dataDir'>): string => join(dataDir, 'collector.db')

/** Files in it that are not absolute are taken from the folder of the config. Throws ConfigError with every fault. */
export async function loadConfig(file: string): Promise<CollectorConfig> {
  const read = readYaml(await readConfigFile(file), CollectorConfig)
  if (!read.ok) throw new ConfigError(file, read.problems)
  const at = (name: string): string => resolve(dirname(file), name)
  const { registerFile, mail, log, ...rest } = read.value
  const problems = mail === undefined ? [] : faultsOfMail(mail, read.lineOf)
  if (problems.length > 0) throw new ConfigError(file, problems)
  return {
    ...rest,
    dataDir: at(rest.dataDir),
    policyDir: at(rest.policyDir),
    clausesFile: at(rest.clausesFile),
    ...(registerFile !== undefined && { registerFile: at(registerFile) }),
    ...(mail && {
      mail: {
        ...mail,
        ...(mail.caFile !== undefined && { caFile: at(mail.caFile) }),
        ...(mail.passwordFile !== undefined && { passwordFile: at(mail.passwordFile) }),
      },
    }),
    log: { ...log, ...(log.file !== undefined && { file: at(log.file) }) },
  }
}

/** What no single field shows. */
function faultsOfMail(
  { user, passwordFile, tls, secure, routes, daily }: Static<typeof Mail>,
  lineOf: (field: string) => number,
): YamlProblem[] {
  const names = routes.map(({ name }) => name)
  const strangers = (daily.to ?? []).filter((name) => !names.includes(name))
  const faults = [
    user !== undefined &&
      passwordFile === undefined &&
      (['/mail/user', 'has no passwordFile (expected both)'] as const),
    user !== undefined && tls === 'offered' && !secure && (['/mail/tls', CLEAR_PASSWORD] as const),
    strangers.length > 0 &&
      (['/mail/daily/to', `names no route: ${strangers.join(', ')} (expected of ${names.join(', ')})`] as const),
  ]
  return faults.flatMap((fault) =>
    fault === false ? [] : [{ line: lineOf(fault[0]), field: fault[0], message: fault[1] }],
  )
}
/** Whoever stands between could take the offer away; `none` at least is somebody's decision. */
const CLEAR_PASSWORD = 'would send the password in the clear wherever TLS is not offered (expected required, or none)'

/** Of a file that a person wrote: 20,000 endpoints of 200 bytes, which take two seconds to read. */
const MAX_WRITTEN_BYTES = 4 * 1024 * 1024

/** A file that a person wrote and that has to be there; ConfigError where it cannot be read, and at once where it is larger
 *  than any that is meant. */
export async function readConfigFile(file: string): Promise<string> {
  const read = await readWrittenFile(file, MAX_WRITTEN_BYTES)
  if ('text' in read) return read.text
  throw new ConfigError(file, [{ line: read.line, field: '', message: read.fault }])
}
