import { join, resolve } from 'node:path'
import type { Api, Event, Incident } from './api.ts'
import { type Collector, GUEST_SIDE, startCollector } from './collector.ts'
import { type Image, openImage } from './image.ts'
import { type Machine, startMachine } from './machine.ts'
import { type MailServer, startMail } from './mail.ts'
import { RigUnavailable } from './packages.ts'
import type { Forward } from './qemu.ts'
import { run } from './run.ts'
import { until } from './until.ts'
import type { UsbDevice } from './usb.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const root = resolve(import.meta.dirname, '../..')

/** The image, or why there is none on this machine; then the cases are skipped with that reason. */
export const prepareRig = (): Promise<Image | RigUnavailable> =>
  openImage().catch((error: unknown) => {
    if (!(error instanceof RigUnavailable)) throw error
    console.warn(error.message)
    return error
  })

/** The whole product: mail server and collector on the host, a guest for the agent, all real. */
export interface Whole extends AsyncDisposable {
  readonly folder: string
  readonly machine: Machine
  readonly collector: Collector
  readonly mail: MailServer
}

export async function startWhole(
  image: Image,
  guest: {
    name: string
    mac: string
    register: string
    plugged?: (folder: string) => Promise<UsbDevice[]>
    devices?: readonly string[]
  },
): Promise<Whole> {
  await using parts = new AsyncDisposableStack()
  await run(process.execPath, [join(root, 'scripts/build.mjs')])
  const folder = parts.use(temporaryFolder()).path
  const mail = parts.use(await startMail(2))
  const routes = { secrecy: 'top-secret', duty: 'internal' }
  const collector = parts.use(await startCollector(folder, { register: guest.register, smtpPort: mail.port, routes }))
  const forwards = forwardsTo(collector)
  const { name, mac, plugged, devices } = guest
  const inside = await plugged?.(folder)
  const machine = parts.use(
    await startMachine(image, { name, mac, forwards, ...(inside && { plugged: inside }), ...(devices && { devices }) }),
  )
  const all = parts.move()
  return { folder, machine, collector, mail, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** The one address outside that a guest can reach. */
export const forwardsTo = ({ agentsPort }: Collector): Forward[] => [
  { guestAddress: GUEST_SIDE, guestPort: 8443, hostPort: agentsPort },
]

/** A start of the agent takes half a minute in a guest whose host is busy. */
const LONGEST_WAIT_MS = 120_000

/** The incident that this picks out, once there is one and it is as `as` wants it. */
export function incident(
  api: Api,
  state: string,
  pick: (incident: Incident) => boolean,
  as: (incident: Incident) => boolean = () => true,
): Promise<Incident> {
  return until(state, LONGEST_WAIT_MS, async () => {
    const found = (await api.incidents()).find(pick)
    if (found !== undefined && !as(found)) throw new Error(JSON.stringify(found))
    return found
  })
}

export const ofMedium =
  (part: { usbSerial?: string; label?: string }) =>
  ({ medium }: Incident): boolean =>
    medium !== undefined && Object.entries(part).every(([name, value]) => medium[name as 'label'] === value)

/** Kinds of a timeline, each with what tells it apart. */
export const kindsOf = (events: readonly Event[]): string[] => events.map(({ kind }) => kind)

/** The guest's disk of the stick with this serial, once its kernel has it. */
export const diskOf = (machine: Machine, serial: string): Promise<string> =>
  until(`a disk of the stick ${serial}`, 40_000, async () => {
    const { stdout } = await machine.sh(
      `for d in /sys/block/sd*; do p=$(readlink -f $d); while [ "$p" != / ]; do [ -f "$p/serial" ] && { [ "$(cat "$p/serial")" = '${serial}' ] && basename $d; break; }; p=$(dirname "$p"); done; done`,
    )
    return stdout.trim().split('\n')[0] || undefined
  })
