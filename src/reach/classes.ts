import type { Chain, Family, Field, MapOf, Program, Rule, Step, Values } from './ir.js';
import { L4_OF } from './sockets.js';
import type { World } from './world.js';

/** Destination ports that rules can tell apart, as sorted first ports of each class; null: any port may differ from the next. */
export type PortClasses = readonly number[] | null;

/** Beyond this many bounds every port is asked by itself. */
const BOUNDS_MAX = 65_536;

interface Gathered {
  readonly bounds: Set<number>;
  exact: boolean;
}

function takeValues(values: Values, into: Gathered): void {
  switch (values.kind) {
    case 'intervals':
      for (const bound of values.set) if (typeof bound === 'number') into.bounds.add(bound);
      return;
    case 'named': {
      const elements = values.set.elements();
      if (elements !== null) takeValues(elements, into);
      return;
    }
    case 'several':
      for (const one of values.of) takeValues(one, into);
      return;
    default:
  }
}

/** The source port of the reply is the destination port as it is now. */
const isPort = (field: Field): boolean =>
  field.kind === 'port'
    ? field.side === 'destination'
    : field.kind === 'ct-port' && (field.direction === 'original') === (field.side === 'destination');

const hidesPort = (field: Field): boolean => field.kind === 'masked' && isPort(field.of);

function takeConcat(parts: readonly Field[], values: Values, into: Gathered): void {
  const elements = values.kind === 'named' ? values.set.elements() : values;
  const tuples =
    elements?.kind === 'tuples'
      ? elements.tuples
      : elements?.kind === 'several'
        ? elements.of.flatMap((one) => (one.kind === 'tuples' ? one.tuples : []))
        : [];
  for (const [i, part] of parts.entries()) {
    if (hidesPort(part)) into.exact = false;
    if (isPort(part)) for (const tuple of tuples) takeValues(tuple[i] ?? { kind: 'everything' }, into);
  }
}

function takeMap(key: Field, map: MapOf, into: Gathered): void {
  const entries = map.kind === 'entries' ? map.entries : (map.set.entries() ?? []);
  const several: Values = { kind: 'several', of: entries.map((entry) => entry.key) };
  if (key.kind === 'concat') takeConcat(key.parts, several, into);
  else if (isPort(key)) takeValues(several, into);
  else if (hidesPort(key)) into.exact = false;
}

function takeStep(step: Step, into: Gathered): void {
  switch (step.kind) {
    case 'compare':
      if (step.field.kind === 'concat') takeConcat(step.field.parts, step.values, into);
      else if (isPort(step.field)) takeValues(step.values, into);
      else if (hidesPort(step.field)) into.exact = false;
      return;
    case 'conntrack':
      for (const one of step.state === null ? step.rest : [step.state, ...step.rest]) takeStep(one, into);
      return;
    case 'not':
      takeStep(step.step, into);
      return;
    case 'any':
      for (const one of step.steps) takeStep(one, into);
      return;
    case 'verdict-map':
      takeMap(step.key, step.map, into);
      return;
    case 'dnat':
      if (step.portBase !== null) into.exact = false;
      for (const one of [step.address?.kind === 'map' ? step.address : null, step.port]) {
        if (one?.kind === 'map') takeMap(one.key, one.map, into);
        if (one?.kind === 'field') into.exact = false;
        if (one?.kind === 'constant') {
          into.bounds.add(Number(one.value));
          into.bounds.add(Number(one.value) + 1);
        }
        if (one?.kind === 'range') {
          into.bounds.add(Number(one.low));
          into.bounds.add(Number(one.high) + 1);
        }
      }
      return;
    case 'set-mark':
    case 'set-zone':
      if (step.value.kind === 'map') takeMap(step.value.key, step.value.map, into);
      else if (step.value.kind === 'field' && isPort(step.value.field)) into.exact = false;
      return;
    default:
  }
}

