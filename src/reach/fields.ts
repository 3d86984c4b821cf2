import { type Intervals, intersect, isEmpty, NOTHING, onePoint, type Point, subtract } from '../lib/ip/intervals.js';
import { unreachable } from '../lib/unreachable.js';
import type { Interface } from '../model/network.js';
import { physicalDevices } from './br-netfilter.js';
import { type Flow, isTracked, type Segment, zoneIn } from './flow.js';
import { CT_STATE_DNAT, CT_STATE_SNAT, CT_STATES, CT_STATUS, PORT_PROTOCOLS, ROUTE_TYPES } from './frontends/facts.js';
import type { DecidedBy, Family, Field, Hook, Plain, Side } from './ir.js';
import { type Mask, masked as maskedPoint } from './masks.js';
import { type Routed, routeUsesDevice } from './routes.js';
import { type Place, route, type World } from './world.js';

/** What a field of a flow is. */
export type Value =
  | { readonly kind: 'point'; readonly value: Point }
  | { readonly kind: 'name'; readonly names: readonly string[] }
  /** The symbolic source, masked where `mask` says so. */
  | { readonly kind: 'sources'; readonly mask: Mask | null }
  | { readonly kind: 'source-ports' }
  /** Different for different sources. */
  | { readonly kind: 'parts'; readonly parts: readonly Part[] }
  /** Not there: no comparison holds, not even `!=`. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly text: string; readonly by: DecidedBy; readonly plain?: Plain };

export interface Part {
  readonly sources: Intervals;
  readonly value: Value;
}

/** Where a rule stands: the namespace and the hook. */
export interface Spot {
  readonly place: Place;
  readonly world: World;
  readonly hook: Hook;
  /** Told when a rule reads TCP flags: the sender may then choose ECN bits. */
  readonly sawTcpFlags: () => void;
}

const ABSENT: Value = { kind: 'absent' };
const point = (value: Point): Value => ({ kind: 'point', value });
const unknown = (text: string, by: DecidedBy = 'state'): Value => ({ kind: 'unknown', text, by });

/** Flags of the segments of a handshake, and of a SYN that offers ECN (RFC 3168, 6.1.1). */
const SEGMENT_FLAGS: Readonly<Record<Segment, number>> = { syn: 0x02, 'syn-ack': 0x12, reset: 0x14, ack: 0x10 };
const SYN_ECN = 0xc2;

const L4: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  dccp: 33,
  icmpv6: 58,
  'ipv6-icmp': 58,
  sctp: 132,
  udplite: 136,
};

function addressValue(flow: Flow, side: Side): Value {
  if (side === 'destination') return point(flow.destination);
  if (flow.sourceHidden) return unknown('the source that SNAT writes');
  return flow.source === null ? { kind: 'sources', mask: null } : point(flow.source);
}

function portValue(flow: Flow, side: Side, l4: string | null): Value {
  if (l4 !== null && L4[l4] !== flow.l4) return ABSENT;
  if (!PORT_PROTOCOLS.has(flow.l4)) return l4 === null ? unknown('the first bytes of the payload', 'sender') : ABSENT;
  return side === 'source' ? { kind: 'source-ports' } : point(flow.port);
}

function interfaceValue(link: Interface | null, what: 'name' | 'index' | 'type' | 'group' | 'kind'): Value {
  // Without a device the kernel compares an empty name and index 0 (nft_meta_store_ifname, ip_packet_match); the rest cannot be read.
  if (link === null)
    return what === 'name' || what === 'index' ? { kind: 'name', names: what === 'name' ? [''] : ['0'] } : ABSENT;
  switch (what) {
    case 'name':
      return { kind: 'name', names: [link.name] };
    case 'index':
      return { kind: 'name', names: [link.name, String(link.index)] };
    case 'group':
      return point(link.group);
    case 'type':
      return point(link.kind === 'loopback' || link.flags.includes('LOOPBACK') ? 772 : link.mac === null ? 0xfffe : 1);
    case 'kind':
      return link.kind === null ? ABSENT : { kind: 'name', names: [link.kind] };
    default:
      return unreachable(what);
  }
}

