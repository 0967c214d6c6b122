/** `as-user.ts UID COMMAND …`: a command of the collector, run by another user. Started as root, it has read all of its code
 *  before it becomes that user, who may not be let into the folder where the code lies. */
import { runProgram } from '#base/program.ts'
import { program } from '#collector/commands/program.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'

const [uid = 0, ...args] = process.argv.slice(2).map((word, at) => (at === 0 ? Number(word) : word))
await Promise.all(program.commands.map((command) => command.load()))
process.umask(0o077)
process.setgroups?.([])
process.setgid?.(uid)
process.setuid?.(uid)
const io = {
  clock: systemClock,
  user: `uid ${uid}`,
  out: (line: string) => console.log(line),
  err: (line: string) => console.error(line),
  pagesDir: '',
  onHangUp: () => undefined,
}
process.exitCode = await runProgram(program, args.map(String), io, new AbortController().signal)
