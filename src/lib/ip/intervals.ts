/** A point of an address or port space: a number up to 2^32 (IPv4, ports, marks), a bigint beyond (IPv6). Never mixed in one set. */
export type Point = number | bigint;

/**
 * A set of points as sorted, disjoint, half-open intervals laid flat: `[low, end, low, end, …]`, `end` being the first point outside.
 * Flat arrays of doubles keep a set of a million elements in 16 MB; no operation makes an object for an element.
 */
export type Intervals = readonly Point[];

export const NOTHING: Intervals = [];
export const ALL_IPV4: Intervals = [0, 2 ** 32];
export const ALL_IPV6: Intervals = [0n, 1n << 128n];
export const ALL_PORTS: Intervals = [0, 65536];

/** The point after; ends are exclusive. */
export const next = (point: Point): Point => (typeof point === 'bigint' ? point + 1n : point + 1);

/** The point before. */
export const previous = (point: Point): Point => (typeof point === 'bigint' ? point - 1n : point - 1);

export const onePoint = (point: Point): Intervals => [point, next(point)];

// Math.min and Math.max take no bigint.
const sooner = (a: Point, b: Point): Point => (a < b ? a : b);
const later = (a: Point, b: Point): Point => (a > b ? a : b);

/** `low` to `high`, both inside; empty where `high` is below `low`. */
export const between = (low: Point, high: Point): Intervals => (low > high ? NOTHING : [low, next(high)]);

export const isEmpty = (set: Intervals): boolean => set.length === 0;

/** Number of intervals. */
export const countOf = (set: Intervals): number => set.length / 2;

