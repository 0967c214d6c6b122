import { createHash } from 'node:crypto'
import { access, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { apt, installPackages, updateLists } from './packages.ts'
import { run } from './run.ts'

/** What a machine boots: Debian's kernel, a first file system that only mounts the real one, and the modules. */
export interface Image {
  kernel: string
  initramfs: string
  /** A folder that holds `lib/modules`' content: mounted in the guest, so udev loads whatever a device asks for. */
  modules: string
  /** The scripts that the guest runs, mounted there too: changing one needs no new image. */
  guest: string
  /** Where logs for a look afterwards may be left. */
  cache: string
}

/** Only what the guest needs before its root is mounted, and the shell's port; all else is loaded from the root. */
const early = ['virtio_pci', '9pnet_virtio', '9p', 'overlay', 'virtio_console', 'virtio_blk', 'virtio_net']
const guest = join(import.meta.dirname, 'guest')

/**
 * The image, made once and kept in a folder that git ignores (`RIG_CACHE` names another). Safe to call from several test
 * files at once: each part is made aside and moved into place. Throws `RigUnavailable` where it cannot be made.
 */
export async function openImage(
  cache = process.env.RIG_CACHE ?? resolve(import.meta.dirname, '../../.cache/rig'),
): Promise<Image> {
  await installPackages()
  await mkdir(cache, { recursive: true })
  const debian = await debianKernel(cache)
  const init = await readFile(join(guest, 'init.sh'))
  const digest = createHash('sha256')
    .update(init)
    .update(early.join())
    .update(basename(debian))
    .digest('hex')
    .slice(0, 16)
  const initramfs = join(cache, `initramfs-${digest}.gz`)
  if (!(await exists(initramfs))) await buildInitramfs(cache, debian, initramfs)
  const release = await releaseOf(debian)
  const unpacked = join(debian, 'boot/vmlinux')
  const kernel = (await exists(unpacked)) ? unpacked : join(debian, `boot/vmlinuz-${release}`)
  return { kernel, initramfs, modules: join(debian, 'lib/modules'), guest, cache }
}

/** The unpacked kernel package. One that is there is used: which of Debian's kernels it is matters little, a download does. */
async function debianKernel(cache: string): Promise<string> {
  const kept = (await readdir(cache))
    .filter((name) => name.startsWith('linux-image-'))
    .toSorted()
    .at(-1)
  if (kept) return join(cache, kept)
  const aside = await mkdtemp(join(cache, 'aside-'))
  try {
    await updateLists('Debian’s kernel must be fetched')
    const depends = await run('apt-cache', ['depends', 'linux-image-amd64'])
    const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1]
    if (!name) throw new Error(`linux-image-amd64 depends on no kernel: ${depends}`)
    await apt(`${name} must be fetched`, ['download', '-qq', name], aside)
    const archive = (await readdir(aside)).find((file) => file.endsWith('.deb'))
    if (!archive) throw new Error(`apt-get download left no ${name}`)
    await run('dpkg-deb', ['-x', join(aside, archive), join(aside, name)])
    await run('depmod', ['-b', join(aside, name), name.replace('linux-image-', '')])
    await unpackKernel(join(aside, name), name.replace('linux-image-', ''))
    return await moveInto(join(aside, name), join(cache, name))
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

/** QEMU can boot the bare kernel: the guest need not unpack it, 3 s under emulation. One that is not packed by xz stays as it is. */
async function unpackKernel(debian: string, release: string): Promise<void> {
  const packed = join(debian, `boot/vmlinuz-${release}`)
  const start = (await readFile(packed)).indexOf(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]))
  if (start < 0) return
  const script =
    'tail -c "+$2" "$1" | xz -dc --single-stream 2>/dev/null > "$3"; [ "$(head -c 4 "$3" | tail -c 3)" = ELF ] || rm "$3"'
  await run('sh', ['-c', script, 'sh', packed, String(start + 1), join(debian, 'boot/vmlinux')])
}

async function buildInitramfs(cache: string, debian: string, target: string): Promise<void> {
  const aside = await mkdtemp(join(cache, 'aside-'))
  try {
    const root = join(aside, 'root')
    for (const folder of ['bin', 'proc', 'sys', 'dev', 'host', 'rw', 'root', 'modules']) {
      await mkdir(join(root, folder), { recursive: true })
    }
    const busybox = (await run('sh', ['-c', 'command -v busybox'])).trim()
    await copyFile(busybox, join(root, 'bin/busybox'))
    const order = await modulesInOrder(debian)
    for (const file of order) await copyFile(file, join(root, 'modules', basename(file)))
    await writeFile(join(root, 'modules/order'), order.map((file) => `${basename(file)}\n`).join(''))
    await writeFile(join(root, 'init'), await readFile(join(guest, 'init.sh')), { mode: 0o755 })
    await run('sh', ['-c', 'find . | cpio -o -H newc --quiet | gzip -1 > ../initramfs.gz'], root)
    await moveInto(join(aside, 'initramfs.gz'), target)
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

/** The early modules with all they depend on, each after what it needs. */
async function modulesInOrder(debian: string): Promise<string[]> {
  const release = await releaseOf(debian)
  const found = new Set<string>()
  for (const name of early) {
    const depends = await run('modprobe', ['-d', debian, '-S', release, '--show-depends', '--ignore-install', name])
    for (const match of depends.matchAll(/^insmod (\S+\.ko)/gm)) found.add(match[1] ?? '')
  }
  return [...found]
}

/** Whoever comes second finds the first one's work in place and keeps it. */
async function moveInto(made: string, target: string): Promise<string> {
  await rename(made, target).catch(async (error: unknown) => {
    if (!(await exists(target))) throw error
  })
  return target
}

async function releaseOf(debian: string): Promise<string> {
  const [release] = await readdir(join(debian, 'lib/modules'))
  if (!release) throw new Error(`no modules below ${debian}`)
  return release
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )
