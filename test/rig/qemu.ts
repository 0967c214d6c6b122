import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Image } from './image.ts'
import type { UsbDevice } from './usb.ts'

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
  /** More of QEMU's `-device` settings, for hardware that is there from the start. */
  devices?: readonly string[]
}
export interface Forward {
  guestAddress: string
  guestPort: number
  hostPort: number
}
export type Qemu = ChildProcessByStdio<null, Readable, Readable>

/**
 * Modules that udev would load and that only cost time under emulation; and `cdc_subset`, which lays hands on QEMU's network
 * adapter if it comes before `cdc_ether`, and then there is a link with a made-up address, now and then.
 */
const unwanted =
  'cdc_subset,kvm_amd,kvm_intel,kvm,powernow_k8,acpi_cpufreq,pcspkr,iTCO_wdt,lpc_ich,i2c_i801,parport_pc,aesni_intel,' +
  'sha512_ssse3,sha256_ssse3,ghash_clmulni_intel,crc32_pclmul,crct10dif_pclmul'

/** Starts QEMU, stopped before the first instruction, with sockets `qmp` and `shell` in `folder` and the console on its stdout. */
export function startQemu(image: Image, options: MachineOptions, folder: string): Qemu {
  const { name, memoryMiB = 2048, mac = '52:54:00:00:09:0f', forwards = [], disks = [], devices = [] } = options
  // `no_timer_check`: on a busy host the emulated timer misses the kernel's check, and the kernel panics.
  const kernel = ['console=ttyS0', 'loglevel=4', 'panic=-1', 'mitigations=off', 'random.trust_cpu=on', 'no_timer_check']
  const settings: [string, string?][] = [
    ['machine', 'q35,sata=off,smbus=off,i8042=off,vmport=off,hpet=off'],
    ['accel', 'tcg,thread=multi,tb-size=512'],
    ['cpu', 'max'],
    ['smp', '2'],
    ['m', String(memoryMiB)],
    ['bios', 'qboot.rom'],
    ['rtc', 'base=utc'],
    ['nodefaults'],
    ['no-user-config'],
    ['no-reboot'],
    ['display', 'none'],
    ['vga', 'none'],
    ['S'],
    ['kernel', image.kernel],
    ['initrd', image.initramfs],
    ['append', [...kernel, `modprobe.blacklist=${unwanted}`, `rig.name=${name}`].join(' ')],
    ['smbios', `type=1,manufacturer=Rig,product=Rig,serial=${name}`],
    ['serial', 'stdio'],
    ['qmp', `unix:${quoted(join(folder, 'qmp'))},server=on,wait=off`],
    ['chardev', `socket,id=shell,path=${quoted(join(folder, 'shell'))},server=on,wait=off`],
    ['device', 'virtio-serial-pci'],
    ['device', 'virtserialport,chardev=shell,name=rig.shell'],
    ['device', 'qemu-xhci,id=xhci,p2=8,p3=8'],
    ['virtfs', over9p('host', '/')],
    ['virtfs', over9p('modules', image.modules)],
    ['virtfs', over9p('guest', image.guest)],
    [
      'netdev',
      ['user,id=net,net=10.0.9.0/24,ipv6=off,host=10.0.9.1,dns=10.0.9.3,restrict=on', ...forwards.map(forwarded)].join(
        ',',
      ),
    ],
    ['device', `virtio-net-pci,netdev=net,mac=${mac},romfile=`],
    ...disks.flatMap((disk, index): [string, string][] => [
      ['drive', `if=none,id=disk${index},format=raw,file=${quoted(disk.image)}`],
      ['device', `virtio-blk-pci,drive=disk${index},serial=${disk.serial}`],
    ]),
    ...devices.map((device): [string, string] => ['device', device]),
  ]
  const args = settings.flatMap(([setting, value]) => [`-${setting}`, ...(value === undefined ? [] : [value])])
  // The kernel ends QEMU with whoever started it; the guest ends itself too when its shell loses the host.
  const deathSignal = ['--pdeathsig', 'KILL']
  return spawn('setpriv', [...deathSignal, 'qemu-system-x86_64', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
}

const over9p = (tag: string, path: string): string =>
  `local,path=${quoted(path)},mount_tag=${tag},security_model=none,readonly=on,multidevs=remap`

/**
 * A command a connection: guestfwd's other form opens one connection when QEMU starts and shares it among all. What the
 * command complains of would reach the guest as data.
 */
const forwarded = ({ guestAddress, guestPort, hostPort }: Forward): string =>
  `guestfwd=tcp:${guestAddress}:${guestPort}-cmd:sh -c 'exec busybox nc 127.0.0.1 ${hostPort} 2>/dev/null'`

/** QEMU's own lists are cut at commas; a doubled one stands for itself. */
const quoted = (path: string): string => path.replaceAll(',', ',,')