function conntrackState(flow: Flow): Value {
  switch (flow.tracking) {
    case 'untracked':
      return point(CT_STATES['untracked'] ?? 64);
    case 'established':
    case 'reply':
      return point((CT_STATES['established'] ?? 2) | (flow.dnat ? CT_STATE_DNAT : 0) | (flow.snat ? CT_STATE_SNAT : 0));
    case 'not-yet':
      if (flow.zone.set) return point(CT_STATES['new'] ?? 8);
      return point(CT_STATES['invalid'] ?? 1);
    case 'invalid':
      // No conntrack entry yet: nft_ct and xt_conntrack both call that invalid.
      return point(CT_STATES['invalid'] ?? 1);
    case 'new':
      return point((CT_STATES['new'] ?? 8) | (flow.dnat ? CT_STATE_DNAT : 0) | (flow.snat ? CT_STATE_SNAT : 0));
    default:
      return unreachable(flow.tracking);
  }
}

/** The zone a rule chose is read back at once: the packet carries a template until conntrack has looked. */
function zoneValue(direction: 'original' | 'reply' | null, flow: Flow): Value {
  if (!isTracked(flow) && !(flow.tracking === 'not-yet' && flow.zone.set)) return ABSENT;
  const id = direction === null ? flow.zone.id : zoneIn(flow.zone, direction);
  return id === null ? unknown('the conntrack zone') : point(id);
}

/** What else the status of a flow with an answer holds: seen-reply and confirmed. */
const SEEN_REPLY = (CT_STATUS['seen-reply'] ?? 2) | (CT_STATUS['confirmed'] ?? 8);

/** nft compares the whole state word, so xt's further bits are not part of it. */
const NFT_STATES = 0xff;

function conntrackField(field: Field, flow: Flow, backend: 'nft' | 'xt'): Value {
  if (field.kind === 'ct-state') {
    const state = conntrackState(flow);
    return backend === 'nft' && state.kind === 'point' ? point(Number(state.value) & NFT_STATES) : state;
  }
  if (field.kind === 'ct-zone') return zoneValue(field.direction, flow);
  if (!isTracked(flow)) return ABSENT;
  switch (field.kind) {
    case 'ct-status': {
      const bound = (flow.destinationBound ? 0x100 : 0) | (flow.sourceBound ? 0x80 : 0);
      const bits = (flow.dnat ? (CT_STATUS['dnat'] ?? 0) : 0) | (flow.snat ? (CT_STATUS['snat'] ?? 0) : 0);
      const confirmed = flow.confirmed ? (CT_STATUS['confirmed'] ?? 8) : 0;
      return point(bits | bound | confirmed | (flow.tracking === 'new' ? 0 : SEEN_REPLY));
    }
    case 'ct-mark':
      return flow.ctMark === null ? unknown('the connection mark') : point(flow.ctMark);
    case 'ct-direction':
      return point(flow.tracking === 'reply' ? 1 : 0);
    case 'ct-l3proto':
      return point(flow.family === 'ipv4' ? 2 : 10);
    case 'ct-protocol':
      return point(flow.l4);
    case 'ct-address':
      return conntrackAddress(field, flow);
    case 'ct-port':
      return conntrackPort(field, flow);
    default:
      return ABSENT;
  }
}

/** The original tuple is the packet before NAT; the reply tuple turns the packet as it is now around. */
function conntrackAddress(field: Field & { readonly kind: 'ct-address' }, flow: Flow): Value {
  if (field.family !== null && field.family !== flow.family) return ABSENT;
  if (field.direction === 'original') {
    if (field.side === 'destination') return point(flow.original.destination);
    return flow.original.source === null ? { kind: 'sources', mask: null } : point(flow.original.source);
  }
  return addressValue(flow, field.side === 'source' ? 'destination' : 'source');
}

function conntrackPort(field: Field & { readonly kind: 'ct-port' }, flow: Flow): Value {
  if (!PORT_PROTOCOLS.has(flow.l4)) return ABSENT;
  if (field.direction === 'original') {
    return field.side === 'destination' ? point(flow.original.port) : { kind: 'source-ports' };
  }
  return field.side === 'source' ? point(flow.port) : { kind: 'source-ports' };
}

