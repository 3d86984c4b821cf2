import { intersect, isEmpty, onePoint } from '../lib/ip/intervals.js';
import type { Interface } from '../model/network.js';
import { crossBridge, leaveByBridge, onwardOf, portTo } from './bridges.js';
import { castOf, forwards, notedRouting, routed, settle } from './decisions.js';
import { delivered, doubtLookups } from './delivery.js';
import { runBridge, runEgress, runIngress, runIngressOn, throughParent } from './devices.js';
import { cite, type Flow, isAnswer, isTracked, type Leaf, NO_ZONE, type Passage } from './flow.js';
import { runHook } from './hooks.js';
import { doubt, doubtTc, finish, type Journey, spotAt } from './journey.js';
import {
  checkAddresses,
  checkLeaving,
  checkOnTheWire,
  checkSource,
  isMulticast,
  LINK_LOCAL_6,
  splitLinkLocal,
} from './martians.js';
import { childOf, type Next, peerOf, portsOf } from './peers.js';
import type { Routed } from './routes.js';
import { L4_OF } from './sockets.js';
import { isLocal, type Place, route, type World } from './world.js';

const TCP = L4_OF.tcp;

/** Namespaces one packet may pass through. */
const HOPS_MAX = 8;

/** A first packet arrives at an interface of a place. */
export function arrive(journey: Journey, place: Place, link: Interface, given: Flow): void {
  const entered = throughParent(journey, place, link, given);
  const child = isLocal(place, given.family, given.destination) ? null : childOf(journey.world, place, link, given);
  if (child === null) {
    for (const flow of entered) enter(journey, place, link, flow);
    return;
  }
  // The frame carries the child's MAC: the parent's namespace sees it on the device and nowhere else.
  for (const flow of entered) {
    for (const one of runIngress(journey, place, link, { ...flow, input: link }))
      enter(journey, child.place, child.link, one);
  }
}

function enter(journey: Journey, place: Place, link: Interface, given: Flow): void {
  const port = link.master === null ? null : (place.byIndex.get(link.master) ?? null);
  const bridge = port?.kind === 'bridge' ? port : null;
  const input = bridge ?? link;
  const start: Flow = { ...given, input, inputPort: bridge === null ? given.inputPort : link, output: null };
  doubt(journey, place, bridge === null ? [input] : [link, input], start);
  const wire = runIngress(journey, place, link, start);
  const over = bridge ?? (input.kind === 'bridge' ? input : null);
  if (over !== null && acrossBridge(journey, place, over, start, wire)) return;
  const early = wire.flatMap((flow) => runIngressOn(journey, place, bridge, flow));
  const onWire = early.flatMap((flow) => settle(journey, place, checkOnTheWire(flow, input)));
  const bridged = onWire.flatMap((flow) => runBridge(journey, place, over, flow));
  const through = runHook(journey, spotAt(journey, place, 'prerouting'), bridged);
  for (const flow of through) routeIn(journey, place, input, flow);
}

/** A frame for a neighbour on the bridge goes there; false: it is for this namespace. */
function acrossBridge(journey: Journey, place: Place, bridge: Interface, start: Flow, wire: readonly Flow[]): boolean {
  const onward = onwardOf(journey.world, place, bridge, start);
  if (onward === null) return false;
  const { out, translated } = crossBridge(journey, place, bridge, onward, wire);
  for (const flow of translated) routeIn(journey, place, bridge, { ...flow, input: bridge });
  for (const flow of out) handOver(journey, place, onward.port ?? bridge, onward.next, flow);
  return true;
}

/** The routing decision for a packet that came in. */
function routeIn(journey: Journey, place: Place, link: Interface, flow: Flow): void {
  for (const one of settle(journey, place, checkAddresses(place, flow, link))) {
    if (one.family === 'ipv4' && isMulticast(one.destination)) {
      grouped(journey, place, link, one, 'multicast');
      continue;
    }
    // ip_route_input_slow() asks no table for it.
    if (one.family === 'ipv4' && one.destination === LIMITED_BROADCAST) {
      grouped(journey, place, link, one, 'broadcast');
      continue;
    }
    const linkLocal = one.family === 'ipv6' && !isEmpty(intersect(onePoint(one.destination), LINK_LOCAL_6));
    const loopback = one.family === 'ipv6' && one.destination === 1n;
    const parts = route(place, one.family, {
      destinations: onePoint(one.destination),
      sources: one.source === null ? one.sources : onePoint(one.source),
      link,
      mark: one.mark,
      l4: one.l4,
      ports: onePoint(one.port),
      sourcePorts: one.sourcePorts,
      strict: linkLocal || loopback ? link.name : null,
    });
    for (const part of parts) {
      const sources = one.source === null ? intersect(one.sources, part.sources) : one.sources;
      if (isEmpty(sources)) continue;
      routePart(journey, place, link, { ...one, sources }, part);
    }
  }
}

