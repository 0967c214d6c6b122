#!/usr/bin/env node
/** `shoumi-agent`: what its commands need of the process. */
import type { ListedCommand } from '#base/command.ts'
import { runProcess } from '#base/program.ts'
import about from '../package.json' with { type: 'json' }
import type { Io } from './commands/io.ts'

const commands: readonly ListedCommand<Io>[] = [
  {
    name: 'run',
    summary: 'Watch this computer, and report to the collector, until told to stop.',
    usage: `shoumi-agent run [--config FILE]

Asks nothing. What the file does not say, the environment may, and it wins:
  COLLECTOR_URL   https://host:port of the collector; several apart by commas
  CA_PIN          sha256:… of the collector's root, as \`shoumi-collector token create\` prints it
  ENROL_TOKEN     an enrolment token, or TOKEN_FILE, a file that holds one
Without a collector it records, and enrols once there is one.`,
    load: async () => (await import('./commands/run.ts')).run,
  },
]

const io: Io = {
  out: (line) => console.log(line),
  err: (line) => console.error(line),
  environment: process.env,
  crash(error) {
    console.error(error)
    process.exit(1)
  },
}

/** By name, so that nothing is loaded for a list of errors. */
function exitOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  if (error.name === 'ConfigError') return 2
  return ['NotOwnerError', 'JournalError', 'IdentityError'].includes(error.name) ? 1 : undefined
}

const program = {
  name: 'shoumi-agent',
  version: about.version,
  about: 'Records what leaves this computer, and can prove it.',
  commands,
  exitOf,
}
await runProcess(program, io)
