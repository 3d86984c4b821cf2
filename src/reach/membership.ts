import { contains, fromPairs, type Intervals, type Point } from '../lib/ip/intervals.js';
import { unreachable } from '../lib/unreachable.js';
import type { Family, Values } from './ir.js';
import type { Mask } from './masks.js';

/** True, false, or why nobody knows. */
export type Membership = boolean | { readonly text: string };

function setText(values: Values): string {
  return values.kind === 'unknown' ? values.text : 'a set that was not read';
}

/** Whether a concrete point is among the values. */
export function holdsPoint(values: Values, value: Point): Membership {
  switch (values.kind) {
    case 'intervals':
      return contains(values.set, value);
    case 'everything':
      return true;
    case 'several':
      return anyOf(values.of.map((one) => holdsPoint(one, value)));
    case 'named': {
      const elements = values.set.elements();
      if (elements === null) return { text: `set ${values.set.name} was not read` };
      if (values.set.changing) return { text: `contents of set ${values.set.name}, which rules fill` };
      return holdsPoint(elements, value);
    }
    case 'names':
      return false;
    case 'tuples':
    case 'unknown':
      return { text: setText(values) };
    default:
      return unreachable(values);
  }
}

function anyOf(memberships: readonly Membership[]): Membership {
  if (memberships.includes(true)) return true;
  return memberships.find((one) => one !== false) ?? false;
}

export function holdsName(values: Values, names: readonly string[]): Membership {
  switch (values.kind) {
    case 'names':
      return names.some((name) => values.exact.has(name) || values.prefixes.some((prefix) => name.startsWith(prefix)));
    case 'everything':
      return true;
    case 'several':
      return anyOf(values.of.map((one) => holdsName(one, names)));
    case 'named': {
      const elements = values.set.elements();
      if (elements === null) return { text: `set ${values.set.name} was not read` };
      if (values.set.changing) return { text: `contents of set ${values.set.name}, which rules fill` };
      return holdsName(elements, names);
    }
    case 'intervals':
      return names.some((name) => /^\d+$/.test(name) && contains(values.set, Number(name)));
    case 'tuples':
    case 'unknown':
      return { text: setText(values) };
    default:
      return unreachable(values);
  }
}

/** The values as one interval set; a text where that is not possible. */
export function asIntervals(values: Values): Intervals | string {
  switch (values.kind) {
    case 'intervals':
      return values.set;
    case 'named': {
      const elements = values.set.elements();
      if (elements === null) return `set ${values.set.name} was not read`;
      if (values.set.changing) return `contents of set ${values.set.name}, which rules fill`;
      return asIntervals(elements);
    }
    case 'several': {
      const sets = values.of.map(asIntervals);
      const doubt = sets.find((set) => typeof set === 'string');
      if (typeof doubt === 'string') return doubt;
      return fromPairs(sets.flatMap((set) => (typeof set === 'string' ? [] : [...set])));
    }
    case 'everything':
    case 'names':
    case 'tuples':
    case 'unknown':
      return setText(values);
    default:
      return unreachable(values);
  }
}

/** Intervals that a masked source may be cut into, at most. */
const RUNS_MAX = 4096;

/** Sources whose masked value lies in the set; null where that is too many intervals to write down. */
export function unmaskedSet(set: Intervals, mask: Mask, family: Family): Intervals | null {
  const bits = family === 'ipv4' ? 32n : 128n;
  const all = (1n << bits) - 1n;
  const and = mask.and & all;
  const holes = all & ~and;
  // The low bits that the mask drops make each value one run of sources; every other dropped bit doubles the runs.
  let low = 0n;
  while (low < bits && (holes & (1n << low)) !== 0n) low++;
  const doubled: bigint[] = [];
  for (let bit = low; bit < bits; bit++) if ((holes & (1n << bit)) !== 0n) doubled.push(1n << bit);
  if (doubled.length > 12) return null;
  const pairs: Point[] = [];
  const asPoint = (value: bigint): Point => (family === 'ipv4' ? Number(value) : value);
  for (let i = 0; i < set.length; i += 2) {
    const first = (BigInt(set[i] ?? 0) << BigInt(mask.shift)) ^ (mask.xor & all);
    const count = BigInt(set[i + 1] ?? 0) - BigInt(set[i] ?? 0);
    if (mask.xor !== 0n && count > 1n) return null;
    const step = 1n << low;
    const end = first + (count << BigInt(mask.shift));
    // Only multiples of the dropped run are values a masked source can have.
    const start = ((first + step - 1n) / step) * step;
    if (doubled.length > 0 && end - start > BigInt(RUNS_MAX) * step) return null;
    if (doubled.length === 0) {
      const stop = ((end + step - 1n) / step) * step;
      if (start < stop) pairs.push(asPoint(start), asPoint(stop > all ? all + 1n : stop));
      continue;
    }
    for (let value = start; value < end; value += step) {
      if ((value & holes) !== 0n) continue;
      if (pairs.length / 2 + 2 ** doubled.length > RUNS_MAX) return null;
      for (const offset of combinations(doubled)) pairs.push(asPoint(value | offset), asPoint((value | offset) + step));
    }
  }
  return fromPairs(pairs);
}

function combinations(bits: readonly bigint[]): readonly bigint[] {
  let all = [0n];
  for (const bit of bits) all = [...all, ...all.map((value) => value | bit)];
  return all;
}
