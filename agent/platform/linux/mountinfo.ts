/** /proc/self/mountinfo (proc_pid_mountinfo(5)). */
import type { SeenMount } from '#agent/media/signal.ts'

export interface Mount extends SeenMount {
  /** `major:minor` of the file system. */
  dev: string
}

/** The kernel writes blank, tab, newline and backslash as three octal digits. */
const unescape = (text: string): string => text.replace(/\\([0-7]{3})/g, (_, octal: string) => octalByte(octal))
const octalByte = (octal: string): string => String.fromCharCode(Number.parseInt(octal, 8) & 0xff)
/** One character a byte in, text out; bytes that are no UTF-8 become U+FFFD. */
const decode = (latin1: string): string => Buffer.from(unescape(latin1), 'latin1').toString('utf8')

/** One line, read as latin1; undefined where it is no mount, or one whose names no event could carry. */
function parseMount(line: string): Mount | undefined {
  const [id, , dev, , mountPoint, options, ...rest] = line.split(' ')
  const dash = rest.indexOf('-') // any number of optional fields before it
  const [fs, device, superOptions] = rest.slice(dash + 1)
  if (id === undefined || dev === undefined || !/^\d+:\d+$/.test(dev) || dash < 0) return undefined
  if (!mountPoint || options === undefined || !fs || !device) return undefined
  const readOnly = [...options.split(','), ...(superOptions ?? '').split(',')].includes('ro')
  const volume = { device: decode(device), fs: decode(fs), readOnly, mountPoint: decode(mountPoint) }
  const fits = volume.device.length <= 4096 && volume.mountPoint.length <= 4096 && volume.fs.length <= 256
  return fits ? { id, dev, volume } : undefined
}

export const parseMounts = (latin1: string): Mount[] => latin1.split('\n').flatMap((line) => parseMount(line) ?? [])
