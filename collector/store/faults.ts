/** Tells a store that failed (a full disk, another process that holds it) from a question that it could not answer. */
import { StoreBusyError } from './transaction.ts'

/** Of the system (errno) and of SQLite (sqlite.org/rescode.html): PERM, BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT,
 *  FULL, CANTOPEN, NOTADB. */
const SYSTEM = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO']
const SQLITE = [3, 5, 6, 7, 8, 10, 11, 13, 14, 26]

/** True where the store, or the disk that it is on, could not do what it was asked; it may be able to later. */
export function isStoreFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof StoreBusyError) return true
  if ('errcode' in error && SQLITE.includes(Number(error.errcode) & 0xff)) return true
  if ('code' in error && SYSTEM.includes(String(error.code))) return true
  return isStoreFault(error.cause)
}
