import {
  equal,
  fromPairs,
  type Intervals,
  intersect,
  isEmpty,
  onePoint,
  type Point,
  subtract,
  union,
} from '../lib/ip/intervals.js';
import type { IdentifiedListener } from '../model/listener.js';
import type { Interface } from '../model/network.js';
import { prefixesText } from './explain.js';
import type { Family, Field, MapOf, Program, Step, Values } from './ir.js';
import { unmaskedSet } from './membership.js';
import { pointText } from './nat.js';
import { allOf, prefixSet } from './routes.js';
import type { Target } from './target.js';
import { maximumOf, type Place, pointOfText, type World } from './world.js';

/** Local addresses that one walk answers for. */
export interface Destination {
  readonly family: Family;
  /** The one that is asked for. */
  readonly point: Point;
  /** What a row calls them: an address, or the prefixes of a local route. */
  readonly texts: readonly string[];
}

/** Parts of local prefixes that are asked one by one. */
const PARTS_MAX = 64;

interface Bounds {
  readonly range: Range;
  readonly family: Family;
  readonly found: Set<Point>;
  /** A rule speaks of a part of the prefix, be it an address of an interface in it. */
  told: boolean;
}

/** Notes where a set begins and ends inside the addresses that matter; a set of a million elements costs a few look-ups. */
function takeValues(values: Values, into: Bounds, unmasked: (set: Intervals) => Intervals | null): void {
  switch (values.kind) {
    case 'intervals': {
      const [first] = values.set;
      if (first === undefined) return;
      const set = unmasked(values.set);
      const { prefix, rest } = into.range;
      if (set === null || typeof set[0] !== typeof prefix[0]) return;
      const spoken = intersect(prefix, set);
      into.told ||= !isEmpty(spoken) && !equal(spoken, prefix);
      for (const bound of intersect(rest, set)) if (into.found.size < PARTS_MAX * 4) into.found.add(bound);
      return;
    }
    case 'named': {
      const elements = values.set.elements();
      if (elements !== null) takeValues(elements, into, unmasked);
      return;
    }
    case 'several':
      for (const one of values.of) takeValues(one, into, unmasked);
      return;
    default:
  }
}

const isDestination = (field: Field, family: Family): boolean =>
  field.kind === 'address'
    ? field.side === 'destination' && field.family === family
    : field.kind === 'ct-address' && (field.direction === 'original') === (field.side === 'destination');

function takeField(field: Field, values: Values, into: Bounds): void {
  if (field.kind === 'concat') {
    const elements = values.kind === 'named' ? values.set.elements() : values;
    const all = elements?.kind === 'several' ? elements.of : elements === null ? [] : [elements];
    const tuples = all.flatMap((one) => (one.kind === 'tuples' ? one.tuples : []));
    for (const [i, part] of field.parts.entries())
      for (const tuple of tuples) takeField(part, tuple[i] ?? { kind: 'everything' }, into);
    return;
  }
  if (isDestination(field, into.family)) takeValues(values, into, (set) => set);
  else if (field.kind === 'masked' && isDestination(field.of, into.family)) {
    const { and, xor, shift } = field;
    takeValues(values, into, (set) => unmaskedSet(set, { and, xor, shift }, into.family));
  }
}

function takeMap(key: Field, map: MapOf, into: Bounds): void {
  const entries = map.kind === 'entries' ? map.entries : (map.set.entries() ?? []);
  takeField(key, { kind: 'several', of: entries.map((entry) => entry.key) }, into);
}

function takeStep(step: Step, into: Bounds): void {
  switch (step.kind) {
    case 'compare':
      takeField(step.field, step.values, into);
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
    case 'set-mark':
    case 'set-zone':
      if (step.value.kind === 'map') takeMap(step.value.key, step.value.map, into);
      return;
    case 'dnat':
      for (const one of [step.address, step.port]) if (one?.kind === 'map') takeMap(one.key, one.map, into);
      return;
    default:
  }
}

function takeProgram(program: Program, into: Bounds): void {
  for (const chain of program.chains.values())
    for (const rule of chain.rules) for (const step of rule.steps) takeStep(step, into);
}

/** Part of a place's own address space. */
interface Range {
  /** The prefix of the local route. */
  readonly prefix: Intervals;
  /** What of it is no address of an interface. */
  readonly rest: Intervals;
}

