/** A child process of passport.ts: prints what systeminformation knows of this machine, one line of JSON, unjudged. */
import { baseboard, cpu, diskLayout, mem, networkInterfaces, osInfo, system } from 'systeminformation'

const [machine, board, disks, links, os, processor, memory] = await Promise.allSettled([
  system(),
  baseboard(),
  diskLayout(),
  networkInterfaces(),
  osInfo(),
  cpu(),
  mem(),
])
const given = <T>(result: PromiseSettledResult<T>): T | undefined =>
  result.status === 'fulfilled' ? result.value : undefined

process.stdout.write(
  JSON.stringify({
    machine: given(machine),
    board: given(board),
    disks: given(disks),
    links: given(links),
    os: given(os),
    processor: given(processor),
    memory: given(memory),
  }),
)
