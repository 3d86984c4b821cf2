import {
  boundsWithin,
  covers,
  type Intervals,
  intersect,
  isEmpty,
  type Point,
  subtract,
  union,
} from '../lib/ip/intervals.js';
import { CUT_BOUNDS_MAX, isVoid, type Member } from './flow.js';

/** Sources with bounds by large sets. */
export interface Piece {
  readonly sources: Intervals;
  readonly members: readonly Member[];
}

/** A set of sources as pieces that may overlap. */
export type Region = readonly Piece[];

const opposed = (a: readonly Member[], b: readonly Member[]): boolean =>
  a.some((one) => b.some((other) => other.set === one.set && other.inside !== one.inside));

/** The part of a region that lies in a set. A bound by a large set is kept only for sources of which the set still tells many apart. */
export function within(region: Region, set: Intervals): Region {
  const parts: Piece[] = [];
  for (const piece of region) {
    const sources = intersect(piece.sources, set);
    if (!isEmpty(sources)) parts.push(...resolved(piece.members, { sources, members: [] }));
  }
  return parts;
}

/** A piece under further bounds: sources that a large set holds or leaves out as a whole need no bound, and few entries are cut out. */
function resolved(bounds: readonly Member[], piece: Piece): Region {
  const [bound, ...others] = bounds;
  if (bound === undefined) return [piece];
  const { set, inside } = bound;
  const whole: Point[] = [];
  const mixed: Point[] = [];
  for (let i = 0; i + 1 < piece.sources.length; i += 2) {
    const one = piece.sources.slice(i, i + 2);
    if (boundsWithin(set, one) === 0) whole.push(...(inside ? [] : one));
    else if (covers(set, one)) whole.push(...(inside ? one : []));
    else mixed.push(...one);
  }
  if (boundsWithin(set, mixed) > CUT_BOUNDS_MAX) {
    const large = resolved(others, { sources: mixed, members: [...piece.members, bound] });
    return whole.length === 0 ? large : [...large, ...resolved(others, { ...piece, sources: whole })];
  }
  const sources = union(whole, inside ? intersect(mixed, set) : subtract(mixed, set));
  return isEmpty(sources) ? [] : resolved(others, { ...piece, sources });
}

/** What is left of a region without another. */
export function without(region: Region, other: Region): Region {
  let rest: Region = region;
  for (const cut of other) rest = rest.flatMap((piece) => cutBy(piece, cut));
  return rest;
}

function cutBy(piece: Piece, cut: Piece): Region {
  if (opposed(piece.members, cut.members)) return [piece];
  const sources = intersect(piece.sources, cut.sources);
  if (isEmpty(sources)) return [piece];
  const left: Piece[] = [];
  const others = subtract(piece.sources, sources);
  if (!isEmpty(others)) left.push({ sources: others, members: piece.members });
  // Bounds that only the cut has leave their other side standing.
  for (const member of cut.members) {
    if (piece.members.some((one) => one.set === member.set)) continue;
    left.push({ sources, members: [...piece.members, { set: member.set, inside: !member.inside }] });
  }
  return left;
}

/** True: some source may lie in both. */
export const touches = (region: Region, piece: Piece): boolean =>
  region.some(
    (one) =>
      !opposed(one.members, piece.members) &&
      !isVoid(intersect(one.sources, piece.sources), [...one.members, ...piece.members]),
  );
