import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  boundsWithin,
  contains,
  covers,
  coverWithPrefixes,
  fromPairs,
  type Intervals,
  intersect,
  type Point,
  subtract,
  union,
} from '../../src/lib/ip/intervals.js';

const UNIVERSE = 64;
const setOf = (pairs: readonly (readonly [number, number])[]): Intervals =>
  fromPairs(pairs.flatMap(([low, size]): Point[] => [low, Math.min(UNIVERSE, low + size)]));
const anySet = fc.array(fc.tuple(fc.nat(UNIVERSE - 1), fc.integer({ min: 1, max: 9 })), { maxLength: 8 }).map(setOf);
const points = Array.from({ length: UNIVERSE }, (_, i) => i);

describe('interval sets agree with sets of points', () => {
  it('in intersection, difference and union', () => {
    fc.assert(
      fc.property(anySet, anySet, (a, b) => {
        for (const point of points) {
          expect(contains(intersect(a, b), point)).toBe(contains(a, point) && contains(b, point));
          expect(contains(subtract(a, b), point)).toBe(contains(a, point) && !contains(b, point));
          expect(contains(union(a, b), point)).toBe(contains(a, point) || contains(b, point));
        }
      }),
    );
  });

  it('in cover and overlap', () => {
    fc.assert(
      fc.property(anySet, anySet, (a, b) => {
        expect(covers(a, b)).toBe(points.every((point) => !contains(b, point) || contains(a, point)));
        expect(boundsWithin(a, b) > 0).toBe(points.some((point) => contains(a, point) && contains(b, point)));
      }),
    );
  });

  it('in prefixes that cover what is wanted and touch nothing avoided', () => {
    fc.assert(
      fc.property(anySet, anySet, (wanted, other) => {
        const avoided = subtract(other, wanted);
        const { prefixes, complete } = coverWithPrefixes(wanted, avoided, 32, 1000);
        expect(complete).toBe(true);
        const covered = fromPairs(
          prefixes.flatMap(({ value, length }): Point[] => [value, Number(value) + 2 ** (32 - length)]),
        );
        expect(covers(covered, wanted)).toBe(true);
        expect(intersect(covered, avoided)).toEqual([]);
      }),
    );
  });

  it('over 128 bits as over 32', () => {
    fc.assert(
      fc.property(anySet, anySet, (a, b) => {
        const wide = (set: Intervals): Intervals => set.map((bound) => BigInt(bound) << 64n);
        expect(intersect(wide(a), wide(b))).toEqual(wide(intersect(a, b)));
        expect(subtract(wide(a), wide(b))).toEqual(wide(subtract(a, b)));
      }),
    );
  });
});