/** Looks the address up as the kernel's fib expression does (nft_fib_ipv4.c, xt_addrtype.c). */
function fibValue(field: Field & { readonly kind: 'fib' }, flow: Flow, spot: Spot): Value {
  const device = field.iif ? flow.input : field.oif ? flow.output : null;
  if ((field.iif && flow.input === null) || (field.oif && flow.output === null)) return ABSENT;
  if (field.side === 'destination')
    return fibParts(field, flow, spot, onePoint(flow.destination), device)[0]?.value ?? ABSENT;
  if (flow.sourceHidden) return unknown('the source that SNAT writes');
  const sources = flow.source === null ? flow.sources : onePoint(flow.source);
  const parts = fibParts(field, flow, spot, sources, device);
  return flow.source === null ? { kind: 'parts', parts } : (parts[0]?.value ?? ABSENT);
}

function fibParts(
  field: Field & { readonly kind: 'fib' },
  flow: Flow,
  spot: Spot,
  addresses: Intervals,
  device: Interface | null,
): readonly Part[] {
  if (field.result === 'type') {
    const found = spot.place.fib(flow.family).typesOf(addresses, device?.name ?? null);
    return found.map((one) => ({ sources: one.destinations, value: point(ROUTE_TYPES[one.type] ?? 0) }));
  }
  // nft_fib_can_skip(); kernels before 6.16 skip in prerouting and ingress only.
  const early = spot.hook === 'prerouting' || spot.hook === 'ingress' || spot.hook === 'input';
  if (early && flow.input?.name === 'lo') return [{ sources: addresses, value: presentBy(field, 'lo') }];
  if (field.mark && flow.mark === null)
    return [{ sources: addresses, value: unknown('a mark decides about the route') }];
  // nft_fib6 ties link-local addresses to the interface, and only those.
  const tied = flow.family === 'ipv6' ? intersect(addresses, LINK_LOCAL) : NOTHING;
  const link = device ?? flow.input;
  return [
    { destinations: tied, strict: link?.name ?? null },
    { destinations: subtract(addresses, tied), strict: null },
  ]
    .filter((question) => !isEmpty(question.destinations))
    .flatMap((question) =>
      route(spot.place, flow.family, {
        ...question,
        sources: onePoint(flow.destination),
        mark: field.mark ? flow.mark : 0,
      }),
    )
    .map((one) => ({ sources: one.destinations, value: fibResult(field, one, device) }));
}

/** fe80::/10 */
const LINK_LOCAL: Intervals = [0xfe80n << 112n, 0xfec0n << 112n];

const presentBy = (field: Field & { readonly kind: 'fib' }, name: string): Value =>
  field.result === 'present' ? point(1) : { kind: 'name', names: [name] };

function fibResult(field: Field & { readonly kind: 'fib' }, found: Routed, device: Interface | null): Value {
  if (found.doubt !== null) return unknown(found.doubt);
  const leads = found.type === 'unicast' && found.route !== null;
  const by = leads && (device === null || routeUsesDevice(found.route, device.name));
  if (!by) return field.result === 'present' ? point(0) : { kind: 'name', names: ['0'] };
  return presentBy(field, device?.name ?? found.route?.interface ?? '?');
}

/** A source port that the question names is a number like any other. */
function onlyPort(value: Value, { sourcePorts }: Flow): Value {
  const [low = 0, end = 0] = sourcePorts;
  return value.kind === 'source-ports' && sourcePorts.length === 2 && Number(end) - Number(low) === 1
    ? point(low)
    : value;
}

function masked(field: Field & { readonly kind: 'masked' }, value: Value): Value {
  switch (value.kind) {
    case 'point':
      return point(maskedPoint(value.value, field));
    case 'sources':
      return value.mask === null
        ? { kind: 'sources', mask: { and: field.and, xor: field.xor, shift: field.shift } }
        : unknown('bits of bits of the source');
    case 'source-ports':
      return unknown('bits of the source port', 'sender');
    case 'parts':
      return { kind: 'parts', parts: value.parts.map((part) => ({ ...part, value: masked(field, part.value) })) };
    case 'name':
      return unknown('bits of an interface name');
    case 'absent':
    case 'unknown':
      return value;
    default:
      return unreachable(value);
  }
}

