import { unreachable } from '../lib/unreachable.js';
import type { DeviceMap, InterfaceRow, NetstatFacts } from '../model/netstat.js';
import type { NetstatFlags } from './flags.js';
import { byInterfaceName } from './interface-order.js';
import { numberText } from './names.js';
import { left, right } from './text.js';

type Flag = readonly [bit: number, letter: string, name: string];

/** IFF_…, linux/if.h, in the order of the short form, and their place in the long form. */
const FLAGS: readonly Flag[] = [
  [0x200, 'A', 'ALLMULTI'],
  [0x2, 'B', 'BROADCAST'],
  [0x4, 'D', 'DEBUG'],
  [0x8, 'L', 'LOOPBACK'],
  [0x1000, 'M', 'MULTICAST'],
  [0x8000, 'd', 'DYNAMIC'],
  [0x100, 'P', 'PROMISC'],
  [0x20, 'N', 'NOTRAILERS'],
  [0x80, 'O', 'NOARP'],
  [0x10, 'P', 'POINTOPOINT'],
  [0x800, 's', 'SLAVE'],
  [0x400, 'm', 'MASTER'],
  [0x40, 'R', 'RUNNING'],
  [0x1, 'U', 'UP'],
];
const LONG_ORDER = [
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
  'SLAVE',
  'MASTER',
  'MULTICAST',
  'DYNAMIC',
];
const UP = 0x1;
const BROADCAST = 0x2;
const POINTOPOINT = 0x10;
const PORTSEL = 0x2000;
const AUTOMEDIA = 0x4000;
const MEDIA = ['unknown', '10base2', '10baseT', 'AUI', '100baseT', '100baseTX', '100baseFX'];

function shortLine(row: InterfaceRow): string {
  const { counters } = row;
  const letters = FLAGS.map(([bit, letter]) => ((row.flags & bit) !== 0 ? letter : '')).join('');
  const numbers =
    counters === null
      ? left('     - no statistics available -', 56)
      : `${right(counters.rxPackets, 8)} ${right(counters.rxErrors, 6)} ${right(counters.rxDropped, 6)} ${left(counters.rxOverruns, 6)} ` +
        `${right(counters.txPackets, 8)} ${right(counters.txErrors, 6)} ${right(counters.txDropped, 6)} ${right(counters.txOverruns, 6)} `;
  return `${left(row.name.slice(0, 15), 15)} ${right(row.mtu, 5)} ${numbers}${row.flags === 0 ? '[NO FLAGS]' : letters}`;
}

/** Kinds of hardware by ARPHRD_…, linux/if_arp.h: name, title, and how the address is shown. */
const HARDWARE: Readonly<Record<number, readonly [name: string, title: string, address: AddressForm]>> = {
  1: ['ether', 'Ethernet', 'six'],
  27: ['eui64', 'Generic EUI-64', 'eight'],
  256: ['slip', 'Serial Line IP', 'none'],
  257: ['cslip', 'VJ Serial Line IP', 'none'],
  258: ['slip6', '6-bit Serial Line IP', 'none'],
  259: ['cslip6', 'VJ 6-bit Serial Line IP', 'none'],
  264: ['adaptive', 'Adaptive Serial Line IP', 'none'],
  512: ['ppp', 'Point-to-Point Protocol', 'none'],
  513: ['hdlc', '(Cisco)-HDLC', 'none'],
  516: ['lapb', 'LAPB', 'none'],
  768: ['tunnel', 'IPIP Tunnel', 'empty'],
  772: ['loop', 'Local Loopback', 'none'],
  774: ['fddi', 'Fiber Distributed Data Interface', 'six'],
  776: ['sit', 'IPv6-in-IPv4', 'none'],
  780: ['hippi', 'HIPPI', 'six'],
};
type AddressForm = 'none' | 'empty' | 'six' | 'eight' | 'sixteen';
const UNSPECIFIED = ['unspec', 'UNSPEC', 'sixteen'] as const;

const byteText = (byte: number | undefined): string => (byte ?? 0).toString(16).padStart(2, '0');

function addressText(address: readonly number[], form: AddressForm): string {
  switch (form) {
    case 'none':
      return '';
    case 'empty':
      return ' ';
    case 'six':
    case 'eight':
      return ` ${Array.from({ length: form === 'six' ? 6 : 8 }, (_, i) => byteText(address[i])).join(':')}`;
    case 'sixteen':
      // Of the hardware address eight bytes are read; the others are zero.
      return ` ${Array.from({ length: 16 }, (_, i) => byteText(i < 8 ? address[i] : 0).toUpperCase()).join('-')}`;
    default:
      return unreachable(form);
  }
}

const UNITS: readonly (readonly [above: bigint, unit: string])[] = [
  [1n << 60n, 'EiB'],
  [1n << 50n, 'PiB'],
  [1n << 40n, 'TiB'],
  [1n << 30n, 'GiB'],
  [1n << 20n, 'MiB'],
  [1n << 10n, 'KiB'],
];

/** Tenths are cut, not rounded; of exactly 1024 bytes there are 1024.0 B. */
function sizeText(bytes: string): string {
  const value = BigInt(bytes);
  const [divisor, unit] = UNITS.find(([above]) => value > above) ?? [1n, 'B'];
  const tenths = (value * 10n) / divisor;
  return `${tenths / 10n}.${tenths % 10n} ${unit}`;
}

