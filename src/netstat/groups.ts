import type { NetstatFacts } from '../model/netstat.js';
import { hostText, type Naming } from './names.js';
import { left } from './text.js';

/** `netstat -g`. */
export function groupLines(facts: NetstatFacts, naming: Naming): readonly string[] {
  return [
    'IPv6/IPv4 Group Memberships',
    'Interface       RefCnt Group',
    '--------------- ------ ---------------------',
    ...facts.memberships.map(
      (row) => `${left(row.interface, 15)} ${left(row.users, 6)} ${hostText(row.group, naming)}`,
    ),
  ];
}
