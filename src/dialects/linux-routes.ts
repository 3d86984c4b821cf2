import { type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';
import { hostOf } from './endpoint.js';
import { netmaskLength, prefixText } from './prefixes.js';

const ROW4 =
  /^\s*(\S+)\s+(\S+)\s+(\d+\.\d+\.\d+\.\d+|\*)\s+([A-Z!][A-Za-z!]*)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)(?:\s+\d+\s+\d+\s+\d+)?\s*$/;
const ROW6 =
  /^\s*((?:[\w:.[\]-]{2,255})\/\d{1,3}|default)\s+(\S+)\s+([A-Za-z!]+)\s+(-?\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s*$/;
const HEADING =
  /^\s*(?:\S+\s+\S+\s+Genmask\s|Destination\s+Next Hop\s|\S+\s+\S+(?: \S+)?\s+\S+\s+.*\s(?:irtt\s+Iface|Use\s+Iface|Use\s+If)\b)/;
const TITLE = /^\s*Kernel (?:IPv6|IP) routing (?:table|cache)/;

/** Routing tables of net-tools and BusyBox: `netstat -r`, `-rn`, `-ree`, `-6r` and `route -n`. */
class LinuxRoutes implements Reader {
  /** The fifth column is route's metric, not netstat's MSS, which hardly any route has: so too where a heading in another language does not tell. */
  #metric = true;

  name(): string {
    return 'Linux routing table (netstat -r, route)';
  }

  row(line: string): Row {
    const six = ROW6.exec(line);
    if (six !== null) return route6(six);
    const four = ROW4.exec(line);
    if (four !== null) return this.#route4(four);
    if (HEADING.test(line)) {
      this.#metric = !/\sMSS\s+\S+\s+irtt\s+Iface/.test(line);
      return SKIP;
    }
    return TITLE.test(line) || line === '' ? SKIP : UNREAD;
  }

  #route4(match: RegExpExecArray): Row {
    const [, to = '', via = '', mask = '', flags = '', fifth = '', , , iface = ''] = match;
    const length = mask === '*' ? 32 : netmaskLength(mask);
    const address =
      to === 'default' || to === '*'
        ? '0.0.0.0'
        : hostOf(to === 'link-local' ? '169.254.0.0' : to === 'loopback' ? '127.0.0.0' : to, 'ipv4').address;
    const destination = length === null ? null : prefixText(address, length);
    if (destination === null) return nameRow(to);
    const none = via === '0.0.0.0' || via === '*' || via === '-';
    return {
      kind: 'route',
      route: {
        family: 'ipv4',
        destination,
        gateway: none ? null : via,
        interface: iface === '-' ? null : iface,
        type: flags.includes('!') ? 'unreachable' : 'unicast',
        ...(this.#metric && /^\d+$/.test(fifth) ? { metric: Number(fifth) } : {}),
        flags: [...flags],
      },
    };
  }
}

function route6(match: RegExpExecArray): Row {
  const [, to = '', via = '', flags = '', metric = '', , , iface = ''] = match;
  const [address = '', length = ''] = (to === 'default' ? '::/0' : to).replace('[', '').replace(']', '').split('/');
  // Old net-tools prints ::/96 as an IPv4 address.
  const plain = /^\d+\.\d+\.\d+\.\d+$/.test(address) ? `::${address}` : hostOf(address, 'ipv6').address;
  const destination = prefixText(plain, Number(length));
  if (destination === null) return nameRow(to);
  const none = via === '::' || via === '[::]' || via === '*';
  const type = flags.includes('!')
    ? 'unreachable'
    : flags.includes('n')
      ? 'local'
      : address.toLowerCase().startsWith('ff')
        ? 'multicast'
        : 'unicast';
  return {
    kind: 'route',
    route: {
      family: 'ipv6',
      destination,
      gateway: none ? null : via,
      interface: iface,
      type,
      metric: Math.max(0, Number(metric)),
      flags: [...flags],
    },
  };
}

const nameRow = (to: string): Row => ({
  kind: 'gap',
  gap: {
    kind: 'route',
    what: `route to ${to}`,
    why: 'the destination is a name',
    hides: 'where that prefix is routed to',
    fix: 'capture again with -n',
    hidesListeners: false,
  },
});

export const linuxRoutes: Dialect = {
  name: 'Linux netstat -r and route',
  os: 'Linux',
  recognise(line) {
    if (/\sGenmask\s/.test(line) || /^Destination\s+Next Hop\s/.test(line) || TITLE.test(line)) return 'heading';
    return ROW4.test(line) || ROW6.test(line) ? 'row' : 'no';
  },
  open: () => new LinuxRoutes(),
};
