import { parseIPv4 } from '../lib/ip/address.js';
import { type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';
import { netmaskLength, prefixText } from './prefixes.js';

const INTERFACE = /^\s*(0x[0-9a-f]+|\d+)\s?\.{3,}(?:([0-9a-f]{2}(?: [0-9a-f]{2}){5,7}) ?)?\s*\.{0,}\s*(\S.*)$/i;
const ROUTE4 = /^\s*(\d+\.\d+\.\d+\.\d+)\s+(\d+\.\d+\.\d+\.\d+)\s+(\S.*?)\s+(\d+\.\d+\.\d+\.\d+)\s+(\d+)\s*$/;
const PERSISTENT4 = /^\s*(\d+\.\d+\.\d+\.\d+)\s+(\d+\.\d+\.\d+\.\d+)\s+(\d+\.\d+\.\d+\.\d+)\s+(\S.*)$/;
const ROUTE6 = /^\s*(\d+)\s+(\d+)\s+([0-9a-f:.]+\/\d+)(?:\s+(\S.*?))?\s*$/i;
/** Titles and headings, translated, and `Default Gateway: …`. */
const WORDS = /^\s*(?:={3,}|[^\d=]*(?:IPv[46])?[^\d=]*|[^\d]*:\s+[\d.]+)\s*$/;

/** `route print` and `netstat -r` of Windows: interfaces are named by an address of theirs. */
class WindowsRoutes implements Reader {
  readonly #names = new Map<string, string>();
  #wrapped: RegExpExecArray | null = null;

  name(): string {
    return 'Windows route print';
  }

  row(line: string): Row {
    const wrapped = this.#wrapped;
    if (wrapped !== null) {
      this.#wrapped = null;
      if (/^\s{4,}\S/.test(line)) return this.#six(wrapped, line.trim());
    }
    const match = INTERFACE.exec(line);
    if (match !== null) return this.#interface(match);
    const four = ROUTE4.exec(line);
    if (four !== null) return route4(four);
    if (PERSISTENT4.test(line)) return SKIP;
    const six = ROUTE6.exec(line);
    if (six !== null) {
      if (six[4] !== undefined) return this.#six(six, six[4]);
      this.#wrapped = six;
      return SKIP;
    }
    return line === '' || WORDS.test(line) ? SKIP : UNREAD;
  }

  #interface(match: RegExpExecArray): Row {
    const name = (match[3] ?? '').trim();
    const index = Number(match[1]);
    this.#names.set(String(index), name);
    const mac = match[2]?.trim().split(' ').join(':').toLowerCase();
    return {
      kind: 'interface',
      interface: {
        name,
        index,
        ...(mac === undefined ? {} : { mac }),
        ...(/loopback/i.test(name) ? { flags: ['LOOPBACK'] } : {}),
      },
    };
  }

  #six(match: RegExpExecArray, gatewayText: string): Row {
    const destination = prefixText((match[3] ?? '').split('/')[0] ?? '', Number((match[3] ?? '').split('/')[1]));
    if (destination === null) return UNREAD;
    return {
      kind: 'route',
      route: {
        family: 'ipv6',
        destination,
        gateway: /^[0-9a-f:]+:[0-9a-f:]*$/i.test(gatewayText) ? gatewayText : null,
        interface: this.#names.get(match[1] ?? '') ?? match[1] ?? null,
        metric: Number(match[2]),
        type: destination.startsWith('ff') ? 'multicast' : 'unicast',
      },
    };
  }
}

function route4(match: RegExpExecArray): Row {
  const [, destination = '', mask = '', gateway = '', own = '', metric = ''] = match;
  const length = netmaskLength(mask);
  const prefix = length === null ? null : prefixText(destination, length);
  if (prefix === null || length === null || parseIPv4(own) === null) return UNREAD;
  // Windows 2000 has no word for a direct route: the gateway is an own address.
  const direct = parseIPv4(gateway) === null || gateway === own || gateway === '127.0.0.1';
  const route: Row = {
    kind: 'route',
    route: {
      family: 'ipv4',
      destination: prefix,
      gateway: direct ? null : gateway,
      interface: own,
      metric: Number(metric),
      type: typeOf(destination, length),
    },
  };
  const onLink = direct && length > 0 && length < 32 && !destination.startsWith('224.') && !own.startsWith('127.');
  if (!onLink) return route;
  return {
    kind: 'many',
    rows: [route, { kind: 'address', address: { interface: own, address: own, prefixLength: length } }],
  };
}

const typeOf = (destination: string, length: number): string =>
  destination === '255.255.255.255' || (length === 32 && destination.endsWith('.255'))
    ? 'broadcast'
    : destination.startsWith('224.')
      ? 'multicast'
      : 'unicast';

export const windowsRoutes: Dialect = {
  name: 'Windows route print and netstat -r',
  os: 'Windows',
  recognise(line) {
    if (/^\s*(?:Interface List|Schnittstellenliste)/.test(line)) return 'heading';
    return ROUTE4.test(line) || INTERFACE.test(line) ? 'row' : 'no';
  },
  open: () => new WindowsRoutes(),
};
