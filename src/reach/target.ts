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
  /** What a row calls the address: itself, or the prefixes it stands for; absent: itself. */
  readonly texts?: readonly string[];
  /** Port of this host that leads to the listener by translation; absent: asked by its own port. */
  readonly through?: string;
  /** Leave destination NAT out. */
  readonly untranslated?: boolean;
}
