import { formatAddress, parseAddress } from '../lib/ip/address.js';
import type { InterfaceCounters } from '../model/network.js';
import { type CapturedRoute, type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';
import { netmaskLength, prefixText } from './prefixes.js';

const ROUTE =
  /^\s*(\S{1,64})\s+([0-9A-F]{8})\s+([0-9A-F]{8})\s+([0-9A-F]{4})\s+\d+\s+\d+\s+(\d+)\s+([0-9A-F]{8})\s+\d+\s+\d+\s+\d+\s*$/;
const ROUTE6 =
  /^\s*([0-9a-f]{32}) ([0-9a-f]{2}) [0-9a-f]{32} [0-9a-f]{2} ([0-9a-f]{32}) ([0-9a-f]{8}) [0-9a-f]{8} [0-9a-f]{8} ([0-9a-f]{8})\s+(\S+)\s*$/;
const ADDRESS6 = /^\s*([0-9a-f]{32}) ([0-9a-f]{2,}) ([0-9a-f]{2}) [0-9a-f]{2} [0-9a-f]{2}\s+(\S+)\s*$/;
const DEVICE = /^\s*([^\s:]{1,64}(?::\d+)?):\s*((?:\d+\s+){15}\d+)\s*$/;
const GROUPS = 'Ip|Icmp|IcmpMsg|Tcp|Udp|UdpLite|TcpExt|IpExt|MPTcpExt|Sctp';
const NAMES = new RegExp(`^(${GROUPS}): ([A-Z]\\w*(?: \\w+)*)\\s*$`);
const VALUES = new RegExp(`^(${GROUPS}): (-?\\d+(?: -?\\d+)*)\\s*$`);
const COUNTER6 = /^(Ip6|Icmp6|Udp6|UdpLite6)([A-Z]\w*)\s+(\d+)\s*$/;
const HEADING =
  /^\s*(?:Iface\s+Destination\s+Gateway\s+Flags\s+RefCnt\s+Use\s+Metric\s+Mask\b|Inter-\|\s+Receive\s|face \|bytes\s)/;

/** Columns of /proc/net/dev (dev_seq_printf_stats()); an empty name is a column the model has no place for. */
const COLUMNS = [
  'rxBytes',
  'rxPackets',
  'rxErrors',
  'rxDropped',
  'rxOverruns',
  'rxFrame',
  '',
  'multicast',
  'txBytes',
  'txPackets',
  'txErrors',
  'txDropped',
  'txOverruns',
  'collisions',
  'txCarrier',
  '',
];

/** RTF_… of linux/route.h and linux/ipv6_route.h. */
const UP = 0x1;
const GATEWAY = 0x2;
const REJECT = 0x200;
const LOCAL = 0x80000000;

/** Eight hexadecimal digits as an IPv4 address of a little-endian host, or of a big-endian one. */
function fromHex(hex: string, little: boolean): string {
  const bytes = [0, 2, 4, 6].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return (little ? bytes.reverse() : bytes).join('.');
}

const six = (hex: string): string => {
  const parsed = parseAddress(hex.replace(/(.{4})(?=.)/g, '$1:'));
  return parsed === null ? '' : formatAddress(parsed);
};

const lettersOf = (flags: number): readonly string[] => [
  ...((flags & UP) !== 0 ? ['U'] : []),
  ...((flags & GATEWAY) !== 0 ? ['G'] : []),
  ...((flags & REJECT) !== 0 ? ['!'] : []),
];

/** A row of /proc/net/route, until the masks of the file have told its byte order. */
type HexRoute = readonly [
  netif: string,
  destination: string,
  gateway: string,
  flags: number,
  metric: number,
  mask: string,
];

/** Copies of /proc/net/route, ipv6_route, dev, if_inet6, snmp, snmp6 and netstat. */
class ProcTables implements Reader {
  readonly #routes: HexRoute[] = [];
  /** Votes of the masks, which are contiguous in one byte order only. */
  #little = 0;
  #big = 0;
  #names: { readonly group: string; readonly words: readonly string[] } | null = null;

  name(): string {
    return 'Linux /proc/net';
  }

  row(line: string): Row {
    if (HEADING.test(line) || line === '') return SKIP;
    const route = ROUTE.exec(line);
    if (route !== null) return this.#hold(route);
    const six = ROUTE6.exec(line);
    if (six !== null) return routeSix(six);
    const address = ADDRESS6.exec(line);
    if (address !== null) return addressRow(address);
    const device = DEVICE.exec(line);
    if (device !== null) return deviceRow(device);
    return this.#counters(line);
  }

  #hold(match: RegExpExecArray): Row {
    const [, netif = '', destination = '', gateway = '', flags = '', metric = '', mask = ''] = match;
    if (mask !== '00000000' && mask !== 'FFFFFFFF') {
      if (netmaskLength(fromHex(mask, true)) !== null) this.#little++;
      if (netmaskLength(fromHex(mask, false)) !== null) this.#big++;
    }
    this.#routes.push([netif, destination, gateway, Number.parseInt(flags, 16), Number(metric), mask]);
    return this.#routes.length >= ROUTES_HELD_MAX ? { kind: 'many', rows: this.end() } : SKIP;
  }

  #counters(line: string): Row {
    const names = NAMES.exec(line);
    if (names !== null) {
      this.#names = { group: names[1] ?? '', words: (names[2] ?? '').split(' ') };
      return SKIP;
    }
    const values = VALUES.exec(line);
    if (values !== null) {
      const held = this.#names;
      const numbers = (values[2] ?? '').split(' ');
      this.#names = null;
      if (held === null || held.group !== values[1] || held.words.length !== numbers.length) return UNREAD;
      return {
        kind: 'many',
        rows: held.words.map((name, at) => ({
          kind: 'counter',
          group: held.group,
          name,
          value: numbers[at] ?? '0',
        })),
      };
    }
    const one = COUNTER6.exec(line);
    if (one === null) return UNREAD;
    return { kind: 'counter', group: one[1] ?? '', name: one[2] ?? '', value: one[3] ?? '0' };
  }

  end(): readonly Row[] {
    const little = this.#big <= this.#little;
    return this.#routes.splice(0).map((route) => routeFour(route, little));
  }
}

