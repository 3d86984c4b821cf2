import { onePoint } from '../lib/ip/intervals.js';
import { becauseOf } from './explain.js';
import { type Flow, inOrder, type Leaf } from './flow.js';
import { originate } from './path.js';
import type { Question } from './question.js';
import type { World } from './world.js';

/** The answer to a delivered packet, as the namespace it came to sends it. */
function replyTo(leaf: Leaf): Flow | null {
  const { flow } = leaf;
  const sender = flow.source ?? (flow.sources.length === 2 ? flow.sources[0] : undefined);
  if (sender === undefined) return null;
  return {
    ...flow,
    sources: onePoint(flow.destination),
    members: [],
    sourcePorts: onePoint(flow.port),
    source: null,
    destination: sender,
    port: Number(flow.sourcePorts[0] ?? 0),
    tracking: flow.tracking === 'new' ? 'reply' : flow.l4 === 6 ? 'invalid' : 'new',
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

/**
 * Whether what a delivered packet is answered with finds its way back: why not, in words; null: it does, or the question is not about one
 * sender. Reaching is about the first packet; this is a fact of its own (output rules, an untracked flow, a route that leads elsewhere).
 */
export function answerStopped(world: World, question: Question, leaf: Leaf): string | null {
  const place = world.places.get(leaf.namespace);
  const answers = leaf.end.kind === 'delivered' || leaf.end.kind === 'rejected';
  const reply = answers ? replyTo(leaf) : null;
  if (place === undefined || reply === null) return null;
  const leaves: Leaf[] = [];
  originate({ world, leaves, explain: false, hops: 0, sawTcpFlags: () => {} }, place, reply);
  const name = question.input?.name ?? 'lo';
  // Sent in from outside under an address of this host's own, the answer never leaves it.
  const stays = (one: Leaf): boolean =>
    question.input !== null && leaf.namespace === question.place.id && one.namespace === question.place.id;
  const returns = leaves.some(
    (one) =>
      (one.end.kind === 'delivered' && !stays(one)) ||
      one.end.kind === 'doubtful' ||
      (one.end.kind === 'forwarded' && (one.namespace !== question.place.id || one.end.interface === name)),
  );
  const [first] = leaves;
  if (returns || first === undefined) return null;
  if (first.end.kind === 'delivered') return 'the answer stays on this host: the sender uses an address of its own';
  if (first.end.kind === 'forwarded') return `the answer leaves by ${first.end.interface}, not by ${name}`;
  const path = inOrder(first.flow.path);
  const last = path[path.length - 1];
  if (last === undefined) return null;
  const { kind, family, table, chain, rule } = becauseOf(last);
  const by = kind === 'routing' ? rule : `${family} ${table} ${chain} ends it (${rule})`;
  return `the answer does not get back: ${by}`;
}
