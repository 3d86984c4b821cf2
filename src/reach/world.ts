import { parseAddress, unmapped } from '../lib/ip/address.js';
import { onePoint, type Point } from '../lib/ip/intervals.js';
import type { IdentifiedListener } from '../model/listener.js';
import type { Interface, InterfaceAddress, Network } from '../model/network.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Membership } from '../model/statistics.js';
import type { Family, Program } from './ir.js';
import { compileFib, type Fib, type Lookup, type Routed } from './routes.js';

/** One network namespace, ready to be asked. */
export interface Place {
  readonly id: number;
  readonly name: string;
  readonly network: Network;
  readonly interfaces: ReadonlyMap<string, Interface>;
  readonly byIndex: ReadonlyMap<number, Interface>;
  readonly addresses: readonly PlaceAddress[];
  readonly listeners: readonly IdentifiedListener[];
  /** Parsed when first asked for. */
  readonly program: () => Program;
  readonly fib: (family: Family) => Fib;
  readonly sysctl: (name: string) => string | null;
  /** Whether anybody joined the multicast group on an interface; null: memberships were not read. */
  readonly joined: (link: string, family: Family, group: Point) => boolean | null;
  /** IP_TRANSPARENT of the listener's socket; null: not seen. */
  readonly isTransparent: (listener: IdentifiedListener) => boolean | null;
}

export interface PlaceAddress {
  readonly family: Family;
  readonly point: Point;
  readonly from: InterfaceAddress;
}

/** Everything a walk may meet: the namespaces of one host. */
export interface World {
  readonly places: ReadonlyMap<number, Place>;
  /** The namespace earshot runs in. */
  readonly self: number;
  /** Namespaces, interfaces and firewalls could be read at all (false in a capture). */
  readonly judged: boolean;
}

const NO_RULES: Program = { chains: new Map(), base: [], unread: [], problems: [] };

/** The point of an address text; null where it is none. */
export function pointOfText(text: string): { readonly family: Family; readonly point: Point } | null {
  const parsed = parseAddress(text.split('%')[0] ?? text);
  if (parsed === null) return null;
  const { family, value } = unmapped(parsed);
  return { family, point: family === 'ipv4' ? Number(value) : value };
}

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

/** Who joined what, by interface, family and group; asked seldom. */
function joinedOf(memberships: readonly Membership[] | null): Place['joined'] {
  if (memberships === null) return () => null;
  const groups = once(
    () => new Set(memberships.map((one) => `${one.interface} ${one.family} ${pointOfText(one.group)?.point}`)),
  );
  return (link, family, group) => groups().has(`${link} ${family} ${group}`);
}

const fibOf = (family: Family, network: Network): Fib =>
  compileFib(family, network.routes, network.policyRules, network.addresses, network.localTable);

type LoadFirewall = (firewall: Network['firewall']) => Program;

function placeOf(
  network: Network,
  name: string,
  listeners: readonly IdentifiedListener[],
  load: LoadFirewall | null,
  snapshot: Snapshot,
): Place {
  const addresses: PlaceAddress[] = [];
  for (const from of network.addresses) {
    const parsed = pointOfText(from.address);
    if (parsed !== null) addresses.push({ ...parsed, from });
  }
  const counted = snapshot.statistics?.namespaces.find((one) => one.namespace === network.namespace);
  const ipv4 = once(() => fibOf('ipv4', network));
  const ipv6 = once(() => fibOf('ipv6', network));
  return {
    id: network.namespace,
    name,
    network,
    interfaces: new Map(network.interfaces.map((one) => [one.name, one])),
    byIndex: new Map(network.interfaces.map((one) => [one.index, one])),
    addresses,
    listeners,
    program: once(() => {
      if (!network.firewall.read) return { ...NO_RULES, unread: [{ text: 'firewall not seen', family: null }] };
      return load === null ? NO_RULES : load(network.firewall);
    }),
    fib: (family) => (family === 'ipv4' ? ipv4() : ipv6()),
    sysctl: (key) => network.sysctls[key] ?? null,
    joined: joinedOf(counted?.memberships ?? null),
    isTransparent: (listener) => {
      const socket = snapshot.sockets.find(
        (one) =>
          one.namespace === network.namespace &&
          one.protocol === listener.protocol &&
          one.port === listener.port &&
          one.address === listener.address &&
          one.device === listener.device,
      );
      return socket?.transparent ?? null;
    },
  };
}

const hasRules = ({ firewall }: Network): boolean => firewall.rulesets.length > 0 || firewall.unreadTables.length > 0;

/** Makes a world of a snapshot. The front ends for rulesets are loaded only where a ruleset is. */
export async function openWorld(snapshot: Snapshot, listeners: readonly IdentifiedListener[]): Promise<World> {
  const load = snapshot.networks.some(hasRules) ? (await import('./frontends/load.js')).loadFirewall : null;
  const byNamespace = new Map<number, IdentifiedListener[]>();
  for (const listener of listeners) {
    const known = byNamespace.get(listener.namespace.id);
    if (known === undefined) byNamespace.set(listener.namespace.id, [listener]);
    else known.push(listener);
  }
  const names = new Map(snapshot.namespaces.map((one) => [one.id, one.name]));
  const places = new Map<number, Place>();
  for (const network of snapshot.networks) {
    const name = names.get(network.namespace) ?? String(network.namespace);
    places.set(network.namespace, placeOf(network, name, byNamespace.get(network.namespace) ?? [], load, snapshot));
  }
  const self = snapshot.namespaces.find((one) => one.foundBy === 'self') ?? snapshot.namespaces[0];
  return { places, self: self?.id ?? 0, judged: snapshot.networks.length > 0 };
}

const vrfTableOf = (place: Place, link: Interface | null): number | null => {
  if (link === null) return null;
  const vrf = link.kind === 'vrf' ? link : link.master === null ? null : (place.byIndex.get(link.master) ?? null);
  const table = vrf?.kind === 'vrf' ? Number(vrf.options['table']) : Number.NaN;
  return Number.isInteger(table) ? table : null;
};

/** Asks the routing of a place; what is not named is the host's own traffic. */
export function route(
  place: Place,
  family: Family,
  question: Pick<Lookup, 'destinations' | 'sources'> & Partial<Lookup> & { readonly link?: Interface | null },
): readonly Routed[] {
  const { link = null, ...given } = question;
  return place.fib(family).lookup({
    input: link?.name ?? 'lo',
    output: null,
    mark: 0,
    l4: 0,
    ports: null,
    sourcePorts: null,
    strict: null,
    vrfTable: vrfTableOf(place, link),
    ...given,
  });
}

/** The address is this place's own (`inet_addr_type` local); `on`: only where that interface holds it. */
export function isLocal(place: Place, family: Family, address: Point, on: string | null = null): boolean {
  return place.fib(family).typesOf(onePoint(address), on)[0]?.type === 'local';
}

/** A sysctl of an interface, where the kernel takes the larger of `all` and the interface's own. */
export function maximumOf(place: Place, key: string, link: Interface | null): number {
  const all = Number(place.sysctl(`net.ipv4.conf.all.${key}`) ?? 0);
  const own = link === null ? 0 : Number(place.sysctl(`net.ipv4.conf.${link.name}.${key}`) ?? 0);
  return Math.max(all, own);
}