/** Routes held until the byte order is known. */
const ROUTES_HELD_MAX = 10_000;

function routeFour([netif, destination, gateway, flags, metric, mask]: HexRoute, little: boolean): Row {
  const length = netmaskLength(fromHex(mask, little));
  const prefix = length === null ? null : prefixText(fromHex(destination, little), length);
  if (prefix === null) return SKIP;
  const route: CapturedRoute = {
    family: 'ipv4',
    destination: prefix,
    gateway: (flags & GATEWAY) === 0 ? null : fromHex(gateway, little),
    interface: netif === '*' ? null : netif,
    type: (flags & REJECT) !== 0 ? 'unreachable' : 'unicast',
    metric,
    flags: lettersOf(flags),
  };
  return { kind: 'route', route };
}

function routeSix(match: RegExpExecArray): Row {
  const [, to = '', length = '', via = '', metric = '', flagText = '', netif = ''] = match;
  const destination = prefixText(six(to), Number.parseInt(length, 16));
  if (destination === null) return UNREAD;
  const flags = Number.parseInt(flagText, 16);
  const type =
    (flags & REJECT) !== 0
      ? 'unreachable'
      : (flags & LOCAL) !== 0
        ? 'local'
        : to.startsWith('ff')
          ? 'multicast'
          : 'unicast';
  const route: CapturedRoute = {
    family: 'ipv6',
    destination,
    gateway: (flags & GATEWAY) === 0 ? null : six(via),
    interface: netif,
    type,
    // The kernel's own fence at the end of a table has every bit set; netstat prints -1.
    metric: metric === 'ffffffff' ? 0 : Number.parseInt(metric, 16),
    flags: lettersOf(flags),
  };
  return { kind: 'route', route };
}

const addressRow = (match: RegExpExecArray): Row => ({
  kind: 'address',
  address: {
    interface: match[4] ?? '',
    address: six(match[1] ?? ''),
    prefixLength: Number.parseInt(match[3] ?? '', 16),
  },
});

function deviceRow(match: RegExpExecArray): Row {
  const numbers = (match[2] ?? '').trim().split(/\s+/);
  const counters: Record<string, string> = {};
  for (const [at, column] of COLUMNS.entries()) if (column !== '') counters[column] = numbers[at] ?? '0';
  const shown: Partial<InterfaceCounters> = counters;
  return { kind: 'interface', interface: { name: match[1] ?? '', counters: shown } };
}

export const procNetTables: Dialect = {
  name: 'Linux /proc/net/route, dev and snmp',
  os: 'Linux',
  recognise: (line) => {
    if (HEADING.test(line) || NAMES.test(line)) return 'heading';
    return ROUTE.test(line) || ROUTE6.test(line) || ADDRESS6.test(line) || COUNTER6.test(line) ? 'row' : 'no';
  },
  open: () => new ProcTables(),
};
