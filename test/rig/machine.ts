import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keepConsole } from './console.ts'
import { type GuestShell, openGuestShell } from './guest-shell.ts'
import type { Image } from './image.ts'
import { openQmp, type Qmp } from './qmp.ts'
import { until, within } from './until.ts'
import { plugInto, type UsbDevice } from './usb.ts'

export interface MachineOptions {
  /** The guest's host name, from which its machine id and its product serial follow. */
  name: string
  memoryMiB?: number
  mac?: string
  /** The only network: what the guest is called in it, and the host's loopback ports it can reach. No default route. */
  address?: string
  forwards?: readonly Forward[]
  /** Raw images as virtio disks, `/dev/disk/by-id/virtio-<serial>`: what must outlive this machine. */
  disks?: readonly { image: string; serial: string }[]
  /** In their sockets before the first instruction runs. */
  plugged?: readonly UsbDevice[]
}
export interface Forward {
  guestAddress: string
  guestPort: number
  hostPort: number
}
export interface Machine extends AsyncDisposable, GuestShell {
  execute: Qmp['execute']
  /** Resolves when the device is on the bus; the guest's kernel sees it a little later. */
  plug: (device: UsbDevice) => Promise<void>
  /** Pulls it out by surprise, as a hand does. */
  unplug: (device: UsbDevice) => Promise<void>
  /** The console's log on the host, and its last lines. */
  console: { file: string; tail: () => string }
}

/**
 * Modules that udev would load and that only cost time under emulation; and `cdc_subset`, which lays hands on QEMU's network
 * adapter if it comes before `cdc_ether`, and then there is a link with a made-up address, now and then.
 */
const unwanted =
  'cdc_subset,kvm_amd,kvm_intel,kvm,powernow_k8,acpi_cpufreq,pcspkr,iTCO_wdt,lpc_ich,i2c_i801,parport_pc,aesni_intel,' +
  'sha512_ssse3,sha256_ssse3,ghash_clmulni_intel,crc32_pclmul,crct10dif_pclmul'

const BOOT_WITHIN_MS = 90_000

/**
 * Boots a machine; resolves when commands run in it, udev has settled and its network is up. Disposing it is a power cut:
 * what the guest had not flushed is lost, as it would be. QEMU cannot outlive this process.
 */
export async function startMachine(image: Image, options: MachineOptions): Promise<Machine> {
  await using parts = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'rig-'))
  parts.defer(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(image.cache, 'consoles'), { recursive: true })
  const file = join(image.cache, 'consoles', `${options.name}-${Date.now()}.log`)

  const qemu = startQemu(image, options, folder)
  parts.defer(() => end(qemu))
  const log = keepConsole(file, [qemu.stdout!, qemu.stderr!])
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

function startQemu(image: Image, options: MachineOptions, folder: string): ChildProcess {
  const { name, memoryMiB = 2048, mac = '52:54:00:00:09:0f', forwards = [], disks = [] } = options
  const export9p = (tag: string, path: string): string[] => [
    '-virtfs',
    `local,path=${quoted(path)},mount_tag=${tag},security_model=none,readonly=on,multidevs=remap`,
  ]
  // A command a connection: the other form of guestfwd opens one connection when QEMU starts and shares it among all.
  // The command's complaints would go to the guest as data.
  const forwarded = forwards.map(
    ({ guestAddress, guestPort, hostPort }) =>
      `,guestfwd=tcp:${guestAddress}:${guestPort}-cmd:sh -c 'exec busybox nc 127.0.0.1 ${hostPort} 2>/dev/null'`,
  )
  const args = [
    ...['-M', 'q35,sata=off,smbus=off,i8042=off,vmport=off,hpet=off', '-m', String(memoryMiB), '-smp', '2'],
    ...['-accel', 'tcg,thread=multi,tb-size=512', '-cpu', 'max', '-bios', 'qboot.rom', '-rtc', 'base=utc'],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'none', '-no-reboot', '-S'],
    ...['-kernel', image.kernel, '-initrd', image.initramfs],
    ...['-append', `console=ttyS0 loglevel=4 panic=-1 mitigations=off random.trust_cpu=on modprobe.blacklist=${unwanted} rig.name=${name}`],
    ...['-smbios', `type=1,manufacturer=Rig,product=Rig,serial=${name}`],
    ...['-qmp', `unix:${quoted(join(folder, 'qmp'))},server=on,wait=off`, '-serial', 'stdio'],
    ...['-device', 'virtio-serial-pci', '-chardev', `socket,id=shell,path=${quoted(join(folder, 'shell'))},server=on,wait=off`],
    ...['-device', 'virtserialport,chardev=shell,name=rig.shell', '-device', 'qemu-xhci,id=xhci,p2=8,p3=8'],
    ...export9p('host', '/'),
    ...export9p('modules', image.modules),
    ...export9p('guest', image.guest),
    ...['-netdev', `user,id=net,net=10.0.9.0/24,host=10.0.9.1,dns=10.0.9.3,restrict=on${forwarded.join('')}`],
    ...['-device', `virtio-net-pci,netdev=net,mac=${mac},romfile=`],
    ...disks.flatMap(({ image: disk, serial }, index) => [
      ...['-drive', `if=none,id=disk${index},format=raw,file=${quoted(disk)}`],
      ...['-device', `virtio-blk-pci,drive=disk${index},serial=${serial}`],
    ]),
  ]
  // The kernel ends QEMU with whoever started it; the guest ends itself too when its shell loses the host.
  return spawn('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** QEMU's own lists are cut at commas; a doubled one stands for itself. */
const quoted = (path: string): string => path.replaceAll(',', ',,')

/** QEMU makes its sockets a moment after it starts: tries until one takes the connection. */
function connected(qemu: ChildProcess, path: string): Promise<Socket> {
  return until(`QEMU to open ${path}`, 10_000, async () => {
    if (qemu.exitCode !== null) throw new Error(`QEMU ended with code ${qemu.exitCode}`)
    const socket = connect(path)
    await once(socket, 'connect')
    socket.on('error', () => socket.destroy()) // what it means is told by 'close'
    return socket
  })
}

const hangUp = (socket: Socket): void => void socket.destroy()

async function end(qemu: ChildProcess): Promise<void> {
  if (qemu.exitCode !== null || qemu.signalCode !== null) return
  const ended = once(qemu, 'exit')
  qemu.kill('SIGKILL')
  await within(10_000, 'QEMU to end', ended)
}
