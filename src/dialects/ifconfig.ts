import type { InterfaceCounters } from '../model/network.js';
import { type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';
import { netmaskLength } from './prefixes.js';

/** `eth0: flags=4163<UP,…>  mtu 1500` since net-tools 2.0 and on BSD; `eth0  Link encap:Ethernet …` before and in BusyBox. */
const NEW = /^(\S+): flags=([0-9a-fA-Fx]+)<([^<>]*)>(?:.*?\smtu (\d+))?/;
const OLD = /^(\S+)\s+Link encap:(\S.*?)(?:\s+HWaddr ([0-9A-Fa-f:]+))?\s*$/;

/** IFF_… of linux/if.h; net-tools prints their sum in decimal before their names, which some of its languages translate. */
const LINUX_FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [0x1, 'UP'],
  [0x2, 'BROADCAST'],
  [0x4, 'DEBUG'],
  [0x8, 'LOOPBACK'],
  [0x10, 'POINTOPOINT'],
  [0x20, 'NOTRAILERS'],
  [0x40, 'RUNNING'],
  [0x80, 'NOARP'],
  [0x100, 'PROMISC'],
  [0x200, 'ALLMULTI'],
  [0x400, 'MASTER'],
  [0x800, 'SLAVE'],
  [0x1000, 'MULTICAST'],
  [0x4000, 'DYNAMIC'],
];

function flagsOf(sum: string, names: string): readonly string[] {
  if (/^[\w,]*$/.test(names)) return names.split(',').filter((flag) => flag !== '');
  const bits = Number(sum);
  return LINUX_FLAGS.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name);
}

/** `netstat -ie` and `ifconfig`: a block an interface. */
class Ifconfig implements Reader {
  #name = '';
  #linux = false;

  os(): string | null {
    return this.#linux ? 'Linux' : null;
  }

  name(): string {
    return 'netstat -ie and ifconfig';
  }

