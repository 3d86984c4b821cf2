import { errnoName } from '../../linux/errno.js';
import { addressRequest, decodeAddress, RTM_GETADDR, RTM_NEWADDR } from '../../linux/netlink/address.js';
import { AF_INET, AF_INET6 } from '../../linux/netlink/inet-diag.js';
import { decodeLink, type Link, linkRequest, RTM_GETLINK, RTM_NEWLINK } from '../../linux/netlink/link.js';
import { decodeRoute, RTM_GETROUTE, RTM_NEWROUTE, routeRequest } from '../../linux/netlink/route.js';
import { decodeRule, RTM_GETRULE, RTM_NEWRULE, ruleRequest } from '../../linux/netlink/rule.js';
import type { NetlinkSocket } from '../../linux/netlink/socket.js';
import { type TrafficFilter, trafficFilters } from '../../linux/netlink/traffic.js';
import type { Gap, Reading } from '../../model/gap.js';
import type { Firewall, InterfaceAddress, Network, PolicyRule, Route } from '../../model/network.js';
import { interfaceOf } from './links.js';
import { addressOf, type DeviceName, policyRuleOf, routeOf } from './routes.js';

/** A router with a full table has a million; more than this are a gap. */
const ROUTES_MAX = 200_000;

const FIREWALL_NOT_READ: Firewall = { read: false, rulesets: [], unreadTables: [] };

/** One dump of rtnetlink. A string says why it is not there. */
function dumpRoute<T>(
  route: NetlinkSocket,
  request: readonly [ask: number, answer: number, payload: Uint8Array],
  decode: (view: DataView, at: number, end: number) => T,
): readonly T[] | string {
  const rows: T[] = [];
  const [ask, answer, payload] = request;
  const end = route.dump(
    ask,
    payload,
    (view, at, to, type) => {
      if (type === answer && rows.length <= ROUTES_MAX) rows.push(decode(view, at, to));
    },
    () => {
      rows.length = 0;
    },
  );
  return end.kind === 'done' ? rows : `${errnoName(end.errno)}: rtnetlink`;
}

/** Interfaces as the kernel lists them; a string says why there are none. */
export const readLinks = (route: NetlinkSocket): readonly Link[] | string =>
  dumpRoute(route, [RTM_GETLINK, RTM_NEWLINK, linkRequest()], decodeLink);

/** Names by index; an interface that is not listed is called `if5`. */
export function deviceNames(links: readonly Link[]): DeviceName {
  const names = new Map(links.map((link) => [link.index, link.name]));
  return (index) => names.get(index) ?? `if${index}`;
}

function gapOf(kind: Gap['kind'], what: string, why: string, hides: string): Gap {
  return { kind, what, why, hides, fix: 'run as root', hidesListeners: false };
}

/** A kernel built without traffic control. */
const NO_TRAFFIC_CONTROL: ReadonlySet<string> = new Set(['EOPNOTSUPP', 'ENOENT']);

const filtersAt = (link: Link, filters: readonly TrafficFilter[] | number): readonly string[] =>
  typeof filters === 'number'
    ? []
    : filters.filter(({ index }) => index === link.index).map(({ way, kind }) => `${way} ${kind}`);

/** Both families of one table; one of the two may be missing where the kernel was built or started without it. */
function bothFamilies<T>(read: (family: number) => readonly T[] | string, take: (row: T) => void): string | null {
  const four = read(AF_INET);
  const six = read(AF_INET6);
  if (typeof four !== 'string') four.forEach(take);
  if (typeof six !== 'string') six.forEach(take);
  return typeof four === 'string' ? four : null;
}

/**
 * Interfaces, addresses, routes of all tables and policy rules of one namespace. `peer` finds the namespace that an id of it means.
 */
export function readNetwork(
  namespace: { readonly id: number; readonly name: string },
  route: NetlinkSocket,
  links: readonly Link[],
  peer: (nsid: number) => number | null,
): Reading<Network> {
  const gaps: Gap[] = [];
  const device = deviceNames(links);
  const addresses: InterfaceAddress[] = [];
  const routes: Route[] = [];
  const policyRules: PolicyRule[] = [];
  const refusedAddresses = bothFamilies(
    (family) => dumpRoute(route, [RTM_GETADDR, RTM_NEWADDR, addressRequest(family)], decodeAddress),
    (row) => addresses.push(addressOf(row, device)),
  );
  if (refusedAddresses !== null)
    gaps.push(
      gapOf(
        'interface',
        `addresses of namespace ${namespace.name}`,
        refusedAddresses,
        'which addresses a wildcard means',
      ),
    );
  const refusedRoutes = bothFamilies(
    (family) => dumpRoute(route, [RTM_GETROUTE, RTM_NEWROUTE, routeRequest(family)], decodeRoute),
    (row) => {
      if (!row.cloned) routes.push(routeOf(row, device));
    },
  );
  if (refusedRoutes !== null)
    gaps.push(
      gapOf('route', `routes of namespace ${namespace.name}`, refusedRoutes, 'who can reach this host by which way'),
    );
  const refusedRules = bothFamilies(
    (family) => dumpRoute(route, [RTM_GETRULE, RTM_NEWRULE, ruleRequest(family)], decodeRule),
    (row) => policyRules.push(policyRuleOf(row)),
  );
  if (refusedRules !== null)
    gaps.push(
      gapOf('route', `policy rules of namespace ${namespace.name}`, refusedRules, 'which table a packet is routed by'),
    );
  if (routes.length > ROUTES_MAX)
    gaps.push(
      gapOf('route', `routes of namespace ${namespace.name}`, `more than ${ROUTES_MAX}`, 'the routes beyond them'),
    );
  const filters = trafficFilters(route);
  if (typeof filters === 'number' && !NO_TRAFFIC_CONTROL.has(errnoName(filters)))
    gaps.push(
      gapOf(
        'firewall',
        `tc filters of namespace ${namespace.name}`,
        `${errnoName(filters)}: rtnetlink`,
        'packets that a tc filter drops or redirects before the firewall sees them',
      ),
    );
  const interfaces = links.map((link) => ({ ...interfaceOf(link, peer), tc: filtersAt(link, filters) }));
  for (const unseen of interfaces.filter((one) => one.linkUnseen && one.kind === 'veth')) {
    gaps.push({
      kind: 'namespace',
      what: `the other end of ${unseen.name} in namespace ${namespace.name}`,
      why: 'it is in a network namespace that was not found on this host',
      hides: 'listeners in that namespace, and who is behind the interface',
      fix: 'run as root in the initial pid and mount namespaces',
      hidesListeners: true,
    });
  }
  const value = {
    namespace: namespace.id,
    interfaces,
    addresses,
    routes,
    policyRules,
    sysctls: {},
    firewall: FIREWALL_NOT_READ,
  };
  return { value, gaps };
}