/** The classes of destination ports under what a firewall says to packets of a family. */
export function portClasses(program: Program, family: Family): PortClasses {
  const gathered: Gathered = { bounds: new Set([0]), exact: true };
  const other = family === 'ipv4' ? 'ip6' : 'ip';
  for (const chain of program.chains.values()) {
    if (chain.family === other) continue;
    for (const rule of chain.rules) for (const step of rule.steps) takeStep(step, gathered);
  }
  if (!gathered.exact || gathered.bounds.size > BOUNDS_MAX) return null;
  return [...gathered.bounds].sort((a, b) => a - b);
}

/** The class of a port: a number equal for ports that no rule tells apart. */
export function classOf(classes: PortClasses, port: number): number {
  if (classes === null) return port;
  let low = 0;
  let high = classes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((classes[middle] ?? 0) <= port) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Parts of a range of ports that are told apart at most. */
const PARTS_MAX = 64;

const boundsOf = new WeakMap<World, readonly number[] | null>();

/** Where some rule or listener of any place may tell a port from the one before; null: everywhere. */
function allBounds(world: World): readonly number[] | null {
  const known = boundsOf.get(world);
  if (known !== undefined) return known;
  const all = new Set<number>();
  let exact = true;
  for (const place of world.places.values()) {
    for (const family of ['ipv4', 'ipv6'] as const) {
      const classes = portClasses(place.program(), family);
      if (classes === null) exact = false;
      else for (const bound of classes) all.add(bound);
    }
    for (const { port } of place.listeners) if (port !== null) all.add(port).add(port + 1);
  }
  const bounds = exact ? [...all].sort((a, b) => a - b) : null;
  boundsOf.set(world, bounds);
  return bounds;
}

/** The first port of each part of `low` to `high` that neither rules nor listeners tell apart; null: too many parts. */
export function portStarts(world: World, low: number, high: number): readonly number[] | null {
  const bounds = allBounds(world);
  if (bounds === null) return high - low < PARTS_MAX ? Array.from({ length: high - low + 1 }, (_, i) => low + i) : null;
  const starts = [low, ...bounds.filter((bound) => bound > low && bound <= high)];
  return starts.length > PARTS_MAX ? null : starts;
}

/** Chains shorter than this are walked as they are. */
const FILTERED_FROM = 48;

const filtered = new WeakMap<Chain, Map<number, readonly Rule[]>>();

/**
 * The rules of a long chain that a packet of this protocol and port may match at all. Rules that name another protocol or port by a
 * constant are left out once for all questions that share both.
 */
export function rulesFor(chain: Chain, l4: number, port: number): readonly Rule[] {
  if (chain.rules.length < FILTERED_FROM) return chain.rules;
  let known = filtered.get(chain);
  if (known === undefined) {
    known = new Map();
    filtered.set(chain, known);
  }
  const key = l4 * 65_536 + port;
  let rules = known.get(key);
  if (rules === undefined) {
    rules = chain.rules.filter((rule) => mayMatch(rule, l4, port));
    known.set(key, rules);
  }
  return rules;
}

function mayMatch(rule: Rule, l4: number, port: number): boolean {
  for (const step of rule.steps) {
    if (step.kind === 'no-effect') continue;
    if (step.kind !== 'compare') return true;
    const { field, values, negated } = step;
    if (values.kind !== 'intervals') continue;
    if (field.kind === 'port') {
      if (field.l4 !== null && (L4_OF as Readonly<Record<string, number | undefined>>)[field.l4] !== l4) return false;
      if (field.side === 'destination' && holds(values.set, port) === negated) return false;
    }
    if (field.kind === 'l4proto' && field.family === null && holds(values.set, l4) === negated) return false;
  }
  return true;
}

function holds(set: readonly (number | bigint)[], point: number): boolean {
  for (let i = 0; i < set.length; i += 2) {
    if (point < (set[i] ?? 0)) return false;
    if (point < (set[i + 1] ?? 0)) return true;
  }
  return false;
}
