import { type Intervals, intersect, isEmpty, subtract } from '../lib/ip/intervals.js';
import type { Member } from './flow.js';

/** Sources with bounds by large sets. */
export interface Piece {
  readonly sources: Intervals;
  readonly members: readonly Member[];
}

/** A set of sources as pieces that may overlap. */
export type Region = readonly Piece[];

const opposed = (a: readonly Member[], b: readonly Member[]): boolean =>
  a.some((one) => b.some((other) => other.set === one.set && other.inside !== one.inside));

/** The part of a region that lies in a set. */
export function within(region: Region, set: Intervals): Region {
  const parts: Piece[] = [];
  for (const piece of region) {
    const sources = intersect(piece.sources, set);
    if (!isEmpty(sources)) parts.push({ ...piece, sources });
  }
  return parts;
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
  region.some((one) => !opposed(one.members, piece.members) && !isEmpty(intersect(one.sources, piece.sources)));
