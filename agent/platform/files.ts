/** What `platform/` tells about the files on a mounted volume. Facts of this machine, no opinion. */
import type { Volume } from '#shared/event/subject.ts'

/** What one look at a regular file showed. Times in ms since 1970, with the system's fraction; 0 where it keeps none. */
export interface Look {
  readonly sizeBytes: number
  readonly mtimeMs: number
  readonly ctimeMs: number
  readonly birthtimeMs: number
  readonly dev: number
  readonly ino: number
}

/** What cannot be seen of a volume, or may have been missed. */
export type Trouble =
  | { readonly code: 'watch-limit' | 'unreadable'; readonly detail: string }
  | { readonly code: 'too-many' | 'too-deep' | 'overflow' }

export interface FileListener {
  /** A regular file is there, or has changed. `initial` while the first scan goes on: then it may have been there before. */
  file: (path: string, look: Look, initial: boolean) => void
  /** The first scan is through, and every folder found is heard. */
  ready: () => void
  trouble: (trouble: Trouble) => void
}

export interface TreeBounds {
  /** Files and folders; what would be more is not seen (`too-many`, told once). */
  maxPaths: number
  /** Folders below the root; what is deeper is not seen (`too-deep`). */
  maxDepth: number
}

export interface FileId {
  readonly path: string
  readonly dev: number
  readonly ino: number
}
export interface OpenAnswer {
  /** Paths, of those asked for, that another process has open. */
  readonly open: ReadonlySet<string>
  /** False where some process would not show its descriptors: what is not in `open` is then *unknown*, not closed. */
  readonly sawAll: boolean
}
/** Takes any number of files in one go. Never rejects. What this process has open does not count. */
export type OpenFiles = (files: readonly FileId[]) => Promise<OpenAnswer>

/** One volume, as it was mounted when it was opened. Keeps nobody from unmounting it. */
export interface VolumeFiles {
  /** Tells every file that is there (`initial`), `ready`, and then every change, until disposed: hears nothing from that
   *  call on, and holds nothing once it resolves. Follows no link and leaves no file system. When something may have been
   *  missed, watch once more, and dispose the first when the second is ready. */
  watch: (bounds: TreeBounds, listener: FileListener) => AsyncDisposable
  /** `gone`: nothing of that name is there, or something that is no regular file. `unreadable`: the system would not say.
   *  Follows no link. */
  look: (path: string) => Promise<Look | 'gone' | 'unreadable'>
  /** False once another file system, or none, is where this one was, or its device was pulled, even before the media
   *  table says so. */
  isThere: () => Promise<boolean>
  /** Whether its device is known to be plugged in still, mounted or not. */
  isPlugged: () => Promise<boolean>
}

/** Files as the operating system tells them. */
export interface FileSource {
  /** Undefined where the mount point cannot be looked at. */
  open: (volume: Volume) => Promise<VolumeFiles | undefined>
  openFiles: OpenFiles
}
