import {
  contains,
  covers,
  fromPairs,
  type Intervals,
  intersect,
  isEmpty,
  NOTHING,
  union,
} from '../lib/ip/intervals.js';
import { unreachable } from '../lib/unreachable.js';
import { readField, type Spot, type Value } from './fields.js';
import { either, type Flow, isTracked, type Split, splitByPorts, splitBySources, withSources } from './flow.js';
import type { Field, MapData, MapEntry, MapOf, Step, Values } from './ir.js';
import { masked } from './masks.js';
import { asIntervals, holdsName, holdsPoint, type Membership, unmaskedSet } from './membership.js';

const ALL = (flow: Flow): Split => ({ yes: [flow], no: [] });
const NONE = (flow: Flow): Split => ({ yes: [], no: [flow] });

const swapped = (split: Split): Split => ({ yes: split.no, no: split.yes });

function byMembership(flow: Flow, membership: Membership): Split {
  if (membership === true) return ALL(flow);
  return membership === false ? NONE(flow) : either(flow, membership.text, 'state');
}

function splitByValue(flow: Flow, value: Value, values: Values, what: string): Split {
  switch (value.kind) {
    case 'point':
      return byMembership(flow, holdsPoint(values, value.value));
    case 'name':
      return byMembership(flow, holdsName(values, value.names));
    case 'sources': {
      if (values.kind === 'everything') return ALL(flow);
      const set = asIntervals(values);
      if (typeof set === 'string') return either(flow, set, 'state');
      if (value.mask !== null && isOnePoint(flow.sources))
        return byMembership(flow, contains(set, masked(flow.sources[0] ?? 0, value.mask)));
      const wanted = value.mask === null ? set : unmaskedSet(set, value.mask, flow.family);
      return wanted === null ? either(flow, `bits of the source (${what})`, 'state') : splitBySources(flow, wanted);
    }
    case 'source-ports': {
      if (values.kind === 'everything') return ALL(flow);
      const set = asIntervals(values);
      return typeof set === 'string' ? either(flow, set, 'state') : splitByPorts(flow, set);
    }
    case 'parts':
      return splitByParts(flow, value.parts, (part, of) => splitByValue(part, of, values, what));
    case 'absent':
      return NONE(flow);
    case 'unknown':
      return either(flow, unknownText(value.text, values), value.by, isPlain(value, values));
    default:
      return unreachable(value);
  }
}

/** Whether what is asked holds for packets as hosts send them; null: it may or not. */
function isPlain({ plain }: Value & { readonly kind: 'unknown' }, values: Values): boolean | null {
  if (plain === undefined) return null;
  if (plain === 'absent') return false;
  const set = asIntervals(values);
  if (typeof set === 'string') return null;
  return covers(set, plain) ? true : isEmpty(intersect(set, plain)) ? false : null;
}

const isOnePoint = (set: Intervals): boolean => set.length === 2 && BigInt(set[1] ?? 0) - BigInt(set[0] ?? 0) === 1n;

const unknownText = (text: string, values: Values): string => {
  if (values.kind === 'unknown' && values.text !== '') return `${text} ${values.text}`;
  if (values.kind !== 'intervals' || values.set.length !== 2) return text;
  const [low, end] = [values.set[0] ?? 0, values.set[1] ?? 0];
  return BigInt(end) - BigInt(low) === 1n ? `${text} ${low}` : `${text} ${low}-${BigInt(end) - 1n}`;
};

function splitByParts(
  flow: Flow,
  parts: readonly { readonly sources: Intervals; readonly value: Value }[],
  judge: (part: Flow, value: Value) => Split,
): Split {
  const yes: Flow[] = [];
  const no: Flow[] = [];
  for (const part of parts) {
    for (const inside of splitBySources(flow, part.sources).yes) {
      const split = judge(inside, part.value);
      yes.push(...split.yes);
      no.push(...split.no);
    }
  }
  return { yes: together(yes), no: together(no) };
}

/** Puts pieces of one flow with nothing assumed back together. */
function together(pieces: readonly Flow[]): readonly Flow[] {
  const [first] = pieces;
  if (first === undefined || pieces.length === 1) return pieces;
  if (pieces.some((piece) => piece.assumed !== first.assumed || piece.sourcePorts !== first.sourcePorts)) return pieces;
  return [withSources(first, fromPairs(pieces.flatMap((piece) => [...piece.sources])))];
}

