import { ALL_PORTS, type Intervals, onePoint } from '../lib/ip/intervals.js';
import type { OutcomeKind } from '../model/exposure.js';
import type { Interface } from '../model/network.js';
import type { Packet, PacketOutcome, Unanswerable } from '../model/packet.js';
import { answerStopped } from './answer.js';
import { becauseOfLeaves, conditionsOf, portsText } from './explain.js';
import { inOrder, isOdd, isUnusual, type Leaf } from './flow.js';
import { L4_PROTOCOLS, PORT_PROTOCOLS } from './frontends/facts.js';
import { pointText } from './nat.js';
import { type Answer, ask, type Question } from './question.js';
import { linkOfNeighbour, onePointRoute } from './ways-in.js';
import { isLocal, type Place, pointOfText, type World } from './world.js';

/** What one leaf means for the sender. */
export function kindOf(leaf: Leaf): OutcomeKind {
  switch (leaf.end.kind) {
    case 'delivered':
      return leaf.listener === null ? 'closed' : 'open';
    case 'doubtful':
      return 'conditional';
    case 'filtered':
    case 'rejected':
    case 'forwarded':
      return leaf.end.kind;
  }
}

const sameEnd = (leaf: Leaf): string =>
  `${kindOf(leaf)} ${leaf.listener?.id ?? ''} ${leaf.end.kind === 'forwarded' ? leaf.end.interface : ''} ${leaf.end.kind === 'delivered' && leaf.listener === null ? leaf.namespace : ''}`;

const forwardOf = (leaf: Leaf): PacketOutcome['forward'] =>
  leaf.end.kind === 'forwarded'
    ? { interface: leaf.end.interface, to: pointText(leaf.end.to, leaf.flow.family) }
    : null;

/** A leaf that gets somewhere, for the path a conditional cites. */
const ADMITS: readonly OutcomeKind[] = ['open', 'forwarded', 'closed', 'conditional', 'rejected', 'filtered'];

function mostAdmitting(leaves: readonly Leaf[]): Leaf | undefined {
  return leaves.toSorted((a, b) => ADMITS.indexOf(kindOf(a)) - ADMITS.indexOf(kindOf(b)))[0];
}

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

/** The ends of a packet without options, extension headers and fragments; where there is no such end, all. */
export function usual(leaves: readonly Leaf[]): readonly Leaf[] {
  const plain = leaves.filter((leaf) => !isUnusual(leaf.flow.assumed));
  return plain.length === 0 ? leaves : plain;
}

/** Where packets end that are not plain, if elsewhere, in words. */
function unusualEnds(leaves: readonly Leaf[], outcome: OutcomeKind): readonly string[] {
  const others = leaves.filter((leaf) => isUnusual(leaf.flow.assumed) && kindOf(leaf) !== outcome);
  return unique(
    others.map((leaf) => {
      const like = inOrder(leaf.flow.assumed).filter(isOdd);
      const words = like.map((one) => (one.holds ? one.text : `not ${one.text}`)).join(', ');
      const chosen = like.every((one) => one.by === 'sender') ? ', which the sender may send,' : '';
      return `a packet with ${words}${chosen} is ${kindOf(leaf)}`;
    }),
  );
}

/**
 * Puts the leaves of one concrete packet together: where they end alike that is the outcome, else it depends. The packet is a plain SYN or
 * datagram; where one that offers ECN, or carries options or extension headers, would end otherwise, a condition says so.
 */
export function outcomeOf(answer: Answer, ports: Intervals): PacketOutcome {
  const leaves = usual(answer.leaves);
  const found = together(leaves, ports);
  const differing = leaves === answer.leaves ? [] : unusualEnds(answer.leaves, found.outcome);
  const plain = { ...found, conditions: [...found.conditions, ...differing] };
  if (answer.ecn === null) return plain;
  const withEcn = usual(answer.ecn);
  const offering = together(withEcn, ports);
  if (offering.outcome === plain.outcome && offering.listener === plain.listener) {
    if (plain.outcome === 'conditional') return plain;
    const both = together([...leaves, ...withEcn], ports);
    return { ...both, conditions: [...both.conditions, ...differing] };
  }
  const differs = `a SYN that offers ECN, which the sender may send, is ${offering.outcome}`;
  return { ...plain, conditions: [...plain.conditions, differs] };
}

