import { onePoint } from '../lib/ip/intervals.js';
import { becauseOf } from './explain.js';
import { type Flow, inOrder, type Leaf } from './flow.js';
import { runHook } from './hooks.js';
import { route, type World } from './world.js';

/**
 * Whether what a delivered packet is answered with can leave the namespace it came to: the rule that stops it, in words; null: it can, or
 * the question is not about one sender. Reaching is about the first packet; this is a fact of its own (output rules, an untracked flow).
 */
export function answerStopped(world: World, leaf: Leaf): string | null {
  const { flow } = leaf;
  const place = world.places.get(leaf.namespace);
  const sender = flow.source ?? (flow.sources.length === 2 ? flow.sources[0] : undefined);
  if (place === undefined || sender === undefined || leaf.end.kind !== 'delivered' || flow.input?.name === 'lo')
    return null;
  const [back] = route(place, flow.family, { destinations: onePoint(sender), sources: onePoint(flow.destination) });
  const reply: Flow = {
    ...flow,
    sources: onePoint(flow.destination),
    sourcePorts: onePoint(flow.port),
    source: null,
    destination: sender,
    port: Number(flow.sourcePorts[0] ?? 0),
    members: [],
    tracking: flow.tracking === 'new' ? 'reply' : flow.l4 === 6 ? 'invalid' : 'new',
    mark: 0,
    destinationBound: true,
    sourceBound: true,
    assumed: null,
    path: null,
    input: null,
    output: place.interfaces.get(back?.route?.interface ?? '') ?? null,
  };
  const leaves: Leaf[] = [];
  const passed = runHook(
    { leaves, explain: false, sawTcpFlags: () => {} },
    { place, hook: 'output', sawTcpFlags: () => {} },
    [reply],
  );
  const stopped = leaves.find((one) => one.end.kind === 'filtered' || one.end.kind === 'rejected');
  if (stopped === undefined || passed.length > 0) return null;
  const path = inOrder(stopped.flow.path);
  const last = path[path.length - 1];
  const because = last === undefined ? null : becauseOf(last);
  return `the answer does not get out: ${because?.family} ${because?.table} ${because?.chain} ends it (${because?.rule})`;
}
