import { readFileSync } from 'node:fs';
import { identify } from '../../src/identify/identify.js';
import type { IdentifiedListener } from '../../src/model/listener.js';
import type { Interface, InterfaceAddress, Network, Route, Ruleset } from '../../src/model/network.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import type { Socket } from '../../src/model/socket.js';
import type { Membership, NamespaceStatistics } from '../../src/model/statistics.js';

export const HOST = 1;

/** Addresses, listeners and namespaces of a made host; what is not said is a plain host with eth0 192.0.2.10/24. */
export interface Made {
  readonly rulesets?: readonly Ruleset[];
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly listening?: readonly Listening[];
  readonly links?: readonly Partial<Interface>[];
  readonly addresses?: readonly string[];
  readonly routes?: readonly Route[];
  readonly containers?: readonly Container[];
  /** `eth0 224.0.0.251`; absent: not read. */
  readonly memberships?: readonly string[];
}

/** `tcp 0.0.0.0 22`, in a namespace. */
export interface Listening {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly namespace?: number;
  readonly v6only?: boolean;
  readonly device?: string;
}

/** A namespace behind a port of a bridge. */
export interface Container {
  readonly id: number;
  readonly name: string;
  readonly address: string;
  readonly bridge: string;
}

const link = (index: number, name: string, more: Partial<Interface> = {}): Interface => ({
  index,
  name,
  kind: null,
  flags: ['UP', 'LOWER_UP'],
  mtu: 1500,
  mac: `02:00:00:00:00:${String(index).padStart(2, '0')}`,
  link: null,
  linkNamespace: null,
  linkUnseen: false,
  master: null,
  group: 0,
  counters: null,
  promiscuity: 0,
  xdp: false,
  tc: [],
  options: {},
  ...more,
});

const lo = link(1, 'lo', { kind: 'loopback', flags: ['LOOPBACK', 'UP', 'LOWER_UP'] });

/** `eth0 192.0.2.10/24` */
function addressOf(text: string, links: readonly Interface[]): InterfaceAddress {
  const [name = '', prefix = ''] = text.split(' ');
  const [address = '', length = '32'] = prefix.split('/');
  const isLoopback = name === 'lo';
  return {
    interface: name,
    index: links.find((one) => one.name === name)?.index ?? 0,
    family: address.includes(':') ? 'ipv6' : 'ipv4',
    address,
    prefixLength: Number(length),
    peer: null,
    broadcast: null,
    scope: isLoopback ? 'host' : address.startsWith('fe80') ? 'link' : 'global',
    flags: [],
  };
}

export const route = (destination: string, name: string, more: Partial<Route> = {}): Route => ({
  family: destination.includes(':') ? 'ipv6' : 'ipv4',
  table: 254,
  type: 'unicast',
  destination,
  source: null,
  gateway: null,
  interface: name,
  index: null,
  preferredSource: null,
  metric: 0,
  protocol: 'static',
  scope: 'global',
  flags: [],
  tos: 0,
  nextHops: [],
  ...more,
});

const socket = (one: Listening): Socket => ({
  protocol: one.protocol,
  family: one.address.includes(':') ? 'ipv6' : 'ipv4',
  state: one.protocol === 'tcp' ? 'listen' : 'bound',
  namespace: one.namespace ?? HOST,
  address: one.address,
  port: one.port,
  peer: null,
  device: one.device ?? null,
  v6only: one.address.includes(':') ? (one.v6only ?? false) : null,
  inode: one.port,
  cookie: null,
  uid: 0,
  mark: null,
  cgroupId: null,
  queue: null,
  clients: null,
  holders: [],
  holdersComplete: true,
  source: 'netlink',
});

function onLinkRoutes(addresses: readonly InterfaceAddress[]): readonly Route[] {
  return addresses
    .filter((one) => one.interface !== 'lo')
    .map((one) => route(`${one.address}/${one.prefixLength}`, one.interface, { scope: 'link', protocol: 'kernel' }));
}

function networkOf(
  namespace: number,
  links: readonly Interface[],
  texts: readonly string[],
  routes: readonly Route[],
  sysctls: Readonly<Record<string, string>>,
  rulesets: readonly Ruleset[],
): Network {
  const addresses = texts.map((text) => addressOf(text, links));
  return {
    namespace,
    interfaces: links,
    addresses,
    routes: [...onLinkRoutes(addresses), ...routes],
    policyRules: [],
    sysctls,
    firewall: { read: true, rulesets, unreadTables: [] },
  };
}

