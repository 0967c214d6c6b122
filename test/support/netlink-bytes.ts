/** Messages of route netlink, built byte by byte from the kernel's headers. */

export const attribute = (type: number, value: Buffer): Buffer => {
  const bytes = Buffer.alloc((4 + value.length + 3) & ~3)
  bytes.writeUInt16LE(4 + value.length, 0)
  bytes.writeUInt16LE(type, 2)
  value.copy(bytes, 4)
  return bytes
}

export const message = (type: number, flags: number, sequence: number, ...body: Buffer[]): Buffer => {
  const content = Buffer.concat(body)
  const bytes = Buffer.alloc((16 + content.length + 3) & ~3)
  bytes.writeUInt32LE(16 + content.length, 0)
  bytes.writeUInt16LE(type, 4)
  bytes.writeUInt16LE(flags, 6)
  bytes.writeUInt32LE(sequence, 8)
  content.copy(bytes, 16)
  return bytes
}

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** struct ifinfomsg. */
export const ifinfo = (index: number, flags: number, hardware = 1): Buffer => {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt16LE(hardware, 2)
  bytes.writeInt32LE(index, 4)
  bytes.writeUInt32LE(flags, 8)
  return bytes
}

/** struct ifaddrmsg. */
export const ifaddr = (family: number, prefix: number, index: number): Buffer =>
  Buffer.concat([Buffer.from([family, prefix, 0, 0]), u32(index)])

/** struct rtmsg of a default route, if not said otherwise. */
export const rtmsg = (
  family: number,
  more: { length?: number; sourceLength?: number; table?: number; protocol?: number; type?: number } = {},
): Buffer => {
  const { length = 0, sourceLength = 0, table = 254, protocol = 3, type = 1 } = more
  return Buffer.from([family, length, sourceLength, 0, table, protocol, 0, type, 0, 0, 0, 0])
}

/** struct rtnexthop. */
export const nextHop = (index: number, ...attributes: Buffer[]): Buffer => {
  const content = Buffer.concat(attributes)
  const head = Buffer.alloc(8)
  head.writeUInt16LE(8 + content.length, 0)
  head.writeUInt32LE(index, 4)
  return Buffer.concat([head, content])
}
