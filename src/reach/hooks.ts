import { type Course, runBase } from './chains.js';
import type { Spot } from './fields.js';
import { assume, type Flow, isAnswer, type Leaf, zoneIn } from './flow.js';
import { PRIORITY_CONNTRACK, PRIORITY_NAT_DESTINATION, PRIORITY_NAT_SOURCE } from './frontends/facts.js';
import type { BaseChain, Family, Hook, Step, Verdict } from './ir.js';
import { L4_OF } from './sockets.js';
import type { Place } from './world.js';

/** One stop in a hook: base chains of one priority, conntrack, or the NAT core with its chains. */
type Stop =
  | { readonly kind: 'chains'; readonly chains: readonly BaseChain[]; readonly ordered: boolean }
  | { readonly kind: 'conntrack' }
  | { readonly kind: 'nat'; readonly chains: readonly BaseChain[]; readonly side: 'destination' | 'source' };

const NAT_SIDE: Readonly<Partial<Record<Hook, 'destination' | 'source'>>> = {
  prerouting: 'destination',
  output: 'destination',
  input: 'source',
  postrouting: 'source',
};

const seesFamily = (chainFamily: string, family: Family): boolean =>
  chainFamily === 'inet' || chainFamily === (family === 'ipv4' ? 'ip' : 'ip6');

/** Chains of one priority that write what others read are tried in every order; more of them than this are doubtful. */
const PERMUTED_MAX = 4;

const stopsOf = new WeakMap<Place, Map<string, readonly Stop[]>>();