  row(line: string): Row {
    if (/^Kernel Interface table|Link encap:|^\s+RX packets/.test(line)) this.#linux = true;
    const fresh = NEW.exec(line);
    if (fresh !== null) {
      this.#name = fresh[1] ?? '';
      const [, , sum = '', names = '', mtu] = fresh;
      const flags = flagsOf(sum, names);
      return {
        kind: 'interface',
        interface: { name: this.#name, flags, ...(mtu === undefined ? {} : { mtu: Number(mtu) }) },
      };
    }
    const old = OLD.exec(line);
    if (old !== null) {
      this.#name = old[1] ?? '';
      const mac = old[3]?.toLowerCase();
      return { kind: 'interface', interface: { name: this.#name, ...(mac === undefined ? {} : { mac }) } };
    }
    if (line === '' || /^Kernel Interface table/.test(line)) return SKIP;
    // The rest of a first line that a narrow window broke.
    const mtu = /^mtu (\d+)\s*$/.exec(line)?.[1];
    if (mtu !== undefined && this.#name !== '')
      return { kind: 'interface', interface: { name: this.#name, mtu: Number(mtu) } };
    return this.#name !== '' && /^\s/.test(line) ? this.#inside(line) : UNREAD;
  }

  #inside(line: string): Row {
    const name = this.#name;
    const four = /^\s+inet (?:addr:)?\s*(\d+\.\d+\.\d+\.\d+)/.exec(line);
    if (four !== null) {
      const mask =
        /(?:netmask |Mask:)(\S+)/.exec(line)?.[1] ?? /^\s+inet \S+\s+\S+ (\d+\.\d+\.\d+\.\d+)/.exec(line)?.[1] ?? '';
      const hex = /^(?:0x)?([0-9a-f]{8})$/i.exec(mask)?.[1];
      const dotted =
        hex === undefined ? mask : [0, 2, 4, 6].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.');
      const broadcast = /(?:broadcast |Bcast:)(\d+\.\d+\.\d+\.\d+)/.exec(line)?.[1];
      const peer = /(?:P-t-P:|destination |--> )(\d+\.\d+\.\d+\.\d+)/.exec(line)?.[1];
      return {
        kind: 'address',
        address: {
          interface: name,
          address: four[1] ?? '',
          prefixLength: netmaskLength(dotted),
          ...(broadcast === undefined || broadcast === '0.0.0.0' ? {} : { broadcast }),
          ...(peer === undefined ? {} : { peer }),
        },
      };
    }
    const six =
      /^\s+inet6 (?:addr: ?)?([0-9a-fA-F:.]+)(?:%\S+)?(?:\/(\d+)|.*?prefixlen (\d+)|\s+[^\s\d]+ (\d+)\s)/.exec(line);
    if (six !== null)
      return {
        kind: 'address',
        address: {
          interface: name,
          address: (six[1] ?? '').toLowerCase(),
          prefixLength: Number(six[2] ?? six[3] ?? six[4]),
        },
      };
    const mac = /^\s+(?:ether|address:?|lladdr) ([0-9a-fA-F:]{17})/.exec(line)?.[1];
    if (mac !== undefined) return { kind: 'interface', interface: { name, mac: mac.toLowerCase() } };
    const oldFlags = /^\s+((?:[A-Z]+ )+)\s*MTU:(\d+)/.exec(line);
    if (oldFlags !== null)
      return {
        kind: 'interface',
        interface: { name, mtu: Number(oldFlags[2]), flags: (oldFlags[1] ?? '').trim().split(' ') },
      };
    const counters = countersOf(line);
    return counters === null ? SKIP : { kind: 'interface', interface: { name, counters } };
  }
}

const number = (line: string, pattern: RegExp): string | undefined => pattern.exec(line)?.[1];

function countersOf(line: string): Partial<InterfaceCounters> | null {
  const direction = /^\s+(RX|TX)\b/.exec(line)?.[1];
  if (direction === undefined) return null;
  const rx = direction === 'RX';
  const found: readonly (readonly [string, string | undefined])[] = [
    [rx ? 'rxPackets' : 'txPackets', number(line, /packets[: ](\d+)/)],
    [rx ? 'rxBytes' : 'txBytes', number(line, /bytes[: ](\d+)/)],
    [rx ? 'rxErrors' : 'txErrors', number(line, /errors[: ](\d+)/)],
    [rx ? 'rxDropped' : 'txDropped', number(line, /dropped[: ](\d+)/)],
    [rx ? 'rxOverruns' : 'txOverruns', number(line, /overruns[: ](\d+)/)],
    ['rxFrame', number(line, /frame[: ](\d+)/)],
    ['txCarrier', number(line, /carrier[: ](\d+)/)],
    ['collisions', number(line, /collisions[: ](\d+)/)],
    ['txBytes', rx ? number(line, /TX bytes:(\d+)/) : undefined],
  ];
  const told = found.filter(([, value]) => value !== undefined);
  return Object.fromEntries(told.length > 0 ? told : byPlace(line, rx));
}

/** Names of counters in the order of net-tools' lines, for languages that translate the words: `RX … 12  … 3456 (3.4 KiB)`, then the errors. */
function byPlace(line: string, rx: boolean): readonly (readonly [string, string])[] {
  const names = line.includes('(')
    ? [rx ? 'rxPackets' : 'txPackets', rx ? 'rxBytes' : 'txBytes']
    : rx
      ? ['rxErrors', 'rxDropped', 'rxOverruns', 'rxFrame']
      : ['txErrors', 'txDropped', 'txOverruns', 'txCarrier', 'collisions'];
  const numbers = [...line.replace(/\(.*/, '').matchAll(/\s(\d+)(?=\s|$)/g)].map((match) => match[1] ?? '');
  return numbers.length === names.length ? names.map((name, at) => [name, numbers[at] ?? '0']) : [];
}

export const ifconfig: Dialect = {
  name: 'netstat -ie and ifconfig',
  os: null,
  recognise: (line) => (NEW.test(line) || OLD.test(line) ? 'heading' : 'no'),
  open: () => new Ifconfig(),
};
