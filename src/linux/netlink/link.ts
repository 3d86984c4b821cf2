import { decodeText } from '../../lib/bytes.js';
import { attribute, concatenated, eachAttribute, HOST_IS_LITTLE, stringBytes, u32At, u64At } from './attributes.js';
import { AF_INET, AF_INET6 } from './inet-diag.js';

/** Message types, linux/rtnetlink.h. */
export const RTM_NEWLINK = 16;
export const RTM_GETLINK = 18;
const HEADER_BYTES = 16;

/** IFLA_… numbers, linux/if_link.h. */
const IFLA = {
  address: 1,
  ifname: 3,
  mtu: 4,
  link: 5,
  master: 10,
  queueLength: 13,
  map: 14,
  linkinfo: 18,
  stats64: 23,
  afSpec: 26,
  group: 27,
  extMask: 29,
  promiscuity: 30,
  linkNetnsid: 37,
  xdp: 43,
} as const;
const INFO_KIND = 1;
const INFO_DATA = 2;
const XDP_ATTACHED = 2;
/** Of a family in IFLA_AF_SPEC: IFLA_INET_CONF, IFLA_INET6_CONF. */
const CONF = { [AF_INET]: 1, [AF_INET6]: 2 } as const;
/** RTEXT_FILTER_SKIP_STATS: leaves out the counters of address families, which cost a walk over all processors; IFLA_STATS64 stays. */
const SKIP_STATS = 8;

/** One interface as rtnetlink tells it. */
export interface Link {
  readonly index: number;
  /** ARPHRD_…, linux/if_arp.h: 1 ethernet, 772 loopback. */
  readonly hardware: number;
  /** IFF_… bits, linux/if.h. */
  readonly flags: number;
  readonly name: string;
  readonly kind: string | null;
  readonly mtu: number;
  /** Hardware address; empty: none. */
  readonly address: Uint8Array;
  /** IFLA_LINK; 0 and null: none. */
  readonly link: number | null;
  /** Id, in this namespace, of the namespace that `link` is in; null: this one. */
  readonly linkNetnsid: number | null;
  readonly master: number | null;
  readonly group: number;
  readonly promiscuity: number;
  readonly xdp: boolean;
  /** Options of the kind by attribute number, as bytes. */
  readonly data: ReadonlyMap<number, Uint8Array>;
  /** The first fields of `struct rtnl_link_stats64`, decimal; null: not told. */
  readonly stats: readonly string[] | null;
  /** Packets that may wait to be sent; null: not told. */
  readonly queueLength: number | null;
  /** `struct rtnl_link_ifmap` as bytes; null: not told. */
  readonly map: Uint8Array | null;
  /** Its sysctls of IPv4 by IPV4_DEVCONF_… less one (linux/ip.h); null: it has no IPv4. */
  readonly inet: readonly number[] | null;
  /** Its sysctls of IPv6 by DEVCONF_… (linux/ipv6.h); null: it has no IPv6. */
  readonly inet6: readonly number[] | null;
}

/** `struct ifinfomsg` of a dump of all interfaces. */
export function linkRequest(): Uint8Array {
  const mask = new Uint8Array(new Uint32Array([SKIP_STATS]).buffer);
  return concatenated(new Uint8Array(HEADER_BYTES), attribute(IFLA.extMask, mask));
}

const textAt = (view: DataView, at: number, end: number): string => decodeText(stringBytes(view, at, end));

const copyAt = (view: DataView, at: number, end: number): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset + at, end - at).slice();

/** rx_packets, tx_packets, rx_bytes, … 24 or more numbers of 64 bits, if_link.h. */
function statsAt(view: DataView, at: number, end: number): string[] {
  const stats: string[] = [];
  for (let cursor = at; cursor + 8 <= end; cursor += 8) stats.push(u64At(view, cursor));
  return stats;
}

function linkInfo(view: DataView, at: number, end: number): { kind: string | null; data: Map<number, Uint8Array> } {
  let kind: string | null = null;
  const data = new Map<number, Uint8Array>();
  eachAttribute(view, at, end, (type, from, to) => {
    if (type === INFO_KIND) kind = textAt(view, from, to);
    else if (type === INFO_DATA)
      eachAttribute(view, from, to, (option, start, stop) => data.set(option, copyAt(view, start, stop)));
  });
  return { kind, data };
}

/** IFLA_AF_SPEC: for each family, attributes of its own. */
function familySpecs(view: DataView, at: number, end: number): Pick<Link, 'inet' | 'inet6'> {
  const found: { inet: number[] | null; inet6: number[] | null } = { inet: null, inet6: null };
  eachAttribute(view, at, end, (family, start, stop) => {
    if (family !== AF_INET && family !== AF_INET6) return;
    eachAttribute(view, start, stop, (type, from, to) => {
      if (type !== CONF[family]) return;
      const values: number[] = [];
      for (let cursor = from; cursor + 4 <= to; cursor += 4) values.push(view.getInt32(cursor, HOST_IS_LITTLE));
      found[family === AF_INET ? 'inet' : 'inet6'] = values;
    });
  });
  return found;
}

function xdpAttached(view: DataView, at: number, end: number): boolean {
  let attached = false;
  eachAttribute(view, at, end, (type, from) => {
    if (type === XDP_ATTACHED && view.getUint8(from) !== 0) attached = true;
  });
  return attached;
}

/**
 * `struct ifinfomsg`, linux/rtnetlink.h, and its attributes.
 * @throws RangeError where the message is shorter than the struct.
 */
export function decodeLink(view: DataView, at: number, end: number): Link {
  if (end - at < HEADER_BYTES) throw new RangeError(`ifinfomsg of ${end - at} bytes`);
  const link = {
    index: view.getInt32(at + 4, HOST_IS_LITTLE),
    hardware: view.getUint16(at + 2, HOST_IS_LITTLE),
    flags: u32At(view, at + 8),
    name: '',
    kind: null as string | null,
    mtu: 0,
    address: new Uint8Array() as Uint8Array,
    link: null as number | null,
    linkNetnsid: null as number | null,
    master: null as number | null,
    group: 0,
    promiscuity: 0,
    xdp: false,
    data: new Map<number, Uint8Array>(),
    stats: null as readonly string[] | null,
    queueLength: null as number | null,
    map: null as Uint8Array | null,
    inet: null as readonly number[] | null,
    inet6: null as readonly number[] | null,
  };
  eachAttribute(view, at + HEADER_BYTES, end, (type, from, to) => {
    if (type === IFLA.ifname) link.name = textAt(view, from, to);
    else if (type === IFLA.address) link.address = copyAt(view, from, to);
    else if (type === IFLA.mtu) link.mtu = u32At(view, from);
    else if (type === IFLA.link) link.link = u32At(view, from);
    else if (type === IFLA.linkNetnsid) link.linkNetnsid = view.getInt32(from, HOST_IS_LITTLE);
    else if (type === IFLA.master) link.master = u32At(view, from);
    else if (type === IFLA.group) link.group = u32At(view, from);
    else if (type === IFLA.promiscuity) link.promiscuity = u32At(view, from);
    else if (type === IFLA.xdp) link.xdp = xdpAttached(view, from, to);
    else if (type === IFLA.queueLength) link.queueLength = u32At(view, from);
    else if (type === IFLA.map) link.map = copyAt(view, from, to);
    else if (type === IFLA.stats64) link.stats = statsAt(view, from, to);
    else if (type === IFLA.afSpec) Object.assign(link, familySpecs(view, from, to));
    else if (type === IFLA.linkinfo) Object.assign(link, linkInfo(view, from, to));
  });
  return link;
}
