/** Messages of route netlink (rtnetlink(7), linux/if_link.h, if_addr.h, rtnetlink.h): bytes in, facts out. */
import type { SeenAddress, SeenLink, SeenRoute } from '../links.ts'
import { attributesOf, ipOf, isLocalOnly, textOf, type Attributes } from './netlink-attributes.ts'

const NETLINK_ROUTE = 0
/** RTNLGRP_LINK, IPV4_IFADDR, IPV4_ROUTE, IPV6_IFADDR, IPV6_ROUTE. */
const GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400
export const routeSocket = [NETLINK_ROUTE, GROUPS] as const
/** Some 8,000 messages of 1 KiB with the kernel's own cost. */
export const ROUTE_RECEIVE_BYTES = 8 << 20

const HEADER_BYTES = 16
const [ERROR, DONE] = [2, 3]
const [NEWLINK, DELLINK, GETLINK] = [16, 17, 18]
const [NEWADDR, DELADDR, GETADDR] = [20, 21, 22]
const [NEWROUTE, DELROUTE, GETROUTE] = [24, 25, 26]
const MULTI = 0x2
const INTERRUPTED = 0x10
const REPLACE = 0x100
const REQUEST_DUMP = 0x301
const FAMILIES = { 2: 'ipv4', 10: 'ipv6' } as const
const MAIN_TABLE = 254
const UNICAST = 1
const [IFF_UP, IFF_LOOPBACK, IFF_LOWER_UP] = [0x1, 0x8, 0x10000]
const IFA = { address: 1, local: 2 }
const IFLA = { address: 1, name: 3, info: 18, infoKind: 1, permanent: 54 }
const RTA = { source: 2, oif: 4, gateway: 5, priority: 6, multipath: 9, table: 15, via: 18 }

/** `part`: an answer to the dump of that number; else it is news. */
export type RouteMessage = { sequence: number; part: boolean } & (
  | { type: 'link'; change: 'added' | 'removed'; seen: SeenLink }
  | { type: 'address'; change: 'added' | 'removed'; seen: SeenAddress }
  | { type: 'route'; change: 'added' | 'removed'; displaces: boolean; seen: SeenRoute }
  | { type: 'done'; interrupted: boolean }
  | { type: 'error'; errno: number }
)

/** What must be asked for, one after another, to have all. Routes only of the main table where the kernel can filter. */
export const DUMPS = [
  { type: GETLINK, family: 0 },
  { type: GETADDR, family: 0 },
  { type: GETROUTE, family: 2 },
  { type: GETROUTE, family: 10 },
] as const

export function dumpRequest({ type, family }: (typeof DUMPS)[number], sequence: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + 16)
  bytes.writeUInt32LE(bytes.length, 0)
  bytes.writeUInt16LE(type, 4)
  bytes.writeUInt16LE(REQUEST_DUMP, 6)
  bytes.writeUInt32LE(sequence, 8)
  bytes[HEADER_BYTES] = family
  return bytes
}

/** What names the hardware of an interface. */
export type CardOf = (link: { index: number; name: string; permanent?: string }) => string

/** Every message in one datagram; what is malformed, or of no concern, is left out. Never throws. */
export function* parseRouteMessages(bytes: Buffer, cardOf: CardOf): Generator<RouteMessage> {
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const length = bytes.readUInt32LE(at)
    if (length < HEADER_BYTES || at + length > bytes.length) return
    const flags = bytes.readUInt16LE(at + 6)
    const stamp = { sequence: bytes.readUInt32LE(at + 8), part: (flags & MULTI) !== 0 }
    const body = bytes.subarray(at + HEADER_BYTES, at + length)
    yield* parseBody(bytes.readUInt16LE(at + 4), flags, body, stamp, cardOf)
    at += (length + 3) & ~3
  }
}

type Stamp = Pick<RouteMessage, 'sequence' | 'part'>

