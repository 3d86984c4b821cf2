import type { LinkAddress } from '../../linux/netlink/address.js';
import { AF_INET } from '../../linux/netlink/inet-diag.js';
import type { RouteMessage } from '../../linux/netlink/route.js';
import type { RuleMessage } from '../../linux/netlink/rule.js';
import type { InterfaceAddress, PolicyRule, Route } from '../../model/network.js';
import { bitNames } from './links.js';

/** RTN_…, linux/rtnetlink.h. */
const ROUTE_TYPES: readonly string[] = [
  'unspec',
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
  'nat',
  'xresolve',
];
/** rt_scope_t and rt_protos as iproute2 names them (rt_scopes, rt_protos). */
const SCOPES: Readonly<Record<number, string>> = { 0: 'global', 200: 'site', 253: 'link', 254: 'host', 255: 'nowhere' };
const ROUTE_PROTOCOLS: Readonly<Record<number, string>> = {
  0: 'unspec',
  1: 'redirect',
  2: 'kernel',
  3: 'boot',
  4: 'static',
  8: 'gated',
  9: 'ra',
  10: 'mrt',
  11: 'zebra',
  12: 'bird',
  13: 'dnrouted',
  14: 'xorp',
  15: 'ntk',
  16: 'dhcp',
  18: 'keepalived',
  42: 'babel',
  186: 'bgp',
  187: 'isis',
  188: 'ospf',
  189: 'rip',
  192: 'eigrp',
};
const ROUTE_FLAGS: readonly string[] = ['dead', 'pervasive', 'onlink', 'offload', 'linkdown', 'unresolved', 'trap'];
const ADDRESS_FLAGS: readonly string[] = [
  'secondary',
  'nodad',
  'optimistic',
  'dadfailed',
  'homeaddress',
  'deprecated',
  'tentative',
  'permanent',
  'managetempaddr',
  'noprefixroute',
  'mcautojoin',
  'stable-privacy',
];
/** RTAX_…, linux/rtnetlink.h: those that views print or that decide something. */
const METRICS: Readonly<Record<number, string>> = { 2: 'mtu', 3: 'window', 4: 'irtt', 8: 'advmss', 10: 'hoplimit' };
/** FR_ACT_…, linux/fib_rules.h. */
const ACTIONS: readonly string[] = [
  'unspec',
  'to_tbl',
  'goto',
  'nop',
  'res3',
  'res4',
  'blackhole',
  'unreachable',
  'prohibit',
];

export type DeviceName = (index: number) => string;

const familyOf = (family: number): 'ipv4' | 'ipv6' => (family === AF_INET ? 'ipv4' : 'ipv6');

const prefixText = (family: number, address: string | null, length: number): string =>
  `${address ?? (family === AF_INET ? '0.0.0.0' : '::')}/${length}`;

export function addressOf(message: LinkAddress, device: DeviceName): InterfaceAddress {
  const address = message.local ?? message.address ?? '';
  return {
    interface: device(message.index),
    index: message.index,
    family: familyOf(message.family),
    address,
    prefixLength: message.prefixLength,
    peer: message.local !== null && message.address !== message.local ? message.address : null,
    broadcast: message.broadcast,
    scope: SCOPES[message.scope] ?? String(message.scope),
    flags: bitNames(message.flags, ADDRESS_FLAGS),
  };
}

function metricsOf(values: ReadonlyMap<number, number>): Readonly<Record<string, number>> | null {
  const metrics: Record<string, number> = {};
  for (const [number, value] of values) {
    const name = METRICS[number];
    if (name !== undefined) metrics[name] = value;
  }
  return Object.keys(metrics).length === 0 ? null : metrics;
}

export function routeOf(message: RouteMessage, device: DeviceName): Route {
  const { family } = message;
  const metrics = metricsOf(message.metrics);
  return {
    family: familyOf(family),
    table: message.table,
    type: ROUTE_TYPES[message.type] ?? String(message.type),
    destination: prefixText(family, message.destination, message.destinationLength),
    source: message.source === null ? null : prefixText(family, message.source, message.sourceLength),
    gateway: message.gateway,
    interface: message.index === null ? null : device(message.index),
    index: message.index,
    preferredSource: message.preferredSource,
    metric: message.priority,
    protocol: ROUTE_PROTOCOLS[message.protocol] ?? String(message.protocol),
    scope: SCOPES[message.scope] ?? String(message.scope),
    flags: bitNames(message.flags & 0x7f, ROUTE_FLAGS),
    tos: message.tos,
    nextHops: message.nextHops.map((hop) => ({
      gateway: hop.gateway,
      interface: hop.index === 0 ? null : device(hop.index),
      weight: hop.weight,
    })),
    ...(metrics === null ? {} : { metrics }),
  };
}

export function policyRuleOf(message: RuleMessage): PolicyRule {
  const { family } = message;
  return {
    family: familyOf(family),
    priority: message.priority,
    action: ACTIONS[message.action] ?? String(message.action),
    table: message.table === 0 ? null : message.table,
    source: message.source === null ? null : prefixText(family, message.source, message.sourceLength),
    destination:
      message.destination === null ? null : prefixText(family, message.destination, message.destinationLength),
    inputInterface: message.inputInterface,
    outputInterface: message.outputInterface,
    mark: message.mark,
    markMask: message.markMask,
    invert: message.invert,
    goto: message.goto,
    ipProtocol: message.ipProtocol,
    sourcePorts: message.sourcePorts,
    destinationPorts: message.destinationPorts,
    tos: message.tos,
    uidRange: message.uidRange,
    l3mdev: message.l3mdev,
    suppressPrefixLength: message.suppressPrefixLength,
  };
}
