/** `shoumi-collector` and its commands, in the order in which `--help` lists them. */
import type { Listed } from '#base/command.ts'
import type { Program } from '#base/program.ts'
import about from '../../package.json' with { type: 'json' }
import type { Io } from './io.ts'

const commands: readonly Listed<Io>[] = [
  {
    name: 'serve',
    summary: 'Run the collector until SIGTERM or SIGINT; SIGHUP looks again what is published and written.',
    load: async () => (await import('./serve.ts')).serve,
  },
  {
    name: 'init',
    summary: 'Make the keys, the store and the first account; what is there already stays.',
    load: async () => (await import('./init.ts')).init,
  },
  {
    name: 'publish',
    summary: 'Let the rules and the register hold as they are written now.',
    load: async () => (await import('./publish.ts')).publishCommand,
  },
  {
    name: 'endpoint list',
    summary: 'Print the endpoints: number, status, level, department, name, host, agent.',
    load: async () => (await import('./endpoint.ts')).endpointList,
  },
  {
    name: 'endpoint confirm',
    summary: 'Say that a pending endpoint is a line of the ledger, whatever its hardware says.',
    load: async () => (await import('./endpoint.ts')).endpointConfirm,
  },
  {
    name: 'endpoint retire',
    summary: 'Take an endpoint out of use; what was on there ends as unknown, its incidents stay.',
    load: async () => (await import('./endpoint.ts')).endpointRetire,
  },
  {
    name: 'endpoint merge',
    summary: 'Say that two endpoints are one machine: the first becomes a pointer to the second.',
    load: async () => (await import('./endpoint.ts')).endpointMerge,
  },
  {
    name: 'token create',
    summary: 'Make an enrolment token and print the line to paste on the workstation.',
    load: async () => (await import('./token.ts')).tokenCreate,
  },
  {
    name: 'user reset',
    summary: 'Give an account a new one-time password, end its sessions and forget failed sign-ins.',
    load: async () => (await import('./user.ts')).userReset,
  },
  {
    name: 'recorrelate',
    summary: 'Fold every incident anew from the stored entries, and put right what differs.',
    load: async () => (await import('./recorrelate.ts')).recorrelateCommand,
  },
  {
    name: 'backup',
    summary: 'Copy the store and the keys into a new folder, beside the running collector.',
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