/** What local routes make local beyond the addresses themselves: `ip route add local 198.51.100.0/24 dev lo`, and the rest of 127.0.0.0/8. */
function localBeyondAddresses(place: Place, family: Family): readonly Range[] {
  const own = fromPairs(place.addresses.filter((one) => one.family === family).flatMap((one) => onePoint(one.point)));
  return place
    .fib(family)
    .typesOf(allOf(family), null)
    .flatMap(({ type, destinations, route }): readonly Range[] => {
      const rest = subtract(destinations, own);
      if (type !== 'local' || isEmpty(rest)) return [];
      return [{ prefix: prefixSet(route?.destination ?? '') ?? destinations, rest }];
    });
}

/** The pieces of a prefix that no rule tells apart; `told`: some rule speaks of a part of it. */
function pieces(
  world: World,
  family: Family,
  range: Range,
): { readonly parts: readonly Intervals[]; readonly told: boolean } {
  const { prefix, rest } = range;
  const into: Bounds = { range, family, found: new Set(prefix), told: false };
  for (const place of world.places.values()) takeProgram(place.program(), into);
  const bounds = [...into.found].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const end = bounds[bounds.length - 1] ?? 0;
  const parts: Intervals[] = [];
  for (let i = 0; i + 1 < bounds.length && parts.length < PARTS_MAX; i++) {
    const isLast = parts.length === PARTS_MAX - 1;
    const part = intersect(rest, [bounds[i] ?? 0, isLast ? end : (bounds[i + 1] ?? end)]);
    if (!isEmpty(part)) parts.push(part);
  }
  return { parts, told: into.told };
}

const isLoopback4 = (point: Point | undefined): boolean =>
  typeof point === 'number' && point >= 0x7f000000 && point < 0x80000000;

function beyond(world: World, place: Place, family: Family): readonly Destination[] {
  return localBeyondAddresses(place, family).flatMap((range): readonly Destination[] => {
    const { parts, told } = pieces(world, family, range);
    // 127.0.0.1 stands for its whole prefix where no rule tells them apart.
    if (!told && isLoopback4(range.prefix[0])) return [];
    return parts.map((part): Destination => {
      // An address of an interface inside is named by itself: the prefix may hold it.
      const others = subtract(subtract(allOf(family), range.prefix), part);
      const told = subtract(range.rest, part);
      const { prefixes } = prefixesText(part, union(others, told), family);
      return { family, point: part[0] ?? 0, texts: prefixes };
    });
  });
}

const ofPlace = new WeakMap<Place, Map<Family, readonly Destination[]>>();

/** All destinations of a place that may be told apart: its addresses one by one, and the prefixes that local routes make its own. */
export function destinationsOf(world: World, place: Place, family: Family): readonly Destination[] {
  let known = ofPlace.get(place);
  if (known === undefined) {
    known = new Map();
    ofPlace.set(place, known);
  }
  let all = known.get(family);
  if (all === undefined) {
    const own = place.addresses
      .filter((one) => one.family === family)
      .map(({ point }): Destination => ({ family, point, texts: [pointText(point, family)] }));
    all = [...own, ...beyond(world, place, family)];
    known.set(family, all);
  }
  return all;
}

/** The addresses a bind means in its place. */
export function boundTo(world: World, place: Place, listener: IdentifiedListener): readonly Destination[] {
  if (listener.address === '0.0.0.0') return destinationsOf(world, place, 'ipv4');
  if (listener.address === '::') {
    const ipv4 = listener.family === 'ipv6' ? [] : destinationsOf(world, place, 'ipv4');
    return [...ipv4, ...destinationsOf(world, place, 'ipv6')];
  }
  return [listener.address, ...(listener.addresses ?? [])].flatMap((text) => {
    const parsed = text === null ? null : pointOfText(text);
    return parsed === null ? [] : [{ ...parsed, texts: [pointText(parsed.point, parsed.family)] }];
  });
}

/** Nobody outside can send to a loopback address: routing refuses it before any rule of input is asked (ip_route_input_slow, ip6_rcv_core). */
export function isMartianAt(place: Place, input: Interface | null, target: Target): boolean {
  if (input === null) return false;
  if (target.family === 'ipv6') return target.address === 1n;
  return isLoopback4(target.address) && maximumOf(place, 'route_localnet', input) === 0;
}
