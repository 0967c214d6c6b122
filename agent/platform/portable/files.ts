/** Files on any system that Node knows: looked at by their paths, and heard by chokidar. */
import type { FileSource, OpenFiles, VolumeFiles } from '../files.ts'
import { deviceNumberOf, lookAt } from './look.ts'

/** For a system that cannot be asked. */
export const openFilesUnknown: OpenFiles = async () => ({ open: new Set(), sawAll: false })

/** `openFiles`: the one thing that each system tells in a way of its own. */
export const portableFiles = (openFiles: OpenFiles): FileSource => ({
  openFiles,
  open: async ({ mountPoint, device: node, fs }): Promise<VolumeFiles | undefined> => {
    const device = await deviceNumberOf(mountPoint)
    // A volume whose device was pulled stays mounted and answers; its node in /dev goes at once. A folder has none.
    const isNodeThere = async (): Promise<boolean> => (await deviceNumberOf(node)) !== undefined
    const hasNode = await isNodeThere()
    if (device === undefined) return undefined
    const { watchTree } = await import('./watch-tree.ts') // with chokidar: most computers have nothing plugged in
    const stayOn = fs === 'btrfs' ? undefined : device // each of its subvolumes has a device of its own
    return {
      watch: (bounds, listener) => watchTree(mountPoint, stayOn, bounds, listener),
      look: lookAt,
      isThere: async () => (await deviceNumberOf(mountPoint)) === device && (!hasNode || (await isNodeThere())),
      isPlugged: async () => hasNode && (await isNodeThere()),
    }
  },
})
