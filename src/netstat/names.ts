import type { InternetProtocol, NetstatFacts, NetstatNames } from '../model/netstat.js';
import type { NetstatFlags } from './flags.js';

/** How addresses, ports and users are written: as names, or null where they stay numbers. */
export interface Naming {
  readonly hosts: NetstatNames['hosts'] | null;
  readonly networks: NetstatNames['networks'];
  readonly services: NetstatNames['services'] | null;
  readonly users: NetstatNames['users'] | null;
  /** `-n` or any of its parts: what sctp's addresses and -N's routes go by. */
  readonly numericAtAll: boolean;
}

export function namingOf(flags: NetstatFlags, names: NetstatNames): Naming {
  return {
    hosts: flags.numericHosts ? null : names.hosts,
    networks: names.networks,
    services: flags.numericPorts ? null : names.services,
    users: flags.numericUsers ? null : names.users,
    numericAtAll: flags.numericHosts || flags.numericPorts || flags.numericUsers || flags.symbolic,
  };
}

/** An address as a number; of a v4-mapped one net-tools shows the IPv4 part. */
export const numberText = (address: string): string =>
  address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;

/** A host's name; the unspecified IPv6 address stands in brackets where names are shown. */
export function hostText(address: string, naming: Naming): string {
  if (naming.hosts === null) return numberText(address);
  if (address === '::') return '[::]';
  return naming.hosts[address] ?? numberText(address);
}

/** A service's name; port 0 is `*` in any case. */
export function portText(port: number, protocol: 'tcp' | 'udp' | 'raw' | 'sctp', naming: Naming): string {
  if (port === 0) return '*';
  if (naming.services === null || protocol === 'sctp') return String(port);
  return naming.services[protocol][port] ?? String(port);
}

const isUnspecified = (address: string): boolean => address === '0.0.0.0' || address === '::';

/** Numeric addresses whose names a view shows. */
export function hostsToName(facts: NetstatFacts, flags: NetstatFlags): ReadonlySet<string> {
  const wanted = new Set<string>();
  if (flags.numericHosts) return wanted;
  const take = (address: string): void => {
    if (!isUnspecified(address)) wanted.add(address);
  };
  for (const { protocol, rows } of facts.internet)
    for (const row of rows) {
      if (!isShown(row, flags, protocol)) continue;
      take(row.local);
      take(row.foreign);
    }
  for (const { addresses } of facts.sctp?.endpoints ?? []) addresses.forEach(take);
  for (const { local, foreign } of facts.sctp?.associations ?? []) [...local, ...foreign].forEach(take);
  for (const { group } of facts.memberships) take(group);
  if (!flags.symbolic) {
    for (const route of facts.routes) {
      take(route.destination);
      take(route.gateway);
    }
    for (const route of facts.routes6) {
      take(route.destination);
      take(route.nextHop);
    }
  }
  return wanted;
}

/** User ids whose names a view shows. */
export function usersToName(facts: NetstatFacts, flags: NetstatFlags): ReadonlySet<number> {
  if (flags.numericUsers || flags.extend === 0 || flags.view !== 'sockets') return new Set();
  return new Set(facts.internet.flatMap(({ rows }) => rows.map((row) => row.uid)));
}

/** Which sockets are shown: -a all, -l those without a peer, else those with one. For TCP the peer's port decides, else its address. */
export function isShown(
  row: { readonly foreignPort: number; readonly foreignIsNull: boolean },
  flags: NetstatFlags,
  protocol: InternetProtocol,
): boolean {
  if (flags.all) return true;
  const alone = protocol === 'tcp' ? row.foreignPort === 0 : row.foreignIsNull;
  return alone === flags.listening;
}
