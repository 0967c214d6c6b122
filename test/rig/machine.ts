import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { keepConsole } from './console.ts'
import { type GuestShell, openGuestShell } from './guest-shell.ts'
import type { Image } from './image.ts'
import { type MachineOptions, type Qemu, startQemu } from './qemu.ts'
import { openQmp, type Qmp } from './qmp.ts'
import { until, within } from './until.ts'
import { plugInto, type UsbDevice } from './usb.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

export interface Machine extends AsyncDisposable, GuestShell {
  execute: Qmp['execute']
  /** Resolves when the device is on the bus; the guest's kernel sees it a little later. */
  plug: (device: UsbDevice) => Promise<void>
  /** Pulls it out by surprise, as a hand does. */
  unplug: (device: UsbDevice) => Promise<void>
  /** The console's log on the host, until a machine of the same name starts; and its last lines. */
  console: { file: string; tail: () => string }
}

const BOOT_WITHIN_MS = 90_000

/**
 * Boots a machine; resolves when commands run in it, udev has settled and its network is up. Disposing it is a power cut:
 * what the guest had not flushed is lost, as it would be. QEMU cannot outlive this process.
 */
export async function startMachine(image: Image, options: MachineOptions): Promise<Machine> {
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(temporaryFolder()).path
  await mkdir(join(image.cache, 'consoles'), { recursive: true })
  const file = join(image.cache, 'consoles', `${options.name}.log`)

  const qemu = startQemu(image, options, folder)
  parts.defer(() => end(qemu))
  const log = keepConsole(file, [qemu.stdout, qemu.stderr])
  try {
    const qmp = await openQmp(parts.adopt(await connected(qemu, join(folder, 'qmp')), hangUp))
    const port = parts.adopt(await connected(qemu, join(folder, 'shell')), hangUp)
    const out = new Map<UsbDevice, () => Promise<void>>()
    let plugs = 0
    const plug = async (device: UsbDevice): Promise<void> => {
      if (out.has(device)) throw new Error('it is plugged in already')
      out.set(device, await plugInto(qmp, device, `usb${++plugs}`))
    }
    const unplug = async (device: UsbDevice): Promise<void> => {
      const pull = out.get(device)
      if (!pull) throw new Error('it is not plugged in')
      out.delete(device)
      await pull()
    }
    for (const device of options.plugged ?? []) await plug(device)
    await qmp.execute('cont')
    const shell = await openGuestShell(port, BOOT_WITHIN_MS)
    await shell.must('udevadm settle -t 60', { timeoutMs: 70_000 })
    await shell.must(networkUp(options.address ?? '10.0.9.15/24'))
    shell.setClock(Date.now()) // once more, now that the guest is at rest and hears it at once
    const stack = parts.move()
    return {
      ...shell,
      execute: qmp.execute,
      plug,
      unplug,
      console: { file, tail: log.tail },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  } catch (error) {
    throw new Error(`${options.name} did not come up; its console (${file}) ends:\n${log.tail()}`, { cause: error })
  }
}

/** The one virtio card gets its address, and no default route: on a classified endpoint that would be the violation. */
const networkUp = (address: string): string =>
  `set -e; card=$(basename /sys/bus/virtio/drivers/virtio_net/virtio*/net/*); ip link set "$card" up; ip addr add ${address} dev "$card"`

/** QEMU makes its sockets a moment after it starts: tries until one takes the connection. */
function connected(qemu: Qemu, path: string): Promise<Socket> {
  return until(`QEMU to open ${path}`, 30_000, async () => {
    if (qemu.exitCode !== null) throw new Error(`QEMU ended with code ${qemu.exitCode}`)
    const socket = connect(path)
    await once(socket, 'connect')
    socket.on('error', () => socket.destroy()) // what it means is told by 'close'
    return socket
  })
}

const hangUp = (socket: Socket): void => void socket.destroy()

async function end(qemu: Qemu): Promise<void> {
  if (qemu.exitCode !== null || qemu.signalCode !== null) return
  const ended = once(qemu, 'exit')
  qemu.kill('SIGKILL')
  await within(10_000, 'QEMU to end', ended)
}
