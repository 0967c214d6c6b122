/** Attributes of netlink messages: u16 length, u16 type, value, padded to four bytes (netlink(7)). */
import ipaddr from 'ipaddr.js'

export type Attributes = ReadonlyMap<number, Buffer>

const NESTED_OR_NETWORK_ORDER = 0xc000

/** The last of each type; stops where the bytes are malformed. */
export function attributesOf(bytes: Buffer = Buffer.alloc(0)): Attributes {
  const found = new Map<number, Buffer>()
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = bytes.readUInt16LE(at)
    if (length < 4 || at + length > bytes.length) break
    found.set(bytes.readUInt16LE(at + 2) & ~NESTED_OR_NETWORK_ORDER, bytes.subarray(at + 4, at + length))
    at += (length + 3) & ~3
  }
  return found
}

/** Up to the first zero, at most 256 characters; undefined where there is nothing. */
export function textOf(value: Buffer | undefined): string | undefined {
  const text = value?.toString('utf8').split('\0')[0]?.slice(0, 256)
  return text === '' ? undefined : text
}

/** As RFC 5952 writes it; undefined where the length is wrong. */
export function ipOf(family: 'ipv4' | 'ipv6', value: Buffer | undefined): string | undefined {
  return value?.length === (family === 'ipv4' ? 4 : 16) ? ipaddr.fromByteArray([...value]).toString() : undefined
}

/** Of 169.254.0.0/16, fe80::/10 or a loopback network: says nothing of where a machine is connected. */
export const isLocalOnly = (address: string): boolean =>
  ['linkLocal', 'loopback'].includes(ipaddr.parse(address).range())
