import { formatAddress, parseAddress } from '../lib/ip/address.js';
import { type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';

const ROW = /^\s*(\S+)\s+(\d+)\s+(\S+)\s*$/;
const HEADING = /^\s*(?:Interface\s+RefCnt\s+Group|IPv6\/IPv4 Group Memberships|-{5,}\s+-{3,}\s+-{5,})/;

/** Multicast memberships as `netstat -g` of Linux prints them. */
class LinuxGroups implements Reader {
  name(): string {
    return 'Linux multicast memberships (netstat -g)';
  }

  row(line: string): Row {
    if (HEADING.test(line) || line === '') return SKIP;
    const match = ROW.exec(line);
    const group = parseAddress(match?.[3] ?? '');
    if (match === null) return UNREAD;
    if (group === null) return /[a-z]/i.test(match[3] ?? '') ? namedGroup(match) : UNREAD;
    return {
      kind: 'membership',
      membership: {
        interface: match[1] ?? '',
        family: group.family,
        group: formatAddress(group),
        users: Number(match[2]),
      },
    };
  }
}

const namedGroup = (match: RegExpExecArray): Row => ({
  kind: 'membership',
  membership: { interface: match[1] ?? '', family: 'ipv4', group: match[3] ?? '', users: Number(match[2]) },
});

export const linuxGroups: Dialect = {
  name: 'Linux netstat -g',
  os: 'Linux',
  recognise: (line) => (HEADING.test(line) ? 'heading' : 'no'),
  open: () => new LinuxGroups(),
};

const IGMP_DEVICE = /^(\d+)\t(\S+)\s*:\s+\d+\s+V\d/;
const IGMP_GROUP = /^[\t ]+([0-9A-F]{8})\s+(\d+)\s/;
const IGMP6 = /^(\d{1,7})\s+(\S+)\s+([0-9a-f]{32})\s+(\d+)\s/;

/** /proc/net/igmp (two lines a device; the group in host byte order) and /proc/net/igmp6. */
class ProcIgmp implements Reader {
  #device = '';

  name(): string {
    return 'Linux /proc/net';
  }

  row(line: string): Row {
    if (/^Idx\s+Device\s/.test(line) || line === '') return SKIP;
    const device = IGMP_DEVICE.exec(line);
    if (device !== null) {
      this.#device = device[2] ?? '';
      return SKIP;
    }
    const six = IGMP6.exec(line);
    if (six !== null) {
      const parsed = parseAddress((six[3] ?? '').replace(/(.{4})(?=.)/g, '$1:'));
      if (parsed === null) return UNREAD;
      return {
        kind: 'membership',
        membership: { interface: six[2] ?? '', family: 'ipv6', group: formatAddress(parsed), users: Number(six[4]) },
      };
    }
    const group = IGMP_GROUP.exec(line);
    if (group === null) return UNREAD;
    const bytes = [0, 2, 4, 6].map((at) => Number.parseInt((group[1] ?? '').slice(at, at + 2), 16));
    // Multicast is 224/4: the byte that is in it is the first.
    const first = bytes[0] ?? 0;
    const ordered =
      first >= 224 && first <= 239 && !((bytes[3] ?? 0) >= 224 && (bytes[3] ?? 0) <= 239)
        ? bytes
        : [...bytes].reverse();
    return {
      kind: 'membership',
      membership: { interface: this.#device, family: 'ipv4', group: ordered.join('.'), users: Number(group[2]) },
    };
  }
}

export const procIgmp: Dialect = {
  name: 'Linux /proc/net/igmp',
  os: 'Linux',
  recognise: (line) =>
    /^Idx\s+Device\s/.test(line) || IGMP_DEVICE.test(line) ? 'heading' : IGMP6.test(line) ? 'row' : 'no',
  open: () => new ProcIgmp(),
};
