/** Runs the network sensor where it is started, a network namespace: prints a line of JSON for all it says, judges anew at
 *  each line it reads, stops at SIGTERM. Its argument, if any, is how much the kernel keeps for it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { openDescriptors } from '#agent/platform/linux/descriptors.ts'
import { openLibc } from '#agent/platform/linux/libc.ts'
import { linuxLinks } from '#agent/platform/linux/links.ts'
import { openPlatform } from '#agent/platform/platform.ts'
import { openLinksOn } from '#agent/sensors/network/links-on.ts'
import { networkSensor } from '#agent/sensors/network/network.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'

const receiveBytes = Number(process.argv[2] ?? 0)
const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
const stop = new AbortController()
/** In the file that the environment names, so that a next harness may remember. */
const file = process.env['HARNESS_MEMORY'] || undefined
const memory = {
  keep: (_: string, value: string): void => (file === undefined ? undefined : writeFileSync(file, value)),
  kept: (): string | undefined => (file !== undefined && existsSync(file) ? readFileSync(file, 'utf8') : undefined),
}
process.once('SIGTERM', () => stop.abort())
const say = (line: object): void =>
  void process.stdout.write(`${JSON.stringify({ ...line, mono: systemClock.monotonic() })}\n`)
const lines = createInterface({ input: process.stdin })

async function run(links: Parameters<typeof networkSensor>[0]): Promise<void> {
  const context = {
    observe: (fact: object) => (say({ fact }), true),
    drained: () => Promise.resolve(),
    momentAt: (mono: number) => ({ mono, boot: '00000000-0000-4000-8000-000000000000' }),
    cover: (coverage: object) => say({ coverage }),
    onJudgeAnew: (tellPresent: () => void) => void lines.on('line', tellPresent),
    clock: systemClock,
  }
  await networkSensor(links, openLinksOn(boot, { memory, clock: systemClock })).run(context, stop.signal)
}

if (receiveBytes === 0) {
  await using platform = await openPlatform({ clock: systemClock })
  await run(platform.links)
} else {
  const libc = openLibc()
  await using descriptors = openDescriptors(libc)
  await run(linuxLinks({ boot, receiveBytes }, { libc, descriptors, clock: systemClock }))
}
lines.close()
process.stdin.destroy()