/** The stops of a hook in the order of the kernel: by priority over all tables, nft and legacy at once. */
function stops(place: Place, hook: Hook, family: Family): readonly Stop[] {
  let known = stopsOf.get(place);
  if (known === undefined) {
    known = new Map();
    stopsOf.set(place, known);
  }
  const key = `${hook} ${family}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = makeStops(place, hook, family);
  known.set(key, made);
  return made;
}

function makeStops(place: Place, hook: Hook, family: Family): readonly Stop[] {
  const here = place.program().base.filter((base) => base.hook === hook && seesFamily(base.chain.family, family));
  const side = NAT_SIDE[hook];
  const all: { readonly priority: number; readonly stop: Stop }[] = [];
  // Chains of type nat run inside the NAT core, at its priority, in the order of their own.
  const nat = here.filter((base) => base.type === 'nat').toSorted((a, b) => a.priority - b.priority);
  if (side !== undefined && hasNat(place, family)) {
    const priority = side === 'destination' ? PRIORITY_NAT_DESTINATION : PRIORITY_NAT_SOURCE;
    all.push({ priority, stop: { kind: 'nat', chains: nat, side } });
  }
  if (hook === 'prerouting' || hook === 'output')
    all.push({ priority: PRIORITY_CONNTRACK, stop: { kind: 'conntrack' } });
  const filters = here.filter((base) => base.type !== 'nat');
  for (const priority of new Set(filters.map((base) => base.priority))) {
    const chains = filters.filter((base) => base.priority === priority).toReversed();
    all.push({
      priority,
      stop: { kind: 'chains', chains, ordered: chains.length === 1 || !orderMatters(chains, place) },
    });
  }
  return all.toSorted((a, b) => a.priority - b.priority || rank(a.stop) - rank(b.stop)).map((one) => one.stop);
}

/** At conntrack's own priority chains are taken to come before it, at NAT's behind it. */
const rank = (stop: Stop): number => (stop.kind === 'nat' ? 0 : stop.kind === 'chains' ? 1 : 2);

/** The NAT core hooks all four places as soon as one chain of type nat exists in the family. */
export const hasNat = (place: Place, family: Family): boolean =>
  place.program().base.some((base) => base.type === 'nat' && seesFamily(base.chain.family, family));

/** True where the order of chains could show: one writes what another reads, or both end packets. */
function orderMatters(chains: readonly BaseChain[], place: Place): boolean {
  const ending = chains.filter((base) => base.policy === 'drop' || anyStep(base, place, ends));
  return ending.length > 1 || chains.some((base) => anyStep(base, place, writes));
}

const isEnding = (verdict: Verdict): boolean =>
  verdict.kind === 'drop' || verdict.kind === 'reject' || verdict.kind === 'unknown';

function ends(step: Step): boolean {
  if (step.kind === 'verdict') return isEnding(step.verdict);
  if (step.kind !== 'verdict-map') return step.kind === 'unknown' || step.kind === 'tproxy';
  if (step.map.kind === 'named') return true;
  return step.map.entries.some((entry) => entry.data.kind === 'verdict' && isEnding(entry.data.verdict));
}

const WRITING: ReadonlySet<Step['kind']> = new Set(['set-mark', 'notrack', 'set-zone', 'rewrite']);
const writes = (step: Step): boolean => WRITING.has(step.kind);

function anyStep(base: BaseChain, place: Place, test: (step: Step) => boolean): boolean {
  const { backend, family, table } = base.chain;
  for (const chain of place.program().chains.values()) {
    if (chain.backend !== backend || chain.family !== family || chain.table !== table) continue;
    if (chain.rules.some((rule) => rule.steps.some(test))) return true;
  }
  return false;
}

function orders<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((item, i) => orders(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}

/** Orders in which each comes first once. Where no chain reads what another writes, only who ends the packet first can matter. */
const rotations = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  items.map((_, i) => [...items.slice(i), ...items.slice(0, i)]);

/** Runs all stops of a hook for flows of one family; gives back what gets through. */
export function runHook(course: Course, spot: Spot, flows: readonly Flow[]): readonly Flow[] {
  const [first] = flows;
  if (first === undefined) return flows;
  let on = flows;
  for (const stop of stops(spot.place, spot.hook, first.family)) {
    if (on.length === 0) break;
    on = runStop(course, spot, stop, on);
  }
  return on;
}

function runStop(course: Course, spot: Spot, stop: Stop, flows: readonly Flow[]): readonly Flow[] {
  switch (stop.kind) {
    case 'conntrack':
      return flows.map((flow) => (flow.tracking === 'not-yet' ? looked(flow, spot.place) : flow));
    case 'nat':
      return runNat(course, spot, stop.chains, stop.side, flows);
    case 'chains':
      return stop.ordered ? inTurn(course, spot, stop.chains, flows) : inEveryOrder(course, spot, stop.chains, flows);
  }
}

/** conntrack looks at a packet: a first one is new, an answer is known where the first one was, and goes to whom that one came from. */
function looked(flow: Flow, place: Place): Flow {
  if (!isAnswer(flow)) return { ...flow, tracking: seenFirst(flow) };
  const here = flow.passed.find((one) => one.namespace === place.id);
  // Without an entry a SYN and ACK, or a reset, is invalid (nf_conntrack_proto_tcp.c); a datagram begins a flow.
  const elsewhere = here !== undefined && zoneIn(here.zone, 'reply') !== zoneIn(flow.zone, 'reply');
  if (here?.tracked === false || elsewhere)
    return { ...flow, tracking: flow.l4 === L4_OF.tcp ? 'invalid' : 'new', estranged: elsewhere && here.translated };
  const back = here !== undefined && here.now === flow.destination ? here.was : null;
  return { ...flow, tracking: 'reply', destination: back ?? flow.destination };
}

const seenFirst = ({ segment }: Flow): Flow['tracking'] => (segment === 'ack' ? 'established' : 'new');

function inTurn(course: Course, spot: Spot, chains: readonly BaseChain[], flows: readonly Flow[]): readonly Flow[] {
  let on = flows;
  for (const base of chains) on = runBase(course, spot, base, on);
  return on;
}

/** Equal priorities: the order is that of registration, which no listing shows. Every order is walked; where they disagree, so do the leaves. */
function inEveryOrder(
  course: Course,
  spot: Spot,
  chains: readonly BaseChain[],
  flows: readonly Flow[],
): readonly Flow[] {
  const names = chains.map(nameOf).join(', ');
  const written = chains.some((base) => anyStep(base, spot.place, writes));
  const whole = !written || chains.length <= PERMUTED_MAX;
  const all = whole && written ? orders(chains) : rotations(chains);
  const runs = all.map((order) => walkOrder(course, spot, order, flows));
  const [first] = runs;
  const isSame = runs.every((run) => endsKey(run) === endsKey(first));
  for (const run of runs) course.leaves.push(...run.leaves.map((leaf) => (isSame ? leaf : inOrderOf(leaf, run))));
  const passAlike = runs.every((run) => passedKey(run) === passedKey(first));
  const passed = runs.flatMap((run) => (passAlike ? run.passed : run.passed.map((flow) => assumeOrder(flow, run))));
  if (!whole) {
    for (const flow of flows)
      course.leaves.push({
        flow,
        end: { kind: 'doubtful', text: `the order of ${names}` },
        namespace: spot.place.id,
        listener: null,
      });
  }
  return distinct(passed);
}

/** What one order of the chains makes of the flows. */
interface Run {
  readonly order: string;
  readonly leaves: readonly Leaf[];
  readonly passed: readonly Flow[];
}

const nameOf = ({ chain }: BaseChain): string => `${chain.family} ${chain.table} ${chain.name}`;

function walkOrder(course: Course, spot: Spot, order: readonly BaseChain[], flows: readonly Flow[]): Run {
  const leaves: Leaf[] = [];
  const passed = inTurn({ ...course, leaves }, spot, order, flows);
  return { order: order.map(nameOf).join(' before '), leaves, passed };
}

const endsKey = (run: Run | undefined): string =>
  (run?.leaves ?? []).map(({ end, flow }) => `${end.kind} ${flow.sources.join()} ${flow.sourcePorts.join()}`).join(';');

const passedKey = (run: Run | undefined): string =>
  (run?.passed ?? [])
    .map(flowKey)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .join(';');

const assumeOrder = (flow: Flow, run: Run): Flow => assume(flow, run.order, true, 'state');

const inOrderOf = (leaf: Leaf, run: Run): Leaf => ({ ...leaf, flow: assumeOrder(leaf.flow, run) });

/** Orders that let a flow through alike need not be walked on twice. */
function distinct(flows: readonly Flow[]): readonly Flow[] {
  const seen = new Map<string, Flow>();
  for (const flow of flows) {
    const key = flowKey(flow);
    if (!seen.has(key)) seen.set(key, flow);
  }
  return [...seen.values()];
}

const flowKey = (flow: Flow): string =>
  [
    flow.mark,
    flow.ctMark,
    flow.tracking,
    `${flow.zone.id} ${flow.zone.direction}`,
    flow.destination,
    flow.port,
    flow.sources.join(),
    flow.sourcePorts.join(),
    assumptionKey(flow),
    flow.source,
    flow.sourceHidden,
    flow.dnat,
  ].join('|');

function assumptionKey(flow: Flow): string {
  const texts: string[] = [];
  for (let one = flow.assumed; one !== null; one = one.before) texts.push(`${one.holds} ${one.text}`);
  return texts.join(';');
}

/** The NAT core: chains run until one sets a mapping; a flow bound already, or untracked, passes by. */
function runNat(
  course: Course,
  spot: Spot,
  chains: readonly BaseChain[],
  side: 'destination' | 'source',
  flows: readonly Flow[],
): readonly Flow[] {
  const isBound = (flow: Flow): boolean => (side === 'destination' ? flow.destinationBound : flow.sourceBound);
  const asked = (flow: Flow): boolean => (flow.tracking === 'new' || flow.tracking === 'established') && !isBound(flow);
  const passing = flows.filter((flow) => !asked(flow));
  // What follows a first packet is translated as that one was, without asking the rules: they say the same to it when it is new.
  const open = flows.filter(asked).map((flow): Flow => ({ ...flow, tracking: 'new' }));
  const sequences = natOrders(chains);
  const [only] = sequences;
  const done =
    only !== undefined && sequences.length === 1
      ? natInTurn(course, spot, only, open)
      : natInEveryOrder(course, spot, sequences, open);
  const all = done.map(
    (flow): Flow =>
      side === 'destination'
        ? { ...flow, tracking: seenFirst(flow), mapped: false, destinationBound: true }
        : { ...flow, tracking: seenFirst(flow), mapped: false, sourceBound: true },
  );
  return [...all, ...passing];
}

/** Where chains share a priority and their order shows, every order is one of the ways it may be. */
function natInEveryOrder(
  course: Course,
  spot: Spot,
  sequences: readonly (readonly BaseChain[])[],
  flows: readonly Flow[],
): readonly Flow[] {
  const runs = sequences.map((order): Run => {
    const leaves: Leaf[] = [];
    const passed = natInTurn({ ...course, leaves }, spot, order, flows);
    return { order: order.map(nameOf).join(' before '), leaves, passed };
  });
  const [first] = runs;
  const alike = runs.every((run) => passedKey(run) === passedKey(first) && endsKey(run) === endsKey(first));
  if (alike && first !== undefined) {
    course.leaves.push(...first.leaves);
    return first.passed;
  }
  course.leaves.push(...runs.flatMap((run) => run.leaves.map((leaf) => inOrderOf(leaf, run))));
  const keys = runs.map((run) => new Set(run.passed.map(flowKey)));
  const isSure = (flow: Flow): boolean => keys.every((those) => those.has(flowKey(flow)));
  const seen = new Set<string>();
  return runs.flatMap((run) =>
    run.passed.flatMap((flow) => {
      const key = flowKey(flow);
      if (seen.has(key)) return [];
      seen.add(key);
      return [isSure(flow) ? flow : assumeOrder(flow, run)];
    }),
  );
}

/** Chains of one hook run until one sets a mapping. */
function natInTurn(course: Course, spot: Spot, chains: readonly BaseChain[], flows: readonly Flow[]): readonly Flow[] {
  let open = flows;
  const bound: Flow[] = [];
  for (const base of chains) {
    if (open.length === 0) break;
    const out = runBase(course, spot, base, open);
    bound.push(...out.filter((flow) => flow.mapped));
    open = out.filter((flow) => !flow.mapped);
  }
  return [...bound, ...open];
}

/** Orders of NAT chains that are tried at most. */
const NAT_ORDERS_MAX = 12;

/** Every order that chains of equal priority may have; by registration the last comes first. */
function natOrders(chains: readonly BaseChain[]): readonly (readonly BaseChain[])[] {
  let all: readonly (readonly BaseChain[])[] = [[]];
  for (const priority of new Set(chains.map((base) => base.priority))) {
    const group = chains.filter((base) => base.priority === priority).toReversed();
    const working = group.filter((base) => base.chain.rules.length > 0);
    const tried = working.length > 1 && group.length <= PERMUTED_MAX ? orders(group) : [group];
    all = all.flatMap((before) => tried.map((order) => [...before, ...order])).slice(0, NAT_ORDERS_MAX);
  }
  return all;
}