function routePart(journey: Journey, place: Place, link: Interface, flow: Flow, part: Routed): void {
  if (part.doubt !== null) finish(journey, place, flow, { kind: 'doubtful', text: part.doubt });
  const sentTo = flow.dnat && link.name !== 'lo' ? castOf(place, flow) : null;
  if (sentTo !== null) {
    // The frame was for many, and stays so (PACKET_BROADCAST, PACKET_MULTICAST): tcp_v4_rcv() and ip_forward() take none of these.
    if (part.type === 'local') grouped(journey, place, link, flow, sentTo);
    else finish(journey, place, routed(journey, place, flow, `${sentTo} destination`, 'drop'), { kind: 'filtered' });
    return;
  }
  switch (part.type) {
    case 'local':
      for (const one of settle(journey, place, checkSource(place, flow, link, null))) deliver(journey, place, one);
      return;
    case 'broadcast':
    case 'anycast':
    case 'multicast':
      grouped(journey, place, link, flow, part.type);
      return;
    case 'unicast':
      for (const one of settle(journey, place, checkSource(place, flow, link, leavesBy(part))))
        forward(journey, place, link, one, part);
      return;
    default:
      noRoute(journey, place, link, flow, part.type);
  }
}

/** 255.255.255.255: all hosts of this link (RFC 919, section 7). */
const LIMITED_BROADCAST = 0xffff_ffff;

/** Broadcast and multicast reach UDP sockets only; that somebody joined a group is known, who did is not. */
function grouped(journey: Journey, place: Place, link: Interface, flow: Flow, type: string): void {
  if (type === 'anycast') {
    deliver(journey, place, flow);
    return;
  }
  const asksGroup = type === 'multicast' && !flow.dnat;
  const joined = asksGroup ? place.joined(link.name, flow.family, flow.destination) : true;
  if (joined === false) {
    // A multicast router passes on what goes beyond the link (ip_route_input_rcu()); whether this host is one was not read.
    const mayPassOn = flow.l4 !== TCP && forwards(place, flow, link) && !staysOnLink(flow);
    const text = `nobody here joined the multicast group on ${link.name}`;
    if (mayPassOn) finish(journey, place, flow, { kind: 'doubtful', text: 'membership of the multicast group' });
    finish(journey, place, routed(journey, place, flow, text, 'drop'), { kind: 'filtered' });
    return;
  }
  const leaves: Leaf[] = [];
  for (const one of settle(journey, place, checkSource(place, flow, link, null)))
    deliver({ ...journey, leaves }, place, one);
  const heard = leaves.some(({ listener }) => listener !== null && flow.l4 !== TCP);
  if (asksGroup && heard) finish(journey, place, flow, { kind: 'doubtful', text: 'membership of the multicast group' });
  journey.leaves.push(...leaves.map((leaf) => unanswered(leaf, place, type)));
}

/** 224.0.0.0/24 and ff02::/16 are never passed on (RFC 5771, section 4; RFC 4291, section 2.7). */
const staysOnLink = ({ family, destination }: Flow): boolean =>
  family === 'ipv4' ? Number(destination) >>> 8 === 0xe00000 : BigInt(destination) >> 112n === 0xff02n;

/** Nobody is told that a packet to many was refused, or that none of them listens (RFC 1122, 3.2.2). */
function unanswered(leaf: Leaf, place: Place, type: string): Leaf {
  if (leaf.end.kind === 'rejected') return { ...leaf, end: { kind: 'filtered' } };
  const isTcp = leaf.flow.l4 === TCP;
  if (leaf.end.kind !== 'delivered' || (leaf.listener !== null && !isTcp)) return leaf;
  const text = `${type} destination${isTcp ? '' : ' that nobody here listens to'}`;
  const flow = cite(leaf.flow, {
    kind: 'routing',
    chain: null,
    rule: null,
    verdict: 'drop',
    text,
    namespace: place.name,
  });
  return { ...leaf, flow, end: { kind: 'filtered' } };
}

/** ip_error(): without forwarding on the interface silence, with it an ICMP error; a blackhole is silent always. */
function noRoute(journey: Journey, place: Place, link: Interface, flow: Flow, type: string): void {
  const reasons: Readonly<Record<string, string>> = {
    none: 'no route',
    unreachable: 'unreachable route',
    prohibit: 'prohibit route',
    blackhole: 'blackhole',
  };
  const text = reasons[type] ?? `${type} route`;
  const answered = type !== 'blackhole' && (flow.family === 'ipv6' || forwards(place, flow, link));
  const silent = !answered;
  const done = routed(
    journey,
    place,
    flow,
    silent && type === 'none' ? `${text} (not an address of this host, and ${link.name} does not forward)` : text,
    silent ? 'drop' : 'reject',
  );
  finish(journey, place, done, { kind: silent ? 'filtered' : 'rejected' });
}

