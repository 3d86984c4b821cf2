import type { Point } from '../lib/ip/intervals.js';
import type { Family } from './ir.js';
import type { Place } from './world.js';

/** A destination one may ask for: an address of a place and a port. */
export interface Target {
  readonly place: Place;
  readonly family: Family;
  readonly address: Point;
  readonly l4: number;
  readonly port: number;
  /** Leave destination NAT out. */
  readonly untranslated?: boolean;
}