function parseBody(type: number, flags: number, body: Buffer, stamp: Stamp, cardOf: CardOf): RouteMessage[] {
  const interrupted = (flags & INTERRUPTED) !== 0
  switch (type) {
    case DONE:
      return [{ ...stamp, type: 'done', interrupted }]
    case ERROR:
      return body.length >= 4 && body.readInt32LE(0) !== 0
        ? [{ ...stamp, type: 'error', errno: -body.readInt32LE(0) }]
        : []
    case NEWLINK:
    case DELLINK:
      return parseLink(body, cardOf).map((seen) => ({ ...stamp, type: 'link', change: changeOf(type, NEWLINK), seen }))
    case NEWADDR:
    case DELADDR:
      return parseAddress(body).map((seen) => ({ ...stamp, type: 'address', change: changeOf(type, NEWADDR), seen }))
    case NEWROUTE:
    case DELROUTE: {
      const displaces = type === NEWROUTE && (flags & REPLACE) !== 0
      const change = changeOf(type, NEWROUTE)
      return parseRoutes(body).map((seen, i) => ({
        ...stamp,
        type: 'route',
        change,
        displaces: displaces && i === 0,
        seen,
      }))
    }
    default:
      return []
  }
}

const changeOf = (type: number, added: number): 'added' | 'removed' => (type === added ? 'added' : 'removed')

/** struct ifinfomsg: family, pad, u16 type, s32 index, u32 flags, u32 change. */
function parseLink(body: Buffer, cardOf: CardOf): SeenLink[] {
  if (body.length < 16 || body[0] !== 0) return [] // another family: a bridge's word about its port
  const index = body.readInt32LE(4)
  const flags = body.readUInt32LE(8)
  const attributes = attributesOf(body.subarray(16))
  const name = textOf(attributes.get(IFLA.name))
  if ((flags & IFF_LOOPBACK) !== 0 || index <= 0 || name === undefined) return []
  const kind = textOf(attributesOf(attributes.get(IFLA.info)).get(IFLA.infoKind))
  const mac = hardwareAddress(attributes.get(IFLA.address))
  const permanent = hardwareAddress(attributes.get(IFLA.permanent))
  const link = {
    index,
    name,
    ...(mac !== undefined && { mac }),
    type: typeOf(body.readUInt16LE(2), kind),
    card: cardOf({ index, name, ...(permanent !== undefined && { permanent }) }),
  }
  return [{ link, up: (flags & IFF_UP) !== 0 && (flags & IFF_LOWER_UP) !== 0 }]
}

/** Undefined where it is none: empty, all zero, or longer than the kernel's MAX_ADDR_LEN. */
const hardwareAddress = (bytes: Buffer | undefined): string | undefined =>
  bytes !== undefined && bytes.length <= 32 && bytes.some((byte) => byte !== 0)
    ? (bytes.toString('hex').match(/../g) ?? []).join(':')
    : undefined

const TUNNELS =
  /^(tun|wireguard|gre|gretap|ip6gre|ip6gretap|erspan|ipip|ip6tnl|sit|vti|vti6|vxlan|geneve|xfrm|gtp|l2tpeth)$/
/** A word for people. ARPHRD numbers: linux/if_arp.h. */
function typeOf(hardware: number, kind: string | undefined): string {
  if (kind === 'bridge') return 'bridge'
  if (kind !== undefined && TUNNELS.test(kind)) return 'tunnel'
  if (hardware === 512) return 'ppp'
  if (hardware === 768 || hardware === 769 || hardware === 776 || hardware === 778 || hardware === 0xfffe)
    return 'tunnel'
  if (hardware >= 801 && hardware <= 803) return 'wireless'
  return hardware === 1 ? 'ethernet' : 'other'
}

const familyOf = (number: number | undefined): 'ipv4' | 'ipv6' | undefined =>
  number === 2 || number === 10 ? FAMILIES[number] : undefined