/** Local delivery: input, then the socket. */
function deliver(journey: Journey, place: Place, flow: Flow): void {
  const leaves: Leaf[] = [];
  const inside: Journey = { ...journey, leaves };
  const arrived = runHook(inside, spotAt(journey, place, 'input'), [{ ...flow, output: null }]);
  for (const one of arrived) {
    doubtLookups(inside, place, one);
    leaves.push(...delivered(place, one));
  }
  journey.leaves.push(...leaves);
  if (flow.proxy === null || !flow.dnat) return;
  const text = 'TPROXY and DNAT on one packet: its answer goes astray';
  for (const leaf of leaves)
    if (leaf.end.kind === 'delivered' || leaf.end.kind === 'rejected')
      finish(journey, place, leaf.flow, { kind: 'doubtful', text });
}

/** The interface that a route leads to; of several next hops the first. */
const leavesBy = ({ route: way }: Routed): string | null => way?.interface ?? way?.nextHops[0]?.interface ?? null;

/** Forwarding: the switch of the interface, then forward and postrouting, then the next namespace or the wire. */
function forward(journey: Journey, place: Place, link: Interface, flow: Flow, part: Routed): void {
  if (!forwards(place, flow, link)) {
    const text = `not an address of this host, and ${link.name} does not forward`;
    finish(journey, place, routed(journey, place, flow, text, 'drop'), { kind: 'filtered' });
    return;
  }
  if (flow.proxy !== null) {
    // ip_forward() and ip6_forward() drop what already has a socket.
    const text = 'given to a proxy socket, and no route delivers it here';
    finish(journey, place, routed(journey, place, flow, text, 'drop'), { kind: 'filtered' });
    return;
  }
  const name = leavesBy(part);
  // ip6_forward() looks at the source of what does not go back where it came from.
  const local = name === link.name ? { yes: [], no: [flow] } : splitLinkLocal(flow);
  for (const one of local.yes)
    finish(journey, place, routed(journey, place, one, 'link-local sources are not forwarded', 'reject'), {
      kind: 'rejected',
    });
  const output = name === null ? null : (place.interfaces.get(name) ?? null);
  const several = (part.route?.nextHops.length ?? 0) > 1;
  for (const one of local.no) {
    if (several) finish(journey, place, one, { kind: 'doubtful', text: 'the kernel picks one of several next hops' });
    const noted = journey.explain ? notedRouting(one, place, `forward by ${name ?? '?'}`) : one;
    const through = runHook(journey, spotAt(journey, place, 'forward'), [{ ...noted, output }]);
    leave(journey, place, output, through, part.route?.gateway ?? null);
  }
}

/** Postrouting, and out by the interface. */
function leave(
  journey: Journey,
  place: Place,
  output: Interface | null,
  flows: readonly Flow[],
  gateway: string | null,
): void {
  for (const flow of runHook(journey, spotAt(journey, place, 'postrouting'), flows)) {
    if (output === null) handOver(journey, place, output, null, flow);
    else {
      const next = neighbour(journey.world, place, output, flow, gateway);
      for (const one of leaveByBridge(journey, place, output, next, flow)) handOver(journey, place, output, next, one);
    }
  }
}

/** Out by an interface: into the namespace behind it, or onto the wire. */
function handOver(journey: Journey, place: Place, output: Interface | null, next: Next | null, flow: Flow): void {
  if (output !== null) doubtTc(journey, place, output, flow, 'egress');
  const port = next === null || output === null ? null : portTo(journey.world, place, output, next);
  for (const one of output === null ? [flow] : runEgress(journey, place, output, port, flow)) {
    if (next === null || journey.hops >= HOPS_MAX)
      finish(journey, place, one, { kind: 'forwarded', interface: output?.name ?? '?', to: one.destination });
    else arrive({ ...journey, hops: journey.hops + 1 }, next.place, next.link, handedOver(one, place));
  }
}

const passageOf = (flow: Flow, { id }: Place): Passage => ({
  namespace: id,
  tracked: isTracked(flow),
  was: flow.original.source,
  now: flow.snat ? flow.source : null,
  translated: flow.dnat || flow.snat,
  zone: flow.zone,
});