function absentIn(value: Value): boolean {
  return value.kind === 'absent';
}

/** A comparison. A field that is not there makes it fail, negated or not. */
function compare(field: Field, negated: boolean, values: Values, flow: Flow, spot: Spot, backend: 'nft' | 'xt'): Split {
  if (field.kind === 'concat') return compareTuples(field.parts, negated, values, flow, spot, backend);
  const value = readField(field, flow, spot, backend);
  if (value.kind === 'parts') {
    return splitByParts(flow, value.parts, (part, of) => {
      if (absentIn(of)) return NONE(part);
      const split = splitByValue(part, of, values, field.kind);
      return negated ? swapped(split) : split;
    });
  }
  if (absentIn(value)) return NONE(flow);
  const dealt = field.kind === 'unknown' && values.kind === 'intervals' ? amongDealt(field.below, values.set) : null;
  if (dealt !== null) return dealt === negated ? NONE(flow) : ALL(flow);
  const split = splitByValue(flow, value, values, field.kind);
  return negated ? swapped(split) : split;
}

/** Whether all or none of the numbers that may be dealt out are asked for; null: some are. */
function amongDealt(below: number | undefined, set: Intervals): boolean | null {
  if (below === undefined) return null;
  if (covers(set, [0, below])) return true;
  return isEmpty(intersect(set, [0, below])) ? false : null;
}

function compareTuples(
  parts: readonly Field[],
  negated: boolean,
  values: Values,
  flow: Flow,
  spot: Spot,
  backend: 'nft' | 'xt',
): Split {
  const read = parts.map((part) => readField(part, flow, spot, backend));
  if (read.some(absentIn)) return NONE(flow);
  const elements = values.kind === 'named' ? values.set.elements() : values;
  if (values.kind === 'named' && (elements === null || values.set.changing)) {
    return either(flow, `contents of set ${values.set.name}`, 'state');
  }
  if (elements?.kind === 'everything') return negated ? NONE(flow) : ALL(flow);
  const all = elements?.kind === 'several' ? elements.of : [elements];
  const tuples: (readonly Values[])[] = [];
  for (const one of all) {
    if (one?.kind !== 'tuples') return either(flow, 'a concatenation that is not understood', 'state');
    tuples.push(...one.tuples);
  }
  const split = splitByTuples(flow, read, tuples);
  return negated ? swapped(split) : split;
}

/** Takes the elements one by one; concrete parts select, symbolic ones cut. */
function splitByTuples(flow: Flow, read: readonly Value[], tuples: readonly (readonly Values[])[]): Split {
  const yes: Flow[] = [];
  let rest: readonly Flow[] = [flow];
  for (const tuple of tuples) {
    if (rest.length === 0) break;
    if (!couldHold(read, tuple)) continue;
    const after: Flow[] = [];
    for (const part of rest) {
      const split = splitByTuple(part, read, tuple);
      yes.push(...split.yes);
      after.push(...split.no);
    }
    rest = after;
  }
  return { yes: together(yes), no: rest };
}

function couldHold(read: readonly Value[], tuple: readonly Values[]): boolean {
  return read.every((value, i) => {
    const values = tuple[i];
    if (values === undefined) return false;
    if (value.kind === 'point') return holdsPoint(values, value.value) !== false;
    return value.kind !== 'name' || holdsName(values, value.names) !== false;
  });
}

function splitByTuple(flow: Flow, read: readonly Value[], tuple: readonly Values[]): Split {
  let inside: readonly Flow[] = [flow];
  const outside: Flow[] = [];
  for (const [i, value] of read.entries()) {
    const values = tuple[i] ?? { kind: 'unknown', text: 'a short concatenation' };
    const next: Flow[] = [];
    for (const part of inside) {
      const split = splitByValue(part, value, values, 'concatenation');
      next.push(...split.yes);
      outside.push(...split.no);
    }
    inside = next;
  }
  return { yes: inside, no: outside };
}

/** A map lookup: the part of the flow behind each entry that fits, and what no entry holds. */
export interface MapSplit {
  readonly found: readonly { readonly flow: Flow; readonly data: MapData }[];
  readonly missing: readonly Flow[];
}

