/** What the collector's commands have in common. */
import { asOwnerOf } from '#base/as-owner.ts'
import type { Spoken } from '#base/command.ts'
import { loadConfig, type CollectorConfig } from '#collector/config.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'

export interface Io extends Spoken {
  readonly clock: Clock
  /** Who runs it, as far as the system says. */
  readonly user: string
  /** The folder with the built console. */
  readonly pagesDir: string
  /** Called at each SIGHUP. */
  readonly onHangUp: (listener: () => void) => void
}

export const configOption = { config: { type: 'string', default: '/etc/shoumi/collector.yaml' } } as const

/** The configuration, for a command that may touch the data that it names: throws NotOwnerError where whoever runs it is
 *  not their owner. `command`: as typed. */
export async function loadOwnConfig(file: string, command: string): Promise<CollectorConfig> {
  const config = await loadConfig(file)
  await asOwnerOf(config.dataDir, `shoumi-collector ${command} …`)
  return config
}
