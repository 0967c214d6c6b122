/** Runs the network sensor where it is started, a network namespace: prints a line of JSON for all it says, judges anew at
 *  each line it reads, stops at SIGTERM. Its argument, if any, is how much the kernel keeps for it. */
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { openDescriptors } from '#agent/platform/linux/descriptors.ts'
import { openLibc } from '#agent/platform/linux/libc.ts'
import { linuxLinks } from '#agent/platform/linux/links.ts'
import { openPlatform } from '#agent/platform/platform.ts'
import { networkSensor } from '#agent/sensors/network/network.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'

const receiveBytes = Number(process.argv[2] ?? 0)
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())
const say = (line: object): void =>
  void process.stdout.write(`${JSON.stringify({ ...line, mono: systemClock.monotonic() })}\n`)
const lines = createInterface({ input: process.stdin })

async function run(links: Parameters<typeof networkSensor>[0]): Promise<void> {
  const context = {
    observe: (fact: object) => (say({ fact }), true),
    drained: () => Promise.resolve(),
    cover: (coverage: object) => say({ coverage }),
    onJudgeAnew: (tellPresent: () => void) => void lines.on('line', tellPresent),
    clock: systemClock,
  }
  await networkSensor(links).run(context, stop.signal)
}

if (receiveBytes === 0) {
  await using platform = await openPlatform({ clock: systemClock })
  await run(platform.links)
} else {
  const libc = openLibc()
  await using descriptors = openDescriptors(libc)
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  await run(linuxLinks({ boot, receiveBytes }, { libc, descriptors, clock: systemClock }))
}
lines.close()
process.stdin.destroy()
