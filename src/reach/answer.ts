import { onePoint, type Point } from '../lib/ip/intervals.js';
import type { Interface } from '../model/network.js';
import { becauseOf } from './explain.js';
import { type Flow, inOrder, isTracked, type Leaf, NO_ZONE } from './flow.js';
import { pointText } from './nat.js';
import { originate } from './path.js';
import { peerOf, portsOf } from './peers.js';
import { askFollowing, type Question } from './question.js';
import { L4_OF } from './sockets.js';
import { isLocal, type Place, type World } from './world.js';

/** The kernel looks for a way for its ICMP errors about packets that it forwards before it has chosen their source (icmp_route_lookup). */
function isErrorOfRouter({ end, flow }: Leaf, place: Place): boolean {
  if (end.kind !== 'rejected' || isLocal(place, flow.family, flow.destination)) return false;
  return !isReset(flow);
}

/** A rule refuses it with a TCP reset, for which any source will do (nf_send_reset()). */
const isReset = ({ path }: Flow): boolean =>
  (path?.rule?.steps ?? []).some(
    (step) => step.kind === 'verdict' && step.verdict.kind === 'reject' && step.verdict.with.startsWith('tcp'),
  );

/**
 * ip_route_output_key_hash_rcu() sends nothing under an IPv4 source that only a route of another table made this host's own, unless for a
 * transparent socket. IPv6 does.
 */
const isForeignSource = ({ end, flow, listener }: Leaf, place: Place): boolean =>
  (end.kind === 'delivered' || (end.kind === 'rejected' && flow.output === null && !isReset(flow))) &&
  flow.family === 'ipv4' &&
  flow.proxy === null &&
  place.fib('ipv4').typesOf(onePoint(flow.destination), null)[0]?.type === 'unicast' &&
  (listener === null || place.isTransparent(listener) === false);

/** Where the first packet was not tracked, its answer is a new flow that SNAT and masquerading take. */
const isRenamed = ({ flow }: Leaf, { flow: first }: Leaf): boolean =>
  flow.source !== null && flow.source !== first.destination;

const nobody = ({ family }: Flow): Point => (family === 'ipv4' ? 0 : 0n);

/** The answer to a delivered packet, as the namespace it came to sends it. */
function replyTo(leaf: Leaf, place: Place): Flow | null {
  const { flow } = leaf;
  const first = flow.sources.length === 2 ? flow.sources[0] : undefined;
  const sender = flow.source ?? first;
  if (sender === undefined) return null;
  const came = flow.passed.map((one) => ({ ...one, was: one.was ?? first ?? null }));
  return {
    ...flow,
    sources: onePoint(isErrorOfRouter(leaf, place) ? nobody(flow) : flow.destination),
    members: [],
    sourcePorts: onePoint(flow.port),
    source: null,
    destination: sender,
    port: Number(flow.sourcePorts[0] ?? 0),
    segment: leaf.end.kind === 'delivered' && leaf.listener !== null ? 'syn-ack' : 'reset',
    passed: [
      ...came,
      {
        namespace: leaf.namespace,
        tracked: isTracked(flow),
        was: null,
        now: null,
        translated: flow.dnat || flow.snat,
        zone: flow.zone,
      },
    ],
    tracking: 'not-yet',
    zone: NO_ZONE,
    confirmed: false,
    mark: 0,
    destinationBound: true,
    sourceBound: true,
    assumed: null,
    path: null,
    trail: null,
    input: null,
    output: null,
    proxy: null,
  };
}

/** Whoever sends in by this interface lives in a namespace that was seen. */
function leadsToSeen(world: World, place: Place, link: Interface): boolean {
  const ends = link.kind === 'bridge' ? [link, ...portsOf(place, link)] : [link];
  return ends.some((one) => peerOf(world, place, one).length > 0);
}

/**
 * Whether what a delivered packet is answered with finds its way back: why not, in words; null: it does, or the question is not about one
 * sender. Reaching is about the first packet; this is a fact of its own (output rules, an untracked flow, a route that leads elsewhere).
 */
export function answerStopped(world: World, question: Question, leaf: Leaf): string | null {
  const place = world.places.get(leaf.namespace);
  const answers = leaf.end.kind === 'delivered' || leaf.end.kind === 'rejected';
  const reply = answers && place !== undefined ? replyTo(leaf, place) : null;
  if (place === undefined || reply === null) return null;
  if (isForeignSource(leaf, place)) {
    const address = pointText(leaf.flow.destination, leaf.flow.family);
    return `the answer cannot be sent: ${address} is no address of this host's table local, and the socket is not transparent`;
  }
  const leaves: Leaf[] = [];
  originate({ world, leaves, explain: false, hops: 0, sawTcpFlags: () => {} }, place, reply);
  const name = question.input?.name ?? 'lo';
  // Sent in from outside under an address of this host's own or of a namespace of it, the answer never leaves it.
  const fromOutside = question.input !== null && !leadsToSeen(world, question.place, question.input);
  const stays = (one: Leaf): boolean =>
    fromOutside ||
    (question.input !== null && leaf.namespace === question.place.id && one.namespace === question.place.id);
  const returns = leaves.some(
    (one) =>
      (one.end.kind === 'delivered' && !stays(one)) ||
      one.end.kind === 'doubtful' ||
      (one.end.kind === 'forwarded' && (one.namespace !== question.place.id || one.end.interface === name)),
  );
  const [first] = leaves;
  if (leaves.length > 0 && leaves.every(({ flow }) => flow.estranged))
    return 'the answer is not known in its conntrack zone: it is not translated back';
  if (leaves.length > 0 && leaves.every((one) => isRenamed(one, leaf)))
    return 'the answer leaves under another source than was asked: it is a new flow, and translated as one';
  if (returns) return followingStopped(world, question, leaf);
  if (first === undefined) return null;
  if (first.end.kind === 'delivered')
    return first.namespace === question.place.id
      ? 'the answer stays on this host: the sender uses an address of its own'
      : 'the answer stays on this host: the sender uses an address of a namespace of it';
  if (first.end.kind === 'forwarded') return `the answer leaves by ${first.end.interface}, not by ${name}`;
  const by = endedBy(first);
  return by === null ? null : `the answer does not get back: ${by}`;
}

/** The rule or routing decision that ended a packet, in words. */
function endedBy(leaf: Leaf): string | null {
  const path = inOrder(leaf.flow.path);
  const last = path[path.length - 1];
  if (last === undefined) return null;
  const { kind, family, table, chain, rule } = becauseOf(last);
  return kind === 'routing' ? rule : `${family} ${table} ${chain} ends it (${rule})`;
}

/** The sender's answer to the answer ends a TCP handshake: rules that let new flows in and nothing else keep it out. */
function followingStopped(world: World, question: Question, leaf: Leaf): string | null {
  const isOpen = leaf.end.kind === 'delivered' && leaf.listener !== null && leaf.flow.proxy === null;
  if (!isOpen || question.l4 !== L4_OF.tcp) return null;
  const leaves = askFollowing(world, question, leaf);
  const [first] = leaves;
  const ends = leaves.every(({ end }) => end.kind === 'filtered' || end.kind === 'rejected');
  if (!ends || first === undefined) return null;
  const by = endedBy(first);
  return by === null ? null : `the answer gets out, and what the sender says next does not get in: ${by}`;
}
