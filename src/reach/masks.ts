import type { Point } from '../lib/ip/intervals.js';

/** `(value & and) ^ xor`, then shifted right. */
export interface Mask {
  readonly and: bigint;
  readonly xor: bigint;
  readonly shift: number;
}

/** A point as a mask shows it. */
export function masked(point: Point, { and, xor, shift }: Mask): Point {
  const bits = ((BigInt(point) & and) ^ xor) >> BigInt(shift);
  return typeof point === 'bigint' ? bits : Number(BigInt.asUintN(64, bits));
}
