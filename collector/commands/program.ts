/** `shoumi-collector` and its commands, in the order in which `--help` lists them. */
import type { ListedCommand } from '#base/command.ts'
import type { Program } from '#base/program.ts'
import about from '../../package.json' with { type: 'json' }
import type { Io } from './io.ts'

const CONFIG_HELP = '  --config F        the configuration (default /etc/shoumi/collector.yaml)'
const NAMES_HELP = `An endpoint is named by its name, its host, or the number that \`endpoint list\` prints (#7).
May be run while the collector runs.`

/** What help says is written out: `--help` loads nothing (test/unit/base/program.test.ts). */
const commands: readonly ListedCommand<Io>[] = [
  {
    name: 'serve',
    summary: 'Run the collector until SIGTERM or SIGINT; at SIGHUP it compares its files with what is published.',
    usage: `shoumi-collector serve [--config F]

${CONFIG_HELP}

The very first start publishes the rules and the register; after that only \`publish\` does. At SIGHUP clauses are read
again, and a condition says whether what is written is what was published.`,
    load: async () => (await import('./serve.ts')).serve,
  },
  {
    name: 'init',
    summary: 'Make the keys, the store and the first account; what is there already stays.',
    usage: `shoumi-collector init [--config F]

${CONFIG_HELP}

The first \`serve\` publishes the rules and the register as they are written then; later changes need \`publish\`.`,
    load: async () => (await import('./init.ts')).init,
  },
  {
    name: 'publish',
    summary: 'Publish the rules and the register as they are written now.',
    usage: `shoumi-collector publish [--dry-run] [--config F]

  --dry-run         only say what would change, and for how many agents
${CONFIG_HELP}

Reads policyDir and registerFile; a fault is named with file, line and field, and nothing changes (exit 2). The office key
is opened only where rules change or near their end: put its passphrase back for that, and take it out again.
May be run while the collector runs, which hands out what is new within seconds.`,
    load: async () => (await import('./publish.ts')).publishCommand,
  },
  {
    name: 'endpoint list',
    summary: 'Print the endpoints: number, status, level, department, name, host, agent.',
    usage: `shoumi-collector endpoint list [--all] [--config F]

  --all             also those that are retired or merged
${CONFIG_HELP}

One line each, its parts separated by tabs.`,
    load: async () => (await import('./endpoint.ts')).endpointList,
  },
  {
    name: 'endpoint confirm',
    summary: 'Confirm that a pending endpoint is a line of the register, whatever its hardware says.',
    usage: `shoumi-collector endpoint confirm NAME [--line HOST] [--config F]

  --line HOST       the line's host name in the register (default: the endpoint's own)
${CONFIG_HELP}

For a re-installed machine, a repaired mainboard, or a token of another level. The line has to be published. An agent that
has the line already is retired, and may not be connected.
${NAMES_HELP}`,
    load: async () => (await import('./endpoint.ts')).endpointConfirm,
  },
  {
    name: 'endpoint retire',
    summary: 'Take an endpoint out of use; what was on there ends as unknown, its incidents stay.',
    usage: `shoumi-collector endpoint retire NAME [--config F]

${CONFIG_HELP}

Its agents are served no more; a machine of that name that enrols again needs a new identity. For a re-installed
machine that waits for the same line of the register use \`endpoint confirm\`.
${NAMES_HELP}`,
    load: async () => (await import('./endpoint.ts')).endpointRetire,
  },
  {
    name: 'endpoint merge',
    summary: 'Join two endpoints that are one machine: the first points to the second from then on.',
    usage: `shoumi-collector endpoint merge FROM INTO [--config F]

${CONFIG_HELP}

The agents of FROM go on as those of INTO; those that INTO had are retired, and none of them may be connected.
${NAMES_HELP}`,
    load: async () => (await import('./endpoint.ts')).endpointMerge,
  },
  {
    name: 'token create',
    summary: 'Make an enrolment token and print the line to paste on the workstation.',
    usage: `shoumi-collector token create --department D --level L [--network-kind K] [--uses N] [--expires 7d] [--config F]

  --department D    the department that the endpoints belong to until the ledger knows them
  --level L         top-secret, secret, confidential, internal, public
  --network-kind K  internet, intranet, standalone (default intranet)
  --uses N          how many machines it enrols, at most 10000 (default 1)
  --expires T       when it ends: a number and m, h or d, at most 90d (default 7d)
${CONFIG_HELP}

May be run while the collector runs.`,
    load: async () => (await import('./token.ts')).tokenCreate,
  },
  {
    name: 'user reset',
    summary: 'Give an account a new one-time password, end its sessions and forget failed sign-ins.',
    usage: `shoumi-collector user reset NAME [--config F]

${CONFIG_HELP}

May be run while the collector runs.`,
    load: async () => (await import('./user.ts')).userReset,
  },
  {
    name: 'recorrelate',
    summary: 'Work out every incident again from the stored entries, and correct what differs.',
    usage: `shoumi-collector recorrelate [--check] [--config F]

  --check           only say how the stored incidents differ from what their entries give
${CONFIG_HELP}

Exits with 1 where one differs (with --check), or could not be put right (without).
Nothing is deleted: an incident that its entries no longer make is withdrawn, and whoever was alerted hears of it
from the collector that serves. Differences go to the standard output, progress to the standard error.
May be run while the collector runs.`,
    load: async () => (await import('./recorrelate.ts')).recorrelateCommand,
  },
  {
    name: 'backup',
    summary: 'Copy the store and the keys into a new folder, beside the running collector.',
    usage: `shoumi-collector backup DIR [--config F]

  DIR               a folder that is not there yet, or is empty; it becomes as secret as the collector itself
${CONFIG_HELP}

May be run while the collector runs, under any load. The copy is whole once it has the file backup.json. It does not hold
the configuration. Every key comes with it: take root.key and office.passphrase out of the collector beforehand.`,
    load: async () => (await import('./backup.ts')).backupCommand,
  },
]

/** By name, so that nothing is loaded for a list of errors. */
const failures = ['NotOwnerError', 'TrustError', 'StoreError', 'StoreBusyError', 'StoreTakesNothingError']

/** Ours, or the system's own (a port in use, a full disk). */
function exitOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  if (error.name === 'ConfigError') return 2
  return failures.includes(error.name) || 'code' in error ? 1 : undefined
}

export const program: Program<Io> = {
  name: 'shoumi-collector',
  version: about.version,
  about: 'Takes what the agents record, keeps it, and shows it to the secrecy office.',
  commands,
  exitOf,
}