/** struct ifaddrmsg: family, prefix length, flags, scope, u32 index. */
function parseAddress(body: Buffer): SeenAddress[] {
  const family = familyOf(body[0])
  if (body.length < 8 || family === undefined) return []
  const attributes = attributesOf(body.subarray(8))
  // At the end of a point-to-point link `address` is the other side.
  const address = ipOf(family, attributes.get(IFA.local) ?? attributes.get(IFA.address))
  const prefix = body.readUInt8(1)
  if (address === undefined || isLocalOnly(address) || prefix > 128) return []
  return [{ index: body.readUInt32LE(4), address: { family, address, prefix } }]
}

/** Who made a route, RTPROT_* of linux/rtnetlink.h; of another its number is told. */
const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'redirect',
  2: 'kernel',
  3: 'boot',
  4: 'static',
  8: 'gated',
  9: 'ra',
  10: 'mrt',
  11: 'zebra',
  12: 'bird',
  16: 'dhcp',
  17: 'mrouted',
  18: 'keepalived',
  42: 'babel',
  186: 'bgp',
  187: 'isis',
  188: 'ospf',
  189: 'rip',
  192: 'eigrp',
}

/** struct rtmsg: family, dst_len, src_len, tos, table, protocol, scope, type, u32 flags. */
function parseRoutes(body: Buffer): SeenRoute[] {
  const family = familyOf(body[0])
  if (body.length < 12 || family === undefined || body[1] !== 0 || body[7] !== UNICAST) return []
  const attributes = attributesOf(body.subarray(12))
  const table = attributes.get(RTA.table)
  if ((table?.length === 4 ? table.readUInt32LE(0) : body[4]) !== MAIN_TABLE) return []
  const priority = attributes.get(RTA.priority)
  const source = sourceOf(family, body.readUInt8(2), attributes.get(RTA.source))
  const made = body.readUInt8(5)
  const common = {
    family,
    destination: family === 'ipv4' ? '0.0.0.0/0' : '::/0',
    table: MAIN_TABLE,
    ...(priority?.length === 4 && { metric: priority.readUInt32LE(0) }),
    ...(made !== 0 && { protocol: PROTOCOLS[made] ?? String(made) }),
    ...(source !== undefined && { source }),
  }
  const out = attributes.get(RTA.oif)
  const hops = [...hopsOf(attributes.get(RTA.multipath))]
  if (out?.length === 4) hops.unshift({ index: out.readUInt32LE(0), attributes })
  return hops.map((hop) => {
    const gateway = gatewayOf(family, hop.attributes)
    return { index: hop.index, route: { ...common, ...(gateway !== undefined && { gateway }) } }
  })
}

/** The source addresses that a route is for; undefined where it is for all. */
function sourceOf(family: 'ipv4' | 'ipv6', length: number, bytes: Buffer | undefined): string | undefined {
  const address = length === 0 ? undefined : ipOf(family, bytes)
  return address && `${address}/${length}`
}

function gatewayOf(family: 'ipv4' | 'ipv6', attributes: Attributes): string | undefined {
  const via = attributes.get(RTA.via) // a gateway of the other family: u16 family, then its address
  if (via === undefined || via.length < 2) return ipOf(family, attributes.get(RTA.gateway))
  const other = familyOf(via.readUInt16LE(0))
  return other && ipOf(other, via.subarray(2))
}

/** struct rtnexthop: u16 length, flags, hops, s32 index, then attributes. */
function* hopsOf(bytes: Buffer = Buffer.alloc(0)): Generator<{ index: number; attributes: Attributes }> {
  for (let at = 0; at + 8 <= bytes.length;) {
    const length = bytes.readUInt16LE(at)
    if (length < 8 || at + length > bytes.length) return
    yield { index: bytes.readUInt32LE(at + 4), attributes: attributesOf(bytes.subarray(at + 8, at + length)) }
    at += (length + 3) & ~3
  }
}
