import type { InterfaceCounters } from '../model/network.js';
import { type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';
import { netmaskLength } from './prefixes.js';

/** `eth0: flags=4163<UP,…>  mtu 1500` since net-tools 2.0 and on BSD; `eth0  Link encap:Ethernet …` before and in BusyBox. */
const NEW = /^(\S+): flags=[0-9a-fA-Fx]+<([A-Za-z0-9_,]*)>(?:.*?\smtu (\d+))?/;
const OLD = /^(\S+)\s+Link encap:(\S.*?)(?:\s+HWaddr ([0-9A-Fa-f:]+))?\s*$/;

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
      const flags = (fresh[2] ?? '').split(',').filter((flag) => flag !== '');
      return {
        kind: 'interface',
        interface: { name: this.#name, flags, ...(fresh[3] === undefined ? {} : { mtu: Number(fresh[3]) }) },
      };
    }
    const old = OLD.exec(line);
    if (old !== null) {
      this.#name = old[1] ?? '';
      const mac = old[3]?.toLowerCase();
      return { kind: 'interface', interface: { name: this.#name, ...(mac === undefined ? {} : { mac }) } };
    }
    if (line === '' || /^Kernel Interface table/.test(line)) return SKIP;
    return this.#name !== '' && /^\s/.test(line) ? this.#inside(line) : UNREAD;
  }

  #inside(line: string): Row {
    const name = this.#name;
    const four = /^\s+inet (?:addr:)?\s*(\d+\.\d+\.\d+\.\d+)/.exec(line);
    if (four !== null) {
      const mask = /(?:netmask |Mask:)(\S+)/.exec(line)?.[1] ?? '';
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
    const six = /^\s+inet6 (?:addr: ?)?([0-9a-fA-F:.]+)(?:%\S+)?(?:\/(\d+)|.*?prefixlen (\d+))/.exec(line);
    if (six !== null)
      return {
        kind: 'address',
        address: { interface: name, address: (six[1] ?? '').toLowerCase(), prefixLength: Number(six[2] ?? six[3]) },
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
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

export const ifconfig: Dialect = {
  name: 'netstat -ie and ifconfig',
  os: null,
  recognise: (line) => (NEW.test(line) || OLD.test(line) ? 'heading' : 'no'),
  open: () => new Ifconfig(),
};