export function equal(a: Intervals, b: Intervals): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Index of the first bound above the point. */
function boundAbove(set: Intervals, point: Point): number {
  let low = 0;
  let high = set.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((set[middle] as Point) <= point) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const contains = (set: Intervals, point: Point): boolean => boundAbove(set, point) % 2 === 1;

/** Index of the first interval start (even) whose end lies above `point`. */
const startAt = (set: Intervals, point: Point): number => {
  const above = boundAbove(set, point);
  return above - (above % 2);
};

/** Small against large: a few binary searches instead of a walk over a million bounds. */
const MUCH_SMALLER = 32;

export function intersect(a: Intervals, b: Intervals): Intervals {
  if (a.length === 0 || b.length === 0) return NOTHING;
  if (a === b) return a;
  if (a.length * MUCH_SMALLER < b.length) return intersectFew(a, b);
  if (b.length * MUCH_SMALLER < a.length) return intersectFew(b, a);
  const out: Point[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const endA = a[i + 1] as Point;
    const endB = b[j + 1] as Point;
    const low = later(a[i] as Point, b[j] as Point);
    const end = sooner(endA, endB);
    if (low < end) out.push(low, end);
    if (endA <= endB) i += 2;
    if (endB <= endA) j += 2;
  }
  return same(out, a, b);
}

/** Gives back an operand that equals the result, so that results can be compared by identity. */
function same(out: Point[], a: Intervals, b: Intervals): Intervals {
  if (out.length === 0) return NOTHING;
  if (out.length === a.length && equal(out, a)) return a;
  return out.length === b.length && equal(out, b) ? b : out;
}

function intersectFew(few: Intervals, many: Intervals): Intervals {
  const first = few[0] as Point;
  const end = few[few.length - 1] as Point;
  if (few.length === 2 && first <= (many[0] as Point) && end >= (many[many.length - 1] as Point)) return many;
  const out: Point[] = [];
  for (let i = 0; i < few.length; i += 2) {
    const low = few[i] as Point;
    const stop = few[i + 1] as Point;
    for (let j = startAt(many, low); j < many.length && (many[j] as Point) < stop; j += 2) {
      const start = many[j] as Point;
      const finish = many[j + 1] as Point;
      out.push(later(start, low), sooner(finish, stop));
    }
  }
  return same(out, few, many);
}

/** Number of bounds that lie within the intervals of `few`: how large their intersection would be, at what a few look-ups cost. */
export function boundsWithin(many: Intervals, few: Intervals): number {
  let count = 0;
  for (let i = 0; i < few.length; i += 2) {
    count += boundAbove(many, previous(few[i + 1] as Point)) - boundAbove(many, few[i] as Point);
    if (contains(many, few[i] as Point)) count += 2;
  }
  return count;
}

/** True: every point of `few` lies in `many`. */
export function covers(many: Intervals, few: Intervals): boolean {
  for (let i = 0; i < few.length; i += 2) {
    const above = boundAbove(many, few[i] as Point);
    if (above % 2 === 0 || (many[above] as Point) < (few[i + 1] as Point)) return false;
  }
  return true;
}

export function subtract(a: Intervals, b: Intervals): Intervals {
  if (a.length === 0 || b.length === 0) return a;
  if (a === b) return NOTHING;
  const out: Point[] = [];
  let j = startAt(b, a[0] as Point);
  for (let i = 0; i < a.length; i += 2) {
    let low = a[i] as Point;
    const end = a[i + 1] as Point;
    while (j < b.length && (b[j + 1] as Point) <= low) j += 2;
    for (let k = j; low < end && k < b.length && (b[k] as Point) < end; k += 2) {
      if ((b[k] as Point) > low) out.push(low, b[k] as Point);
      const after = b[k + 1] as Point;
      if (after > low) low = after;
    }
    if (low < end) out.push(low, end);
  }
  return out.length === a.length && equal(out, a) ? a : out.length === 0 ? NOTHING : out;
}

export function union(a: Intervals, b: Intervals): Intervals {
  if (a.length === 0) return b;
  if (b.length === 0 || a === b) return a;
  const out: Point[] = [];
  let i = 0;
  let j = 0;
  const take = (low: Point, end: Point): void => {
    const last = out.length - 1;
    if (last >= 0 && (out[last] as Point) >= low) {
      if ((out[last] as Point) < end) out[last] = end;
    } else out.push(low, end);
  };
  while (i < a.length || j < b.length) {
    const fromA = j >= b.length || (i < a.length && (a[i] as Point) <= (b[j] as Point));
    const set = fromA ? a : b;
    const at = fromA ? i : j;
    take(set[at] as Point, set[at + 1] as Point);
    if (fromA) i += 2;
    else j += 2;
  }
  return same(out, a, b);
}

/** The set of the given `low, end` pairs in any order, overlapping or not. */
export function fromPairs(pairs: Point[]): Intervals {
  if (pairs.length <= 2) return pairs.length === 2 && (pairs[0] as Point) < (pairs[1] as Point) ? pairs : NOTHING;
  if (inOrder(pairs)) return joined(pairs);
  const order = Array.from({ length: pairs.length / 2 }, (_, i) => i * 2);
  const at = (i: number): Point => pairs[i] as Point;
  order.sort((x, y) => (at(x) < at(y) ? -1 : at(x) > at(y) ? 1 : 0));
  const sorted: Point[] = [];
  for (const i of order) sorted.push(at(i), at(i + 1));
  return joined(sorted);
}

function inOrder(pairs: readonly Point[]): boolean {
  for (let i = 2; i < pairs.length; i += 2) if ((pairs[i] as Point) < (pairs[i - 2] as Point)) return false;
  return true;
}

function joined(sorted: readonly Point[]): Intervals {
  const out: Point[] = [];
  for (let i = 0; i < sorted.length; i += 2) {
    const low = sorted[i] as Point;
    const end = sorted[i + 1] as Point;
    if (low >= end) continue;
    const last = out.length - 1;
    if (last >= 0 && (out[last] as Point) >= low) {
      if ((out[last] as Point) < end) out[last] = end;
    } else out.push(low, end);
  }
  return out;
}

/** A prefix: its first address as a point, and its length. */
export interface PointPrefix {
  readonly value: Point;
  readonly length: number;
}

/**
 * The fewest prefixes that cover `wanted` and touch nothing of `avoided`; what is in neither may be covered. Shortest first along the
 * address. Stops at `limit` prefixes; `complete` says whether it got through.
 */
export function coverWithPrefixes(
  wanted: Intervals,
  avoided: Intervals,
  bits: 32 | 128,
  limit: number,
): { readonly prefixes: readonly PointPrefix[]; readonly complete: boolean } {
  const prefixes: PointPrefix[] = [];
  let complete = true;
  const touches = (set: Intervals, low: Point, end: Point): boolean => {
    const at = startAt(set, low);
    return at < set.length && (set[at] as Point) < end;
  };
  const descend = (value: Point, length: number): void => {
    const size: Point = typeof value === 'bigint' ? 1n << BigInt(bits - length) : 2 ** (bits - length);
    const end = plus(value, size);
    if (!complete || !touches(wanted, value, end)) return;
    if (length === bits || !touches(avoided, value, end)) {
      if (prefixes.length >= limit) complete = false;
      else prefixes.push({ value, length });
      return;
    }
    descend(value, length + 1);
    descend(plus(value, typeof size === 'bigint' ? size / 2n : size / 2), length + 1);
  };
  descend(bits === 32 ? 0 : 0n, 0);
  return { prefixes, complete };
}

const plus = (a: Point, b: Point): Point =>
  typeof a === 'bigint' && typeof b === 'bigint' ? a + b : Number(a) + Number(b);
