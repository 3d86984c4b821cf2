import { parseAddress } from '../lib/ip/address.js';
import type { Interface, InterfaceAddress, InterfaceCounters, Network, Route } from '../model/network.js';
import type { CapturedAddress, CapturedInterface, CapturedRoute } from './dialect.js';

const NO_COUNTERS: InterfaceCounters = {
  rxPackets: '0',
  txPackets: '0',
  rxBytes: '0',
  txBytes: '0',
  rxErrors: '0',
  txErrors: '0',
  rxDropped: '0',
  txDropped: '0',
  rxOverruns: '0',
  txOverruns: '0',
  rxFrame: '0',
  txCarrier: '0',
  multicast: '0',
  collisions: '0',
};

/** What captures show of the network; the firewall is never among it. */
export function networkOf(
  shownInterfaces: readonly CapturedInterface[],
  shownAddresses: readonly CapturedAddress[],
  shownRoutes: readonly CapturedRoute[],
): Network {
  const interfaces: Interface[] = shownInterfaces.map((shown, at) => ({
    index: shown.index ?? at + 1,
    name: shown.name,
    kind: shown.flags?.includes('LOOPBACK') === true || /^lo\d*$/.test(shown.name) ? 'loopback' : null,
    flags: shown.flags ?? [],
    mtu: shown.mtu ?? 0,
    mac: shown.mac ?? null,
    link: null,
    linkNamespace: null,
    linkUnseen: false,
    master: null,
    group: 0,
    counters: shown.counters === undefined ? null : { ...NO_COUNTERS, ...shown.counters },
    promiscuity: shown.flags?.includes('PROMISC') === true ? 1 : 0,
    xdp: false,
    tc: [],
    options: {},
  }));
  const indexes = new Map(interfaces.map((one) => [one.name, one.index]));
  const addresses = shownAddresses.map((shown) => addressOf(shown, indexes.get(shown.interface) ?? 0));
  return {
    namespace: 0,
    interfaces,
    addresses,
    routes: shownRoutes.map((route) => routeOf(route, indexes)),
    policyRules: [],
    sysctls: {},
    firewall: { read: false, rulesets: [], unreadTables: [] },
  };
}

function addressOf(shown: CapturedAddress, index: number): InterfaceAddress {
  const family = shown.address.includes(':') ? 'ipv6' : 'ipv4';
  return {
    interface: shown.interface,
    index,
    family,
    address: shown.address,
    prefixLength: shown.prefixLength ?? (family === 'ipv4' ? 32 : 128),
    peer: shown.peer ?? null,
    broadcast: shown.broadcast ?? null,
    scope: scopeOf(shown.address),
    flags: [],
  };
}

function scopeOf(text: string): string {
  const address = parseAddress(text);
  if (address === null) return 'global';
  if (text === '::1' || text.startsWith('127.')) return 'host';
  return /^fe[89ab]/i.test(text) || text.startsWith('169.254.') ? 'link' : 'global';
}

function routeOf(route: CapturedRoute, indexes: ReadonlyMap<string, number>): Route {
  const index = route.interface === null ? null : (indexes.get(route.interface) ?? null);
  return {
    table: 254,
    type: 'unicast',
    source: null,
    index,
    preferredSource: null,
    metric: 0,
    protocol: 'unspec',
    scope: route.gateway === null ? 'link' : 'global',
    flags: [],
    tos: 0,
    nextHops: [],
    ...route,
  };
}
