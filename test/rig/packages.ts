import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { run } from './run.ts'

/** What the rig runs on the host, or the guest out of the host's file system, and the Debian package that brings it. */
const needed: Readonly<Record<string, string>> = {
  'qemu-system-x86_64': 'qemu-system-x86',
  busybox: 'busybox-static',
  cpio: 'cpio',
  xz: 'xz-utils',
  depmod: 'kmod',
  udevadm: 'udev',
  ip: 'iproute2',
  python3: 'python3',
  setpriv: 'util-linux',
  'mkfs.vfat': 'dosfstools',
  'mkfs.exfat': 'exfatprogs',
  'mkfs.ext4': 'e2fsprogs',
  mcopy: 'mtools',
}

/** Why the rig cannot be had on this machine: a fact about the machine, so its test is skipped, not failed. */
export class RigUnavailable extends Error {
  override name = 'RigUnavailable'
  constructor(why: string, options?: ErrorOptions) {
    super(`skipped because ${why}`, options)
  }
}

/** Installs what is missing; asks no registry when nothing is. */
export async function installPackages(): Promise<void> {
  const missing = await absent()
  if (missing.length === 0) return
  await updateLists(`${missing.join(', ')} must be installed`)
  await apt(`${missing.join(', ')} must be installed`, ['install', '-y', '-qq', '--no-install-recommends', ...missing])
  const still = await absent()
  if (still.length > 0) throw new RigUnavailable(`${still.join(', ')} did not bring the programs looked for`)
}

/** What apt-cache answers from: an old list names packages that are gone. */
export const updateLists = (purpose: string): Promise<void> => apt(purpose, ['update', '-qq'])

/** apt-get, waiting for whoever else holds its lock. Throws `RigUnavailable` where there is no apt, no right to it or nothing to be had. */
export async function apt(purpose: string, args: readonly string[], cwd?: string): Promise<void> {
  if (process.getuid?.() !== 0) throw new RigUnavailable(`${purpose}, which needs root`)
  if (!(await onPath('apt-get'))) throw new RigUnavailable(`${purpose}, and there is no apt-get here`)
  try {
    await run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', '-o', 'APT::Sandbox::User=root', ...args], cwd)
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new RigUnavailable(`${purpose}, and apt-get failed: ${said}`, { cause: error })
  }
}

async function absent(): Promise<string[]> {
  const found = await Promise.all(Object.keys(needed).map(onPath))
  return Object.values(needed).filter((_, index) => !found[index])
}

async function onPath(program: string): Promise<boolean> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/bin', '/bin']
  const looks = folders.map((folder) =>
    access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    ),
  )
  return (await Promise.all(looks)).includes(true)
}