const familyNumber = (family: Family): number => (family === 'ipv4' ? 2 : 10);

/** Reads a field off a flow. Concatenations are read part by part, not here. */
export function readField(field: Field, flow: Flow, spot: Spot, backend: 'nft' | 'xt' = 'nft'): Value {
  switch (field.kind) {
    case 'address':
      return field.family === flow.family ? addressValue(flow, field.side) : ABSENT;
    case 'port':
      return portValue(flow, field.side, field.l4);
    case 'l4proto':
      return field.family === null || field.family === flow.family ? point(flow.l4) : ABSENT;
    case 'nfproto':
      return point(familyNumber(flow.family));
    case 'ethertype':
      return point(flow.family === 'ipv4' ? 0x0800 : 0x86dd);
    case 'tcp-flags':
      if (flow.l4 !== 6) return ABSENT;
      spot.sawTcpFlags();
      return point(flow.ecn && flow.segment === 'syn' ? SYN_ECN : SEGMENT_FLAGS[flow.segment]);
    case 'interface':
      return interfaceValue(field.way === 'in' ? flow.input : flow.output, field.what);
    case 'mark':
      return flow.mark === null ? unknown('the packet mark') : point(flow.mark);
    case 'ct-state':
    case 'ct-status':
    case 'ct-mark':
    case 'ct-direction':
    case 'ct-l3proto':
    case 'ct-protocol':
    case 'ct-zone':
    case 'ct-address':
    case 'ct-port':
      return conntrackField(field, flow, backend);
    case 'packet-type':
      return packetType(flow, spot);
    case 'fib':
      return fibValue(field, flow, spot);
    case 'header':
      if (field.family !== null && field.family !== flow.family) return ABSENT;
      if (field.l4 !== null && L4[field.l4] !== flow.l4)
        return field.elsewhere === undefined ? ABSENT : point(field.elsewhere);
      return {
        kind: 'unknown',
        text: field.text,
        by: 'sender',
        ...(field.plain === undefined ? {} : { plain: field.plain }),
      };
    case 'physdev':
      return physdevValue(field.what, flow, spot);
    case 'absent':
      return ABSENT;
    case 'owner':
      return spot.hook === 'output' || spot.hook === 'postrouting' ? unknown(field.text) : ABSENT;
    case 'masked':
      return masked(field, onlyPort(readField(field.of, flow, spot, backend), flow));
    case 'concat':
      return unknown('a concatenation');
    case 'constant':
      return point(field.value);
    case 'unknown':
      return { ...unknown(field.text, field.by), ...(field.plain === undefined ? {} : { plain: field.plain }) };
    default:
      return unreachable(field);
  }
}

/** xt_physdev.c: what is not there equals no name, but a packet that stays on no bridge fails `--physdev-out` negated or not. */
function physdevValue(what: (Field & { readonly kind: 'physdev' })['what'], flow: Flow, spot: Spot): Value {
  const devices = physicalDevices(spot.place, flow);
  const named = (device: Interface | 'unseen'): Value =>
    device === 'unseen' ? unknown('the port of the bridge') : { kind: 'name', names: [device.name] };
  switch (what) {
    case 'in':
      return devices === null ? { kind: 'name', names: [] } : named(devices.in);
    case 'out':
      if (devices === null) return { kind: 'name', names: [] };
      return devices.out === null ? ABSENT : named(devices.out);
    case 'is-in':
      return point(devices === null ? 0 : 1);
    case 'is-out':
    case 'is-bridged':
      return point(devices === null || devices.out === null ? 0 : 1);
    default:
      return unreachable(what);
  }
}

/** Packets to an address of ours are `host`; those to a broadcast or multicast address carry a group's MAC. */
function packetType(flow: Flow, spot: Spot): Value {
  const type = spot.place.fib(flow.family).typesOf(onePoint(flow.original.destination), null)[0]?.type;
  if (type === 'broadcast') return point(1);
  return point(type === 'multicast' ? 2 : 0);
}