function together(leaves: readonly Leaf[], ports: Intervals): PacketOutcome {
  const [first] = leaves;
  const lost: PacketOutcome = { outcome: 'filtered', listener: null, forward: null, because: [], conditions: [] };
  if (first === undefined) return lost;
  const alike = kindOf(first) !== 'conditional' && leaves.every((leaf) => sameEnd(leaf) === sameEnd(first));
  if (alike) {
    return {
      outcome: kindOf(first),
      listener: first.listener?.id ?? null,
      forward: forwardOf(first),
      because: becauseOfLeaves(leaves),
      conditions: [],
    };
  }
  const best = mostAdmitting(leaves) ?? first;
  const conditions = leaves.flatMap(conditionsOf);
  const chosen = best.flow.sourcePorts === ports ? null : portsText(best.flow.sourcePorts);
  if (chosen !== null && leaves.some((leaf) => leaf.flow.sourcePorts !== best.flow.sourcePorts))
    conditions.push(chosen);
  // Which of several takes the packet may depend, where that one does is certain.
  const certain = leaves.every((leaf) => kindOf(leaf) === kindOf(first)) ? kindOf(first) : 'conditional';
  return {
    outcome: certain,
    listener: best.listener?.id ?? null,
    forward: forwardOf(best),
    because: becauseOfLeaves([best]),
    conditions: unique(conditions),
  };
}

/** No listener takes what has no ports: the kernel answers an echo request by itself, or hands a datagram to raw sockets and tunnels. */
function withoutPorts(protocol: string): string {
  const echo = /icmp|^1$|^58$/i.test(protocol) ? ' (the kernel itself answers an echo request that gets through)' : '';
  return `${protocol} has no ports, so no listener is reached by it${echo}; expected tcp, udp, sctp, dccp or udplite`;
}

/** Turns a packet into a question to a place. */
export function questionOf(place: Place, packet: Packet): Question | Unanswerable {
  const source = pointOfText(packet.source);
  const destination = pointOfText(packet.destination);
  if (source === null) return { error: `${packet.source} is no IP address` };
  if (destination === null) return { error: `${packet.destination} is no IP address` };
  if (source.family !== destination.family)
    return { error: `${packet.source} and ${packet.destination} are of different families` };
  const l4 = L4_PROTOCOLS[packet.protocol] ?? (/^\d{1,3}$/.test(packet.protocol) ? Number(packet.protocol) : null);
  if (l4 === null) return { error: `${packet.protocol} is no protocol; expected tcp, udp, sctp, dccp or udplite` };
  if (!PORT_PROTOCOLS.has(l4)) return { error: withoutPorts(packet.protocol) };
  const input = inputOf(place, packet, source.family, source.point, destination.point);
  if (typeof input === 'string') return { error: input };
  return {
    place,
    family: source.family,
    l4,
    sources: onePoint(source.point),
    sourcePorts: packet.sourcePort === null ? ALL_PORTS : onePoint(packet.sourcePort),
    destination: destination.point,
    port: packet.port,
    input,
  };
}

/** `eth0` of `fe80::1%eth0` (RFC 4007, section 11). */
const zoneOf = (address: string): string | null => address.split('%')[1] ?? null;

function inputOf(
  place: Place,
  packet: Packet,
  family: 'ipv4' | 'ipv6',
  source: number | bigint,
  destination: number | bigint,
): Interface | null | string {
  if (packet.input === null && isLocal(place, family, source)) return null;
  const named = packet.input ?? zoneOf(packet.source) ?? zoneOf(packet.destination);
  if (named === 'lo') return null;
  if (named !== null) {
    const link = place.interfaces.get(named);
    return link ?? `there is no interface ${named}; expected one of ${[...place.interfaces.keys()].join(', ')}`;
  }
  const behind = linkOfNeighbour(place, source, destination);
  if (behind === 'several')
    return `${packet.source} may be a neighbour on several interfaces: say where it comes in (in, --in, or ${packet.source}%IFACE)`;
  if (behind !== null) return behind;
  const name = onePointRoute(place, family, source, destination);
  const link = name === null ? undefined : place.interfaces.get(name);
  if (link !== undefined) return link;
  const others = place.network.interfaces.filter((one) => one.name !== 'lo' && one.master === null);
  const [only] = others;
  return only !== undefined && others.length === 1
    ? only
    : `no route leads to ${packet.source}: say where it comes in (in, --in)`;
}

/** What becomes of one packet. */
export function outcome(world: World, place: Place, packet: Packet): PacketOutcome | Unanswerable {
  const question = questionOf(place, packet);
  if ('error' in question) return question;
  const answer = ask(world, question);
  const found = outcomeOf(answer, question.sourcePorts);
  const stopped =
    found.outcome === 'open' || found.outcome === 'closed' || found.outcome === 'rejected'
      ? answerOf(world, question, answer)
      : null;
  return stopped === null ? found : { ...found, conditions: [...found.conditions, stopped] };
}

/** Why nobody would hear the answer; null: it gets out. */
function answerOf(world: World, question: Question, answer: Answer): string | null {
  const [first] = usual(answer.leaves);
  return first === undefined ? null : answerStopped(world, question, first);
}
