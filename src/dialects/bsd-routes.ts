import { parseAddress } from '../lib/ip/address.js';
import { type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';
import { hostOf } from './endpoint.js';
import { netmaskLength, prefixText, shortPrefix } from './prefixes.js';

const HEADING = /^\s*Dest(?:ination|\/Netmask)\s+Gateway\s+Flags\b/;
const FAMILY =
  /^\s*(?:\S[^\d:]{0,80} \d+ (?=\())?\(?(Internet6?|Internet v6|IPv6|Encap|X\.25|ISO|Appletalk|MPLS|UNIX)\)?:\s*$/;
const TITLE = /^\s*(?:Routing tables?|Route tree)\b/i;
const FLAGS = /^[A-Za-z0-9]{1,16}$/;
/** Characters of the destination column: what fills it may be cut. */
const DESTINATION_COLUMN = 18;

const withoutScope = (text: string): string => text.replace(/%[^/\s]+/, '');

const isHostFlag = (flags: string): boolean => flags.includes('H');

/** A destination as BSD writes it: short forms, names, zones. null: no prefix can be made of it. */
function destinationOf(text: string, family: 'ipv4' | 'ipv6', flags: string): string | null {
  if (text === 'default' || text === 'default/0.0.0.0') return family === 'ipv4' ? '0.0.0.0/0' : '::/0';
  const plain = withoutScope(text);
  const [address = '', length] = plain.split('/');
  // HP-UX has the mask after the slash.
  if (length?.includes('.') === true) {
    const bits = netmaskLength(length);
    return bits === null ? null : prefixText(address, isHostFlag(flags) ? 32 : bits);
  }
  const isHost = isHostFlag(flags);
  if (family === 'ipv4') {
    if (isHost && length === undefined && parseAddress(address) !== null) return prefixText(address, 32);
    const short = shortPrefix(plain);
    if (short !== null) return short;
  } else if (parseAddress(address) !== null) return prefixText(address, length === undefined ? 128 : Number(length));
  const host = hostOf(address, family);
  return host.family === null ? null : prefixText(host.address, host.family === 'ipv4' ? 32 : 128);
}

const gatewayOf = (text: string): string | null =>
  /^link#\d+$/.test(text) || /^(?:[0-9a-f]{1,2}[:.]){5}[0-9a-f]{1,2}$/i.test(text) || text === '*'
    ? null
    : withoutScope(text);

function routeRow(
  destination: string,
  gateway: string,
  flags: string,
  netif: string | null,
  family: 'ipv4' | 'ipv6',
): Row {
  const full = destination.length === DESTINATION_COLUMN && destination.includes(':') && !destination.includes('/');
  const prefix = full ? null : destinationOf(destination, family, flags);
  if (prefix === null)
    return {
      kind: 'gap',
      gap: {
        kind: 'route',
        what: `route to ${destination}`,
        why:
          destination.length >= DESTINATION_COLUMN
            ? 'its column is full, so the destination may be cut off'
            : 'the destination is a name',
        hides: 'where that prefix is routed to',
        fix: 'capture again with -n and wide columns',
        hidesListeners: false,
      },
    };
  const via = gatewayOf(gateway);
  return {
    kind: 'route',
    route: {
      family,
      destination: prefix,
      // Without G the gateway column holds an own address: a direct route.
      gateway: flags.includes('G') ? via : null,
      interface: netif,
      type:
        flags.includes('B') && !flags.includes('b')
          ? 'blackhole'
          : flags.includes('R')
            ? 'unreachable'
            : flags.includes('b')
              ? 'broadcast'
              : 'unicast',
      flags: [...flags],
    },
  };
}

/** Column words that only one system has. */
function systemOf(heading: string): string {
  if (/Groups/.test(heading)) return 'AIX';
  if (/\bPrio\b/.test(heading)) return 'OpenBSD';
  if (/Netif/.test(heading)) return /Refs/.test(heading) ? 'macOS' : 'FreeBSD';
  return /Pmtu|Netmask/.test(heading) ? 'HP-UX' : 'NetBSD';
}

/** Routing tables of the BSDs, macOS, AIX and HP-UX. */
class BsdRoutes implements Reader {
  #family: 'ipv4' | 'ipv6' | null = 'ipv4';
  #netif = -1;
  #system = 'BSD';

  name(): string {
    return `${this.#system} netstat -r`;
  }

  os(): string | null {
    return this.#system === 'BSD' ? null : this.#system;
  }

  row(line: string): Row {
    if (HEADING.test(line)) {
      const words = line.trim().split(/\s+/);
      this.#netif = words.findIndex((word) => /^(?:Netif|If|Iface|Interface)$/.test(word));
      this.#system = systemOf(line);
      return SKIP;
    }
    if (line === '') return SKIP;
    const family = FAMILY.exec(line);
    if (family === null && TITLE.test(line)) return SKIP;
    if (family !== null) {
      const word = family[1] ?? '';
      this.#family = word === 'Internet' ? 'ipv4' : /6/.test(word) ? 'ipv6' : null;
      return SKIP;
    }
    if (this.#family === null) return SKIP;
    const words = line
      .trim()
      .replace(/\s*=>\s*$/, '')
      .split(/\s+/);
    const [destination = '', gateway = '', flags = ''] = words;
    // Cloned and cloning routes are macOS' alone.
    if (this.#system === 'FreeBSD' && /[cgI]|LW/.test(flags)) this.#system = 'macOS';
    if (words.length < 4 || !FLAGS.test(flags) || !/^[A-Z]/.test(flags)) return UNREAD;
    if (this.#system === 'HP-UX' && this.#family === 'ipv4' && /^[\d.]+$/.test(destination) && !isHostFlag(flags))
      return maskless(destination);
    return routeRow(destination, gateway, flags, words[this.#netif] ?? null, this.#family);
  }
}

const maskless = (destination: string): Row => ({
  kind: 'gap',
  gap: {
    kind: 'route',
    what: `route to ${destination}`,
    why: 'the table has no netmasks',
    hides: 'where that prefix is routed to',
    fix: 'capture `netstat -rnv`',
    hidesListeners: false,
  },
});

/** A row of Solaris' routing table; its IPv4 one has no prefix length. */
export function solarisRoute(line: string, family: 'ipv4' | 'ipv6'): Row {
  const words = line.trim().split(/\s+/);
  const [destination = '', gateway = '', flags = '', , , netif] = words;
  if (words.length < 5 || !/^[A-Z][A-Za-z]*$/.test(flags)) return UNREAD;
  if (family === 'ipv6' || destination === 'default' || flags.includes('H') || destination.includes('/'))
    return routeRow(destination, gateway, flags, netif ?? null, family);
  const octets = destination.replace(/(?:\.0)+$/, '');
  const route = routeRow(octets, gateway, flags, netif ?? null, family);
  return {
    kind: 'many',
    rows: [
      route,
      {
        kind: 'gap',
        gap: {
          kind: 'route',
          what: 'prefix lengths of IPv4 routes',
          why: 'the table has no mask column; they are taken from the zero bytes at the end of the destination',
          hides: 'how wide the routes are',
          fix: 'capture `netstat -rnv`',
          hidesListeners: false,
        },
      },
    ],
  };
}

export const bsdRoutes: Dialect = {
  name: 'netstat -r of the BSDs, macOS and AIX',
  os: null,
  recognise: (line) =>
    HEADING.test(line) || /^Routing tables\s*$/.test(line) || /^\s*Internet6?:\s*$/.test(line) ? 'heading' : 'no',
  open: () => new BsdRoutes(),
};
