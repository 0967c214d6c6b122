#!/usr/bin/env node
/** `shoumi-collector`: what its commands need of the process. */
import { userInfo } from 'node:os'
import { fileURLToPath } from 'node:url'
import { runProcess } from '#base/program.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import type { Io } from './commands/io.ts'
import { program } from './commands/program.ts'

const io: Io = {
  clock: systemClock,
  user: whoRuns(),
  out: (line) => console.log(line),
  err: (line) => console.error(line),
  // From the source, or from the bundle in dist/collector.
  pagesDir: fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../dist/console' : '../console', import.meta.url)),
  onHangUp: (listener) => process.on('SIGHUP', listener),
}

/** Whoever ran sudo, else the user of this process; its number where it has no name. */
function whoRuns(): string {
  const { SUDO_USER: sudoer } = process.env
  if (sudoer !== undefined && sudoer !== '') return sudoer.slice(0, 64)
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

await runProcess(program, io)
