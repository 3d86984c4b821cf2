import { parseAddress } from '../lib/ip/address.js';
import { type CapturedAddress, type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';

const HEADING = /^\s*Name\s+Mtu\s+(?:Network|Net\/Dest(?:ination)?)\s+Address\b/;
/** Column words and the counters they are. */
const COUNTERS: Readonly<Record<string, string>> = {
  Ipkts: 'rxPackets',
  Ierrs: 'rxErrors',
  Idrop: 'rxDropped',
  Ibytes: 'rxBytes',
  Opkts: 'txPackets',
  Oerrs: 'txErrors',
  Obytes: 'txBytes',
  Odrop: 'txDropped',
  Ifail: 'rxErrors',
  Ofail: 'txErrors',
  Drop: 'rxDropped',
  Coll: 'collisions',
  Colls: 'collisions',
  Collis: 'collisions',
};
/** Characters of the address column: an IPv6 address that fills it may be cut. */
const ADDRESS_COLUMN = 17;

/** `netstat -i` of the BSDs, macOS and AIX: a row an address. */
class BsdInterfaces implements Reader {
  #columns: readonly string[] = [];
  #system = 'BSD';
  /** A row of the link itself was there: those of its addresses count per address. */
  #links = false;

  name(): string {
    return `${this.#system} netstat -i`;
  }

  os(): string | null {
    return this.#system === 'BSD' ? null : this.#system;
  }

  row(line: string): Row {
    if (HEADING.test(line)) {
      const words = line.trim().split(/\s+/);
      this.#columns = words.slice(words.indexOf('Address') + 1);
      this.#system = /^\s*Name {3,}Mtu {3}Network {5}/.test(line) || /\bDrop\b/.test(line) ? 'AIX' : systemOf(line);
      return SKIP;
    }
    if (line === '') return SKIP;
    const words = line.trim().split(/\s+/);
    const [nameText = '', mtu = '', network = ''] = words;
    const tail = words.slice(-this.#columns.length);
    if (
      this.#columns.length === 0 ||
      words.length < 3 + this.#columns.length ||
      !/^(?:\d+|-)$/.test(mtu) ||
      !tail.every((word) => /^(?:\d+|-)$/.test(word))
    )
      return UNREAD;
    const middle = words.slice(3, words.length - this.#columns.length);
    const name = nameText.replace(/\*$/, '');
    const link = /^<?link(?:#\d+)?>?$/i.test(network);
    if (this.#system === 'BSD' && /^<Link(?:#\d+)?>$/.test(network))
      this.#system = network === '<Link>' ? 'NetBSD' : 'macOS';
    if (link) this.#links = true;
    const mac = link ? macOf(middle[0] ?? '') : null;
    const rows: Row[] = [
      {
        kind: 'interface',
        interface: {
          name,
          ...(mtu === '-' ? {} : { mtu: Number(mtu) }),
          ...(mac === null ? {} : { mac }),
          ...(link
            ? { flags: [...(nameText.endsWith('*') ? [] : ['UP']), ...(/^lo\d*$/.test(name) ? ['LOOPBACK'] : [])] }
            : {}),
          ...(link || !this.#links ? { counters: this.#counters(tail) } : {}),
        },
      },
    ];
    const address = link ? null : addressOf(name, network, middle[0] ?? network);
    if (address !== null) rows.push(address);
    return { kind: 'many', rows };
  }

  #counters(tail: readonly string[]): Record<string, string> {
    const counters: Record<string, string> = {};
    for (const [at, column] of this.#columns.entries()) {
      const key = COUNTERS[column];
      const value = tail[at];
      if (key !== undefined && value !== undefined && value !== '-') counters[key] = value;
    }
    return counters;
  }
}

/** Words of the heading that only one system has. */
function systemOf(heading: string): string {
  if (/Net\/Dest/.test(heading)) return 'Solaris or illumos';
  if (/Idrop/.test(heading)) return 'FreeBSD';
  if (/Ifail|Oqdrop|Odrops/.test(heading)) return 'OpenBSD';
  return 'BSD';
}

function macOf(text: string): string | null {
  const parts = text.split(/[:.]/);
  if (parts.length !== 6 || !parts.every((part) => /^[0-9a-f]{1,2}$/i.test(part))) return null;
  return parts.map((part) => part.padStart(2, '0').toLowerCase()).join(':');
}

function addressOf(name: string, network: string, text: string): Row | null {
  if (text.includes(':') && text.length >= ADDRESS_COLUMN)
    return {
      kind: 'gap',
      gap: {
        kind: 'interface',
        what: `IPv6 address ${text}… of ${name}`,
        why: 'its column is full, so the end may be cut off',
        hides: 'that address',
        fix: 'capture with wide columns (-W, -l)',
        hidesListeners: false,
      },
    };
  // KAME keeps the zone in the second group of a link-local address.
  const plain = text
    .replace(/%.*$/, '')
    .replace(/^(fe80:)[0-9a-f]{1,4}(::)/i, '$1$2')
    .replace(':::', '::');
  const address = text === 'localhost' && /^127/.test(network) ? '127.0.0.1' : plain;
  if (parseAddress(address) === null) return null;
  return {
    kind: 'address',
    address: { interface: name, address, prefixLength: lengthOf(network, address) } satisfies CapturedAddress,
  };
}

/** `172.16.0/24`, `fe80::/64`, `192.168.240`, `127`; a cut one (`192.168.71.0/`) has no length. */
function lengthOf(network: string, address: string): number | null {
  const slash = /\/(\d+)$/.exec(network)?.[1];
  if (slash !== undefined) return Number(slash);
  if (network.includes('/') || network === address) return null;
  return /^\d{1,3}(?:\.\d{1,3}){0,2}$/.test(network) ? network.split('.').length * 8 : null;
}

export const bsdInterfaces: Dialect = {
  name: 'netstat -i of the BSDs, macOS and AIX',
  os: null,
  recognise: (line) => (HEADING.test(line) ? 'heading' : 'no'),
  open: () => new BsdInterfaces(),
};
