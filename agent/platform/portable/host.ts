import { arch, hostname, release, type } from 'node:os'

/** The name of this computer, and what it runs on, for people. */
export const thisHost = (): { name: string; system: string } => ({
  name: hostname().slice(0, 256),
  system: `${type()} ${release()} ${arch()}`.slice(0, 256),
})
