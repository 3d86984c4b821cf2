import type { GroupRow } from '../../model/netstat.js';
import type { Host } from '../host.js';
import type { Families } from './internet.js';
import { fieldsOf, inet6Of, inetOf, tableLines } from './table.js';

/** Characters of a device's name that are looked at (IFNAMSIZ without its NUL byte). */
const NAME_MAX = 15;

/** /proc/net/igmp: a line for each interface, and below it, after a tab, its groups. */
export function parseIgmp(lines: readonly string[]): readonly GroupRow[] {
  const rows: GroupRow[] = [];
  let device = '';
  for (const line of lines) {
    if (!line.startsWith('\t')) {
      const name = line.slice(line.indexOf('\t') + 1, line.indexOf('\t') + 1 + NAME_MAX);
      const colon = name.lastIndexOf(':');
      device = (colon < 0 ? name : name.slice(0, colon)).trimEnd();
      continue;
    }
    const [group = '', users] = fieldsOf(line);
    rows.push({ interface: device, family: 'ipv4', users: Number(users), group: inetOf(group) });
  }
  return rows;
}

/** /proc/net/igmp6: `INDEX DEVICE GROUP USERS FLAGS TIMER`. */
export function parseIgmp6(lines: readonly string[]): readonly GroupRow[] {
  return lines.map((line) => {
    const [, device = '', group = '', users] = fieldsOf(line);
    return { interface: device, family: 'ipv6', users: Number(users), group: inet6Of(group) };
  });
}

export function readGroupRows(host: Host, families: Families, complain: (why: string) => void): readonly GroupRow[] {
  return [
    ...(families.ipv4 ? parseIgmp(tableLines(host, '/proc/net/igmp', 1, complain)) : []),
    ...(families.ipv6 ? parseIgmp6(tableLines(host, '/proc/net/igmp6', 0, complain)) : []),
  ];
}
