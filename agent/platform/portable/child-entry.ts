/** Where the file of a child process is: beside its source, or beside the bundle that ships it. */
import { fileURLToPath } from 'node:url'

export const childEntry = (name: string): string =>
  fileURLToPath(new URL(`${name}.${import.meta.url.endsWith('.ts') ? 'ts' : 'mjs'}`, import.meta.url))
