import { fileURLToPath } from 'node:url'

/** Where the file of a child process lies: beside this one as it is written, beside the bundle as it ships. */
export const childEntry = (name: 'links-child' | 'passport-child'): string =>
  fileURLToPath(new URL(`${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.mjs'}`, import.meta.url))