const SCOPES: readonly (readonly [bit: number, name: string])[] = [
  [0x20, 'link'],
  [0x40, 'site'],
  [0x10, 'host'],
];

function scopeText(scope: number): string {
  const rest = scope & ~0x80;
  const words = [
    ...((scope & 0x80) !== 0 ? ['compat'] : []),
    ...(rest === 0 ? ['global'] : []),
    ...SCOPES.filter(([bit]) => (rest & bit) !== 0).map(([, name]) => name),
  ];
  return words.length === 0 ? '' : `<${words.join(',')}>`;
}

function addressLines(row: InterfaceRow): readonly string[] {
  const lines: string[] = [];
  if (row.ipv4 !== null) {
    const broadcast = (row.flags & BROADCAST) !== 0 ? `  broadcast ${row.ipv4.broadcast}` : '';
    const destination = (row.flags & POINTOPOINT) !== 0 ? `  destination ${row.ipv4.destination}` : '';
    lines.push(`inet ${row.ipv4.address}  netmask ${row.ipv4.mask}${broadcast}${destination}`);
  }
  for (const { address, prefixLength, scope } of row.ipv6)
    lines.push(
      `inet6 ${numberText(address)}  prefixlen ${prefixLength}  scopeid 0x${scope.toString(16)}${scopeText(scope)}`,
    );
  const [name, title, form] = HARDWARE[row.hardware] ?? UNSPECIFIED;
  const queue = row.queueLength === null ? '' : `  txqueuelen ${row.queueLength}`;
  lines.push(`${name}${addressText(row.address, form)}${queue}  (${title})`);
  if ((row.flags & PORTSEL) !== 0)
    lines.push(`media ${MEDIA[row.map?.port ?? 0] ?? 'unknown'}${(row.flags & AUTOMEDIA) !== 0 ? 'autoselect' : ''}`);
  return lines;
}

/** SLIP with compressed headers shows how much it compressed, also where that is nothing. */
const COMPRESSES = [257, 259];

function counterLines({ counters, hardware }: InterfaceRow): readonly string[] {
  if (counters === null) return [];
  const compresses = COMPRESSES.includes(hardware);
  const compressed = (way: string, count: string): readonly string[] =>
    compresses || count !== '0' ? [`${way} compressed ${count}`] : [];
  return [
    `RX packets ${counters.rxPackets}  bytes ${counters.rxBytes} (${sizeText(counters.rxBytes)})`,
    ...compressed('RX', counters.rxCompressed),
    `RX errors ${counters.rxErrors}  dropped ${counters.rxDropped}  overruns ${counters.rxOverruns}  frame ${counters.rxFrame}`,
    `TX packets ${counters.txPackets}  bytes ${counters.txBytes} (${sizeText(counters.txBytes)})`,
    ...compressed('TX', counters.txCompressed),
    `TX errors ${counters.txErrors}  dropped ${counters.txDropped} overruns ${counters.txOverruns}  carrier ${counters.txCarrier}  collisions ${counters.collisions}`,
  ];
}

/** Below it a base address is no port of a card. */
const BASE_ADDRESS_MIN = 0x100;

function mapLines(map: DeviceMap | null): readonly string[] {
  if (map === null) return [];
  const hasMemory = map.memoryStart !== '0';
  const hasBase = map.baseAddress >= BASE_ADDRESS_MIN;
  if (map.interrupt === 0 && !hasMemory && map.dma === 0 && !hasBase) return [];
  return [
    [
      'device ',
      map.interrupt === 0 ? '' : `interrupt ${map.interrupt}  `,
      hasBase ? `base 0x${map.baseAddress.toString(16)}  ` : '',
      hasMemory ? `memory 0x${map.memoryStart}-${map.memoryEnd}  ` : '',
      map.dma === 0 ? '' : `  dma 0x${map.dma.toString(16)}`,
    ].join(''),
  ];
}

function longLines(row: InterfaceRow): readonly string[] {
  const names = LONG_ORDER.filter((name) => FLAGS.some(([bit, , each]) => each === name && (row.flags & bit) !== 0));
  const below = [...addressLines(row), ...counterLines(row), ...mapLines(row.map)];
  // Where there is no name to close the bracket after, net-tools takes off what stands last.
  const words = names.length > 0 ? `<${names.join(',')}>` : row.flags === 0 ? '<' : '';
  return [`${row.name}: flags=${row.flags}${words}  mtu ${row.mtu}`, ...below.map((line) => `        ${line}`), ''];
}

/** Interfaces as the view shows them: those that are up, or with -a all, by name. */
export const shownInterfaces = (facts: NetstatFacts, flags: NetstatFlags): readonly InterfaceRow[] =>
  facts.interfaces
    .filter((row) => flags.all || (row.flags & UP) !== 0)
    .sort((one, other) => byInterfaceName(one.name, other.name));

/** `netstat -i`, with -e the long form; `again`: a further round of -c, which has no heading. */
export function interfaceLines(facts: NetstatFacts, flags: NetstatFlags, again: boolean): readonly string[] {
  const rows = shownInterfaces(facts, flags);
  const heading = again ? [] : ['Kernel Interface table'];
  if (flags.extend > 0) return [...heading, ...rows.flatMap(longLines)];
  return [
    ...heading,
    'Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg',
    ...rows.map(shortLine),
  ];
}
