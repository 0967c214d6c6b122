/** A tree of /sys, /proc and /run as Linux lays it out, in a folder, to be changed by hand. */
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { temporaryFolder } from './temporary-folder.ts'

export interface FakeSys extends AsyncDisposable {
  root: string
  write: (path: string, text: string) => Promise<void>
  remove: (path: string) => Promise<void>
  /** A USB device in a port (`1-1`) with interfaces (`080650`). */
  usb: (port: string, about: { address: number; serial?: string; interfaces: string[] }) => Promise<string>
  /** A disk below the device's folder, or on a bus of its own. */
  disk: (
    below: string,
    name: string,
    about: { dev: string; sectors: number; removable?: 0 | 1; diskseq: number },
  ) => Promise<string>
  mounts: (...lines: string[]) => Promise<void>
}

export async function fakeSys(): Promise<FakeSys> {
  const { path: root, remove: removeAll } = temporaryFolder()
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(root + path), { recursive: true })
    await writeFile(root + path, `${text}\n`)
  }
  const link = async (from: string, to: string): Promise<void> => {
    await mkdir(dirname(root + from), { recursive: true })
    await rm(root + from, { force: true })
    await symlink(root + to, root + from)
  }
  const remove = (path: string): Promise<void> => rm(root + path, { recursive: true, force: true })
  await write('/proc/self/mountinfo', '1 0 254:0 / / rw - ext4 /dev/vda rw')
  return {
    root,
    write,
    remove,
    async usb(port, { address, serial, interfaces }) {
      const path = `/sys/devices/pci0/usb2/${port}`
      const attributes = {
        busnum: '2',
        devnum: String(address),
        idVendor: '46f4',
        idProduct: '0001',
        manufacturer: 'QEMU',
        product: 'Stick',
      }
      for (const [name, text] of Object.entries(attributes)) await write(`${path}/${name}`, text)
      if (serial !== undefined) await write(`${path}/serial`, serial)
      await link(`/sys/bus/usb/devices/${port}`, path)
      for (const [i, triple] of interfaces.entries()) {
        const folder = `${path}/${port}:1.${i}`
        await write(`${folder}/bInterfaceClass`, triple.slice(0, 2))
        await write(`${folder}/bInterfaceSubClass`, triple.slice(2, 4))
        await write(`${folder}/bInterfaceProtocol`, triple.slice(4))
        await link(`/sys/bus/usb/devices/${port}:1.${i}`, folder)
      }
      return path
    },
    async disk(below, name, { dev, sectors, removable = 1, diskseq }) {
      const path = `${below}/block/${name}`
      const attributes = { dev, size: sectors, removable, diskseq }
      for (const [attribute, value] of Object.entries(attributes)) await write(`${path}/${attribute}`, String(value))
      await link(`/sys/block/${name}`, path)
      return path
    },
    mounts: (...lines) => write('/proc/self/mountinfo', lines.join('\n')),
    [Symbol.asyncDispose]: async () => removeAll(),
  }
}