/** Between namespaces a packet loses mark and conntrack entry (skb_scrub_packet). */
export const handedOver = (flow: Flow, from: Place): Flow => ({
  ...flow,
  passed: isAnswer(flow) ? flow.passed : [...flow.passed, passageOf(flow, from)],
  original: { source: flow.source, destination: flow.destination, port: flow.port },
  mark: 0,
  ctMark: 0,
  tracking: 'not-yet',
  zone: NO_ZONE,
  confirmed: false,
  dnat: false,
  snat: false,
  destinationBound: false,
  sourceBound: false,
  mapped: false,
  input: null,
  inputPort: null,
  bridgedTo: null,
  output: null,
  proxy: null,
});

/** Who takes the packet behind an interface: the veth's peer, or the port of the bridge whose namespace owns the next hop. */
function neighbour(world: World, place: Place, output: Interface, flow: Flow, gateway: string | null): Next | null {
  const known = neighboursOf.get(place) ?? new Map<string, Next | null>();
  neighboursOf.set(place, known);
  const key = `${output.index} ${flow.family} ${flow.destination} ${gateway}`;
  let next = known.get(key);
  if (next === undefined) {
    next = findNeighbour(world, place, output, flow, gateway);
    known.set(key, next);
  }
  return next;
}

const neighboursOf = new WeakMap<Place, Map<string, Next | null>>();

function findNeighbour(world: World, place: Place, output: Interface, flow: Flow, gateway: string | null): Next | null {
  const peers =
    output.kind === 'bridge'
      ? portsOf(place, output).flatMap((port) => peerOf(world, place, port))
      : peerOf(world, place, output);
  const owns = ({ place: other }: Next): boolean => {
    if (gateway === null) return isLocal(other, flow.family, flow.destination);
    return other.addresses.some((one) => one.from.address === gateway);
  };
  const [only] = peers;
  // On a wire into somebody's bridge, the bridge takes what is for a neighbour there.
  const bridged = gateway === null && output.kind !== 'bridge' && only !== undefined && isBridgePort(only);
  return peers.find(owns) ?? (bridged ? only : null);
}

const isBridgePort = ({ place, link }: Next): boolean =>
  link.master !== null && place.byIndex.get(link.master)?.kind === 'bridge';

/** A first packet of a process of the place itself: output, postrouting, and over lo or out. */
export function originate(journey: Journey, place: Place, given: Flow): void {
  const lo = place.interfaces.get('lo') ?? null;
  doubt(journey, place, [], given);
  const first = routeOut(place, given);
  const output = outputOf(place, first, lo);
  const sent = runHook(journey, spotAt(journey, place, 'output'), [{ ...given, input: null, output }]);
  for (const flow of sent) {
    // Output NAT and marks make the kernel look again (ip_route_me_harder).
    const again = routeOut(place, flow);
    if (again === null || (again.type !== 'local' && again.type !== 'unicast' && again.type !== 'broadcast')) {
      finish(journey, place, routed(journey, place, flow, 'no route', 'drop'), { kind: 'filtered' });
      continue;
    }
    const by = outputOf(place, again, lo);
    if (again.type === 'unicast') {
      const leaving = settle(journey, place, checkLeaving(place, { ...flow, output: by }, by));
      leave(journey, place, by, leaving, again.route?.gateway ?? null);
      continue;
    }
    for (const one of runHook(journey, spotAt(journey, place, 'postrouting'), [{ ...flow, output: by }]))
      comeBack(journey, place, lo, one);
  }
}

const outputOf = (place: Place, part: Routed | null, lo: Interface | null): Interface | null => {
  if (part?.type !== 'unicast') return lo;
  return place.interfaces.get(part.route?.interface ?? '') ?? null;
};

function routeOut(place: Place, flow: Flow): Routed | null {
  const parts = route(place, flow.family, {
    destinations: onePoint(flow.destination),
    sources: flow.source === null ? flow.sources : onePoint(flow.source),
    mark: flow.mark,
    l4: flow.l4,
    ports: onePoint(flow.port),
    sourcePorts: flow.sourcePorts,
  });
  return parts[0] ?? null;
}

/** Over lo the packet keeps mark and conntrack entry, and meets prerouting and input with `iif lo`. */
function comeBack(journey: Journey, place: Place, lo: Interface | null, flow: Flow): void {
  if (lo === null) return;
  const sent = runEgress(journey, place, lo, null, { ...flow, confirmed: isTracked(flow) });
  const ready = sent.flatMap((one) => runIngress(journey, place, lo, { ...one, input: lo, output: null }));
  const through = runHook(journey, spotAt(journey, place, 'prerouting'), ready);
  for (const one of through) routeOwn(journey, place, lo, one);
}

function routeOwn(journey: Journey, place: Place, lo: Interface, flow: Flow): void {
  if (isLocal(place, flow.family, flow.destination)) deliver(journey, place, flow);
  else routeIn(journey, place, lo, flow);
}
