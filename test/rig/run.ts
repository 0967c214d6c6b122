import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Runs a program of the host to its end and gives what it printed; a failure carries what it complained of. */
export async function run(program: string, args: readonly string[], cwd?: string): Promise<string> {
  const env = {
    ...process.env,
    LC_ALL: 'C.UTF-8',
    DEBIAN_FRONTEND: 'noninteractive',
    PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
  }
  const { stdout } = await execute(program, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 })
  return stdout
}
