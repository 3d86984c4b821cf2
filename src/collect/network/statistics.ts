import { formatGroups, formatIPv4 } from '../../lib/ip/address.js';
import type { Gap, Reading } from '../../model/gap.js';
import type { MasqueradedConnection, Membership, NamespaceStatistics } from '../../model/statistics.js';
import type { Host } from '../host.js';
import type { FoundNamespace } from '../namespaces/found.js';

const TABLE_BYTES_MAX = 64 * 1024 * 1024;
const MASQUERADED_MAX = 100_000;

type Counters = Record<string, Record<string, string>>;

/** /proc/net/snmp and netstat: a line of names and a line of values, both after `GROUP:`. */
export function parseSnmp(text: string): Counters {
  const counters: Counters = {};
  const lines = text.split('\n');
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [group = '', ...names] = (lines[i] ?? '').trim().split(/\s+/);
    const [same, ...values] = (lines[i + 1] ?? '').trim().split(/\s+/);
    if (group === '' || group !== same) continue;
    counters[group.replace(/:$/, '')] = Object.fromEntries(names.map((name, index) => [name, values[index] ?? '0']));
  }
  return counters;
}

/** /proc/net/snmp6: `Ip6InReceives 12` a line; the group is what ends in `6`. */
export function parseSnmp6(text: string): Counters {
  const counters: Counters = {};
  for (const line of text.split('\n')) {
    const row = /^([A-Za-z]+6)(\w+)\s+(\d+)$/.exec(line.trim());
    if (row === null) continue;
    const [, group = '', name = '', value = ''] = row;
    const known = counters[group] ?? {};
    known[name] = value;
    counters[group] = known;
  }
  return counters;
}

/** /proc/net/igmp: a line for each interface, and below it its groups, as the number that the address is in host order. */
export function parseIgmp(text: string): readonly Membership[] {
  const memberships: Membership[] = [];
  let device = '';
  for (const line of text.split('\n').slice(1)) {
    const head = /^\d+\s+(\S+)\s*:/.exec(line);
    if (head !== null) device = head[1] ?? '';
    const group = /^\s+([0-9A-F]{8})\s+(\d+)/.exec(line);
    if (group === null) continue;
    const value = Number.parseInt(group[1] ?? '', 16);
    const swapped =
      ((value & 255) * 2 ** 24 + ((value >>> 8) & 255) * 2 ** 16 + ((value >>> 16) & 255) * 256 + (value >>> 24)) >>> 0;
    memberships.push({ interface: device, family: 'ipv4', group: formatIPv4(swapped), users: Number(group[2]) });
  }
  return memberships;
}

/** /proc/net/igmp6: `INDEX DEVICE GROUP USERS FLAGS TIMER`, the group as 32 hex digits in network order. */
export function parseIgmp6(text: string): readonly Membership[] {
  const memberships: Membership[] = [];
  for (const line of text.split('\n')) {
    const row = /^\d+\s+(\S+)\s+([0-9a-f]{32})\s+(\d+)/.exec(line);
    if (row === null) continue;
    const groups = Array.from({ length: 8 }, (_, i) => Number.parseInt((row[2] ?? '').slice(i * 4, i * 4 + 4), 16));
    memberships.push({ interface: row[1] ?? '', family: 'ipv6', group: formatGroups(groups), users: Number(row[3]) });
  }
  return memberships;
}

const portOf = (text: string | undefined): number | null => (text === undefined ? null : Number(text));

/** /proc/net/nf_conntrack: connections whose answers go to another address than the one that asked (source NAT). */
export function parseConntrack(text: string): readonly MasqueradedConnection[] {
  const found: MasqueradedConnection[] = [];
  for (const line of text.split('\n')) {
    const head = /^\S+\s+\d+\s+(\S+)\s+\d+\s+(\d+)\s+(?:([A-Z_]+)\s+)?src=/.exec(line);
    const sources = [...line.matchAll(/\bsrc=(\S+) dst=(\S+)(?: sport=(\d+) dport=(\d+))?/g)];
    const [original, reply] = sources;
    if (head === null || original === undefined || reply === undefined || original[1] === reply[2]) continue;
    if (found.length >= MASQUERADED_MAX) break;
    found.push({
      protocol: head[1] ?? '',
      source: original[1] ?? '',
      sourcePort: portOf(original[3]),
      destination: original[2] ?? '',
      destinationPort: portOf(original[4]),
      translated: reply[2] ?? '',
      translatedPort: portOf(reply[4]),
      state: head[3] ?? null,
      expiresSeconds: Number(head[2]),
    });
  }
  return found;
}

const FILES = ['snmp', 'netstat', 'snmp6', 'igmp', 'igmp6'] as const;

/** Protocol counters and memberships of one namespace, and where `connections` its masqueraded connections, from its /proc/net. */
export function readStatistics(
  host: Host,
  namespace: FoundNamespace,
  connections: boolean,
): Reading<NamespaceStatistics> {
  const empty: NamespaceStatistics = { namespace: namespace.id, counters: {}, memberships: [], masqueraded: [] };
  const { procNet } = namespace;
  if (procNet === null)
    return { value: empty, gaps: [gapOf(namespace, 'no process lives in it, and counters are read in /proc/PID/net')] };
  const texts = new Map<string, string>();
  for (const file of FILES) {
    const read = host.sync.readText(`${procNet}/${file}`, TABLE_BYTES_MAX);
    if (read.ok) texts.set(file, read.value);
    // A kernel without IPv6 has neither of the others.
    else if (file === 'snmp') return { value: empty, gaps: [gapOf(namespace, read.why)] };
  }
  const text = (file: (typeof FILES)[number]): string => texts.get(file) ?? '';
  // The table of a router has a million rows.
  const conntrack = connections ? host.sync.readText(`${procNet}/nf_conntrack`, TABLE_BYTES_MAX) : null;
  return {
    value: {
      namespace: namespace.id,
      counters: { ...parseSnmp(text('snmp')), ...parseSnmp(text('netstat')), ...parseSnmp6(text('snmp6')) },
      memberships: [...parseIgmp(text('igmp')), ...parseIgmp6(text('igmp6'))],
      masqueraded: conntrack?.ok === true ? parseConntrack(conntrack.value) : [],
      connectionsRead: conntrack?.ok === true,
    },
    gaps: [],
  };
}

const gapOf = (namespace: FoundNamespace, why: string): Gap => ({
  kind: 'statistics',
  what: `counters of namespace ${namespace.name}`,
  why,
  hides: 'how much its protocols were used, and which multicast groups it listens to',
  fix: '',
  hidesListeners: false,
});