function statisticsOf(memberships: readonly string[]): NamespaceStatistics {
  const joined = memberships.map((text): Membership => {
    const [name = '', group = ''] = text.split(' ');
    return { interface: name, family: group.includes(':') ? 'ipv6' : 'ipv4', group, users: 1 };
  });
  return { namespace: HOST, counters: {}, memberships: joined, masqueraded: [] };
}

/** A snapshot of a made host. */
export function aHost(made: Made = {}): Snapshot {
  const containers = made.containers ?? [];
  const own = made.links?.map((one, i) => link(i + 2, one.name ?? `eth${i}`, one)) ?? [link(2, 'eth0')];
  const ports = containers.map((one, i) =>
    link(100 + i, `veth${one.id}`, {
      kind: 'veth',
      link: 2,
      linkNamespace: one.id,
      master: own.find((bridge) => bridge.name === one.bridge)?.index ?? null,
    }),
  );
  const links = [lo, ...own, ...ports];
  const addresses = ['lo 127.0.0.1/8', 'lo ::1/128', ...(made.addresses ?? ['eth0 192.0.2.10/24'])];
  const host = networkOf(
    HOST,
    links,
    addresses,
    made.routes ?? [route('0.0.0.0/0', 'eth0', { gateway: '192.0.2.1' })],
    made.sysctls ?? {},
    made.rulesets ?? [],
  );
  const others = containers.map((one, i) =>
    networkOf(
      one.id,
      [lo, link(2, 'eth0', { kind: 'veth', link: 100 + i, linkNamespace: HOST })],
      ['lo 127.0.0.1/8', `eth0 ${one.address}`],
      [route('0.0.0.0/0', 'eth0', { gateway: null })],
      {},
      [],
    ),
  );
  return {
    schema: 'earshot.snapshot/1',
    tool: { name: 'earshot', version: '0' },
    host: { hostname: 'made', os: 'made', kernel: '6.18', platforms: [] },
    collection: { source: 'live', startedAt: '2025-01-01T00:00:00Z', durationMs: 0, dialect: null, uid: 0, gaps: [] },
    namespaces: [
      { id: HOST, name: 'host', foundBy: 'self', entered: true },
      ...containers.map((one) => ({ id: one.id, name: one.name, foundBy: 'process 2', entered: true })),
    ],
    sockets: (made.listening ?? []).map(socket),
    processes: [],
    networks: [host, ...others],
    software: { socketUnits: [], inetd: [], packages: {}, containers: {}, rpc: [], settings: [], probes: [] },
    statistics: made.memberships === undefined ? null : { namespaces: [statisticsOf(made.memberships)] },
  };
}

export const listenersOf = (snapshot: Snapshot): readonly IdentifiedListener[] => identify(snapshot);

export const nftJson = (items: readonly unknown[]): Ruleset => ({
  format: 'nft-json',
  text: JSON.stringify({ nftables: items }),
  origin: 'test',
});

/** A filter table of family inet with one input chain. */
export const inputChain = (policy: 'accept' | 'drop', rules: readonly (readonly unknown[])[]): Ruleset =>
  nftJson([
    { table: { family: 'inet', name: 'f', handle: 1 } },
    { chain: { family: 'inet', table: 'f', name: 'in', handle: 1, type: 'filter', hook: 'input', prio: 0, policy } },
    ...rules.map((expr, i) => ({ rule: { family: 'inet', table: 'f', chain: 'in', handle: i + 2, expr } })),
  ]);

export const dport = (port: unknown): unknown => ({
  match: { op: '==', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: port },
});

/** A ruleset of fixtures/rulesets. */
export function recorded(folder: string): readonly Ruleset[] {
  const read = (name: string): string | null => {
    try {
      return readFileSync(new URL(`../../fixtures/rulesets/${folder}/${name}`, import.meta.url), 'utf8');
    } catch {
      return null;
    }
  };
  const all: Ruleset[] = [];
  const formats = [
    ['nft.json', 'nft-json'],
    ['iptables-nft-save.txt', 'iptables-nft-save'],
    ['ip6tables-nft-save.txt', 'ip6tables-nft-save'],
    ['iptables-legacy-save.txt', 'iptables-legacy-save'],
    ['ip6tables-legacy-save.txt', 'ip6tables-legacy-save'],
  ] as const;
  for (const [name, format] of formats) {
    const text = read(name);
    if (text !== null) all.push({ format, text, origin: `${folder}/${name}` });
  }
  return all;
}