export function lookupMap(key: Field, map: MapOf, flow: Flow, spot: Spot): MapSplit {
  const entries = map.kind === 'entries' ? map.entries : map.set.entries();
  if (entries === null || (map.kind === 'named' && map.set.changing)) {
    const text = map.kind === 'named' ? `contents of map ${map.set.name}` : 'a map';
    return { found: [{ flow, data: { kind: 'verdict', verdict: { kind: 'unknown', text } } }], missing: [] };
  }
  const parts = key.kind === 'concat' ? key.parts : [key];
  const read = parts.map((part) => readField(part, flow, spot));
  if (read.some(absentIn)) return { found: [], missing: [flow] };
  const found: { flow: Flow; data: MapData }[] = [];
  let rest: readonly Flow[] = [flow];
  const catchall: MapEntry[] = [];
  let dealt: Intervals = NOTHING;
  for (const entry of entries) {
    if (entry.key.kind === 'everything') {
      catchall.push(entry);
      continue;
    }
    if (entry.key.kind === 'intervals') dealt = union(dealt, entry.key.set);
    if (key.kind === 'unknown' && key.below !== undefined && covers(dealt, [0, key.below])) {
      // No other number is left: whoever got none before gets this one.
      found.push(...rest.map((one) => ({ flow: one, data: entry.data })));
      return { found, missing: [] };
    }
    const tuples = tuplesOf(entry.key, key.kind === 'concat');
    const after: Flow[] = [];
    for (const part of rest) {
      const split =
        tuples === null ? either(part, 'a map key that is not understood', 'state') : splitByTuples(part, read, tuples);
      found.push(...split.yes.map((one) => ({ flow: one, data: entry.data })));
      after.push(...split.no);
    }
    rest = after;
    if (rest.length === 0) break;
  }
  for (const entry of catchall.slice(0, 1)) {
    found.push(...rest.map((one) => ({ flow: one, data: entry.data })));
    rest = [];
  }
  return { found, missing: rest };
}

function tuplesOf(key: Values, isConcat: boolean): readonly (readonly Values[])[] | null {
  if (!isConcat) return [[key]];
  return key.kind === 'tuples' ? key.tuples : null;
}

/** Splits a flow by a match step; null: the step is a statement. */
export function splitByMatch(step: Step, flow: Flow, spot: Spot, backend: 'nft' | 'xt' = 'nft'): Split | null {
  switch (step.kind) {
    case 'compare':
      return compare(step.field, step.negated, step.values, flow, spot, backend);
    case 'conntrack':
      return conntrack(step.state, step.rest, flow, spot);
    case 'not': {
      const split = splitByMatch(step.step, flow, spot, backend);
      return split === null ? null : swapped(split);
    }
    case 'any':
      return anyStep(step.steps, flow, spot, backend);
    case 'maybe':
      return either(flow, step.text, step.by, step.plain ?? null);
    case 'never':
      return NONE(flow);
    case 'verdict':
    case 'verdict-map':
    case 'set-mark':
    case 'set-zone':
    case 'notrack':
    case 'dnat':
    case 'snat':
    case 'tproxy':
    case 'rewrite':
    case 'no-effect':
    case 'unknown':
      return null;
    default:
      return unreachable(step);
  }
}

/** xt_conntrack.c: without a conntrack entry the state alone decides, and without `--ctstate` nothing matches. */
function conntrack(state: Step | null, rest: readonly Step[], flow: Flow, spot: Spot): Split {
  if (!isTracked(flow)) return state === null ? NONE(flow) : (splitByMatch(state, flow, spot, 'xt') ?? NONE(flow));
  let inside: readonly Flow[] = [flow];
  const outside: Flow[] = [];
  for (const step of state === null ? rest : [state, ...rest]) {
    const next: Flow[] = [];
    for (const part of inside) {
      const split = splitByMatch(step, part, spot, 'xt') ?? ALL(part);
      next.push(...split.yes);
      outside.push(...split.no);
    }
    inside = next;
  }
  return { yes: inside, no: outside };
}

function anyStep(steps: readonly Step[], flow: Flow, spot: Spot, backend: 'nft' | 'xt'): Split {
  const yes: Flow[] = [];
  let rest: readonly Flow[] = [flow];
  for (const step of steps) {
    const after: Flow[] = [];
    for (const part of rest) {
      const split = splitByMatch(step, part, spot, backend) ?? NONE(part);
      yes.push(...split.yes);
      after.push(...split.no);
    }
    rest = after;
  }
  return { yes, no: rest };
}
