import type { Link } from '../../linux/netlink/link.js';
import type { Interface, InterfaceCounters } from '../../model/network.js';

/** IFF_… names by bit, linux/if.h. */
const FLAGS: readonly string[] = [
  'UP',
  'BROADCAST',
  'DEBUG',
  'LOOPBACK',
  'POINTOPOINT',
  'NOTRAILERS',
  'RUNNING',
  'NOARP',
  'PROMISC',
  'ALLMULTI',
  'MASTER',
  'SLAVE',
  'MULTICAST',
  'PORTSEL',
  'AUTOMEDIA',
  'DYNAMIC',
  'LOWER_UP',
  'DORMANT',
  'ECHO',
];
const ARPHRD_LOOPBACK = 772;

/** Names of the bits that are set. */
export function bitNames(bits: number, names: readonly string[]): readonly string[] {
  return names.filter((_, bit) => (bits & (1 << bit)) !== 0);
}

/** An option of a kind that decides something: attribute number, name, how its bytes are read. */
type Option = readonly [number: number, name: string, read: 'u8' | 'u16' | 'be16' | 'u32'];

/** Of IFLA_INFO_DATA of each kind, linux/if_link.h. */
const OPTIONS: Readonly<Record<string, readonly Option[]>> = {
  macvlan: [[1, 'mode', 'u32']],
  macvtap: [[1, 'mode', 'u32']],
  ipvlan: [
    [1, 'mode', 'u16'],
    [2, 'flags', 'u16'],
  ],
  vlan: [[1, 'id', 'u16']],
  vxlan: [
    [1, 'id', 'u32'],
    [15, 'port', 'be16'],
    [25, 'metadata', 'u8'],
  ],
  geneve: [
    [1, 'id', 'u32'],
    [5, 'port', 'be16'],
    [6, 'metadata', 'u8'],
  ],
  vrf: [[1, 'table', 'u32']],
  bridge: [
    [36, 'nf_call_iptables', 'u8'],
    [37, 'nf_call_ip6tables', 'u8'],
    [38, 'nf_call_arptables', 'u8'],
    [7, 'vlan_filtering', 'u8'],
  ],
  tun: [[3, 'type', 'u8']],
  bareudp: [[1, 'port', 'be16']],
  gtp: [[1, 'fd0', 'u32']],
  bond: [[1, 'mode', 'u8']],
};
const MACVLAN_MODES: Readonly<Record<number, string>> = {
  1: 'private',
  2: 'vepa',
  4: 'bridge',
  8: 'passthru',
  16: 'source',
};
const IPVLAN_MODES: readonly string[] = ['l2', 'l3', 'l3s'];
const TUN_TYPES: Readonly<Record<number, string>> = { 1: 'tun', 2: 'tap' };

function optionValue(bytes: Uint8Array, read: Option[2]): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (read === 'u8') return bytes.length >= 1 ? view.getUint8(0) : null;
  if (read === 'u32') return bytes.length >= 4 ? view.getUint32(0, true) : null;
  return bytes.length >= 2 ? view.getUint16(0, read === 'u16') : null;
}

function wordFor(kind: string, name: string, value: number): string {
  const word =
    name === 'mode' && kind.startsWith('macv')
      ? MACVLAN_MODES[value]
      : name === 'mode' && kind === 'ipvlan'
        ? IPVLAN_MODES[value]
        : name === 'type' && kind === 'tun'
          ? TUN_TYPES[value]
          : undefined;
  return word ?? String(value);
}

function optionsOf(link: Link): Readonly<Record<string, string>> {
  const options: Record<string, string> = {};
  for (const [number, name, read] of OPTIONS[link.kind ?? ''] ?? []) {
    const bytes = link.data.get(number);
    const value = bytes === undefined ? null : optionValue(bytes, read);
    if (value !== null) options[name] = wordFor(link.kind ?? '', name, value);
  }
  return options;
}

/** Order of `struct rtnl_link_stats64`; summed as /proc/net/dev does it (dev_seq_printf_stats), which netstat -i prints. */
function countersOf(stats: readonly string[]): InterfaceCounters {
  const at = (...indexes: readonly number[]): string =>
    indexes.reduce((sum, index) => sum + BigInt(stats[index] ?? '0'), 0n).toString();
  return {
    rxPackets: at(0),
    txPackets: at(1),
    rxBytes: at(2),
    txBytes: at(3),
    rxErrors: at(4),
    txErrors: at(5),
    rxDropped: at(6, 15),
    txDropped: at(7),
    multicast: at(8),
    collisions: at(9),
    rxOverruns: at(14),
    rxFrame: at(10, 11, 12, 13),
    txCarrier: at(16, 17, 19, 20),
    txOverruns: at(18),
  };
}

const macOf = (bytes: Uint8Array): string | null =>
  bytes.length === 0 ? null : [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');

/** An interface as the snapshot has it. `peer` says which namespace its IFLA_LINK_NETNSID means; null: none that was found. */
export function interfaceOf(link: Link, peer: (nsid: number) => number | null): Interface {
  const linkNamespace = link.linkNetnsid === null ? null : peer(link.linkNetnsid);
  const ownIndex = link.link === link.index && link.linkNetnsid === null;
  return {
    index: link.index,
    name: link.name,
    kind: link.kind ?? (link.hardware === ARPHRD_LOOPBACK ? 'loopback' : null),
    flags: bitNames(link.flags, FLAGS),
    mtu: link.mtu,
    mac: macOf(link.address),
    link: link.link === 0 || ownIndex ? null : link.link,
    linkNamespace,
    linkUnseen: link.linkNetnsid !== null && linkNamespace === null,
    master: link.master,
    group: link.group,
    counters: link.stats === null ? null : countersOf(link.stats),
    promiscuity: link.promiscuity,
    xdp: link.xdp,
    tc: [],
    options: optionsOf(link),
  };
}
