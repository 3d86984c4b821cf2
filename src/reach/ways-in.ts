import { onePoint, type Point } from '../lib/ip/intervals.js';
import type { Family } from './ir.js';
import { type Place, route } from './world.js';

/** Name of the interface by which a packet to `address` would leave: where an honest sender's packets come in. null: no route. */
export function onePointRoute(place: Place, family: Family, address: Point, from: Point): string | null {
  const [part] = route(place, family, { destinations: onePoint(address), sources: onePoint(from) });
  return part?.type === 'unicast' ? (part.route?.interface ?? part.route?.nextHops[0]?.interface ?? null) : null;
}
