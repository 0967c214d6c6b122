import type { Machine } from './machine.ts'

/**
 * Has a guest's process miss what happens during `meanwhile`: it stands still, its netlink sockets of that kind are made
 * to overflow, and it goes on afterwards. The kernel tells it ENOBUFS; the notifications themselves are gone for good.
 */
export async function overflow(
  machine: Machine,
  pid: number,
  kind: 'uevent' | 'route',
  meanwhile: () => Promise<void>,
): Promise<void> {
  await machine.must(`/usr/bin/python3 /run/rig/overflow.py ${pid} ${kind}`, { timeoutMs: 90_000 })
  try {
    await meanwhile()
  } finally {
    await machine.must(`kill -CONT ${pid}`)
  }
}
