import { type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';
import { counterNamed, histogramCounter, windowsOrder } from './statistics-words.js';

const LINUX_GROUP =
  /^(Ip|Ip6|Icmp|Icmp6|IcmpMsg|Icmp6Msg|Tcp|Udp|Udp6|UdpLite|UdpLite6|TcpExt|IpExt|MPTcpExt|Sctp|IpV6|icmp6?|ip6?|tcp|udp6?|udplite6?|tcpext|ipext):\s*$/;
const LINUX_COUNTER = /^\s+(?:([\w.]+):\s*(-?\d+)|(\d+)\s+(\S.*)|(\S.*?\s)(\d+)(\s\S.*)|(\S.*?)[ :]+(\d+|on|off))\s*$/;

/** `netstat -s` of Linux: a section a protocol at column 0, its counters indented; zeros are left out. */
class LinuxStatistics implements Reader {
  #group: string | null = null;
  #histogram: 'In' | 'Out' | null = null;
  #histograms = 0;

  name(): string {
    return 'Linux statistics (netstat -s)';
  }

  row(line: string): Row {
    const group = LINUX_GROUP.exec(line);
    if (group !== null) {
      this.#group = group[1] ?? '';
      this.#histogram = null;
      this.#histograms = 0;
      return SKIP;
    }
    if (line === '') return SKIP;
    // Titles of ICMP's histograms, in any language: what came in is first.
    if (this.#group !== null && /^\s+\D+$/.test(line)) {
      this.#histogram = this.#histograms++ === 0 && !/output/i.test(line) ? 'In' : 'Out';
      return SKIP;
    }
    const match = this.#group === null ? null : LINUX_COUNTER.exec(line);
    if (match === null || this.#group === null) return UNREAD;
    const [, raw, rawValue, first, after, before, middle, rest, tail, tailValue] = match;
    if (raw !== undefined) return this.#counter(`${raw}:`, rawValue ?? '', raw);
    if (first !== undefined) return this.#counter(after ?? '', first, after ?? '');
    if (middle !== undefined) return this.#counter(`${before}#${rest}`, middle, `${before}#${rest}`);
    return this.#counter(tail ?? '', tailValue ?? '', tail ?? '');
  }

  #counter(phrase: string, value: string, own: string): Row {
    const group = this.#group ?? '';
    const plain = own.trim();
    const raw = plain.startsWith(group) && group !== 'Ip' ? plain.slice(group.length) : plain;
    const direction = this.#histogram;
    const listed = direction === null ? null : histogramCounter(direction, group, plain.replace(/:$/, ''));
    const name = listed ?? counterNamed('linux', group, phrase.trim()) ?? raw;
    return { kind: 'counter', group, name, value };
  }
}

export const linuxStatistics: Dialect = {
  name: 'Linux netstat -s',
  os: 'Linux',
  recognise: (line) => (LINUX_GROUP.test(line) ? 'heading' : 'no'),
  open: () => new LinuxStatistics(),
};

const WINDOWS_TITLE = /^(?=.*(?:IPv[46]|ICMPv[46]|TCP|UDP))(?!.*[=:])\S.*\S\s*$/;
const WINDOWS_COUNTER = /^\s+(\S.*?)\s*=\s*(\d+)\s*$/;
/** Counters of one section, at most. */
const HELD_MAX = 100;
const WINDOWS_PAIR = /^\s+(\S.*?)\s{2,}(\d+)\s+(\d+)\s*$/;
const ETHERNET_PAIR = /^(\S.*?)\s{2,}(\d+)(?:\s+(\d+))?\s*$/;

/** `IPv4 Statistics`, `TCP Statistics for IPv6`, in any language. */
function windowsGroup(title: string): string {
  const six = /v6/i.test(title) ? '6' : '';
  if (/ICMP/i.test(title)) return `Icmp${six}`;
  if (/TCP/i.test(title)) return `Tcp${six}`;
  return /UDP/i.test(title) ? `Udp${six}` : `Ip${six}`;
}

/** `netstat -s` and `-e` of Windows: `name = value`, ICMP as a table of Received and Sent. */
class WindowsStatistics implements Reader {
  #group: string | null = null;
  /** Counters of the section that is being read: in a language we do not know their order is their name. */
  #held: { readonly phrase: string; readonly value: string }[] = [];

  name(): string {
    return 'Windows statistics (netstat -s)';
  }

  row(line: string): Row {
    if (line === '') return SKIP;
    const match = WINDOWS_COUNTER.exec(line);
    if (match !== null) {
      this.#held.push({ phrase: match[1] ?? '', value: match[2] ?? '' });
      return this.#held.length < HELD_MAX ? SKIP : this.#section();
    }
    const pair = WINDOWS_PAIR.exec(line);
    if (pair !== null && this.#group !== null)
      return this.#pair(pair[1] ?? '', pair[2] ?? '', pair[3] ?? '', this.#group);
    if (WINDOWS_TITLE.test(line)) {
      const done = this.#section();
      this.#group = windowsGroup(line);
      return done;
    }
    const ethernet = this.#group === 'Interface' ? ETHERNET_PAIR.exec(line) : null;
    if (ethernet !== null) return this.#pair(ethernet[1] ?? '', ethernet[2] ?? '', ethernet[3] ?? '0', 'Interface');
    if (/^Interface Statistics/.test(line)) {
      this.#group = 'Interface';
      return SKIP;
    }
    // The heading over the ICMP table.
    return /^\s{10,}\S+\s{2,}\S+\s*$/.test(line) ? SKIP : UNREAD;
  }

  #section(): Row {
    const held = this.#held;
    this.#held = [];
    if (held.length === 0) return SKIP;
    const group = this.#group ?? 'Ip';
    const names = held.map(({ phrase }) => counterNamed('windows', group, phrase));
    const order = windowsOrder(group);
    const byPlace = order.length === held.length && names.every((name) => name === null);
    return {
      kind: 'many',
      rows: held.map(({ phrase, value }, at) => ({
        kind: 'counter',
        group,
        name: (byPlace ? order[at] : names[at]) ?? phrase,
        value,
      })),
    };
  }

  end(): readonly Row[] {
    return [this.#section()];
  }

  #pair(phrase: string, received: string, sent: string, group: string): Row {
    const name = counterNamed('windows', group, phrase) ?? phrase;
    return {
      kind: 'many',
      rows: [
        { kind: 'counter', group, name: `In${name}`, value: received },
        { kind: 'counter', group, name: `Out${name}`, value: sent },
      ],
    };
  }
}

/** Characters of a title, in any language. */
const TITLE_MAX = 80;
/** "Statistics" in the languages of Windows. */
const STATISTICS = /statisti|statysty|statiszt|estad|estat|istatist|tilasto|统计|統計|통계|статист|στατιστ/i;

export const windowsStatistics: Dialect = {
  name: 'Windows netstat -s',
  os: 'Windows',
  recognise(line) {
    if (
      /^Interface Statistics/.test(line) ||
      (line.length <= TITLE_MAX && /IP|TCP|UDP/.test(line) && STATISTICS.test(line) && !/[=:]/.test(line))
    )
      return 'heading';
    return /^ {2,4}\S.*\s= \d+\s*$/.test(line) ? 'row' : 'no';
  },
  open: () => new WindowsStatistics(),
};
