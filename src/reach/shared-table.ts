import { covers, type Intervals, intersect, isEmpty, NOTHING, subtract, union } from '../lib/ip/intervals.js';

interface Prefixed {
  readonly destinations: Intervals;
  readonly length: number;
}

interface Answered {
  readonly destinations: Intervals;
  readonly doubt: string | null;
}

/** Destinations that table main routes closer than a prefix of table local does which holds them. */
export function closerInMain(local: readonly Prefixed[], main: readonly Prefixed[]): Intervals {
  let closer: Intervals = NOTHING;
  for (const wide of local) {
    if (wide.length === 32) continue;
    for (const one of main)
      if (one.length > wide.length && covers(wide.destinations, one.destinations))
        closer = union(closer, one.destinations);
  }
  return closer;
}

/** Both tables as one: the longest prefix first, table local before main where they are equal (fib_find_alias()). */
export const asOneTable = <T extends Prefixed>(local: readonly T[], main: readonly T[]): readonly T[] =>
  [...local, ...main].sort((a, b) => b.length - a.length);

/** Parts of an answer about these destinations are not certain. */
export function doubted<T extends Answered>(parts: readonly T[], closer: Intervals): readonly T[] {
  if (isEmpty(closer)) return parts;
  return parts.flatMap((part) => {
    const inside = intersect(part.destinations, closer);
    if (isEmpty(inside)) return [part];
    const outside = subtract(part.destinations, closer);
    const text = 'whether table local is asked before main: until the first routing rule was added they are one';
    return [
      { ...part, destinations: inside, doubt: part.doubt ?? text },
      ...(isEmpty(outside) ? [] : [{ ...part, destinations: outside }]),
    ];
  });
}
