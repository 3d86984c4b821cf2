import { contains, onePoint, type Point } from '../lib/ip/intervals.js';
import type { Interface } from '../model/network.js';
import type { Family } from './ir.js';
import { LINK_LOCAL_6 } from './martians.js';
import { type Place, route } from './world.js';

/** Name of the interface by which a packet to `address` would leave: where an honest sender's packets come in. null: no route. */
export function onePointRoute(place: Place, family: Family, address: Point, from: Point): string | null {
  const [part] = route(place, family, { destinations: onePoint(address), sources: onePoint(from) });
  return part?.type === 'unicast' ? (part.route?.interface ?? part.route?.nextHops[0]?.interface ?? null) : null;
}

const isLinkLocal = (address: Point): boolean => typeof address === 'bigint' && contains(LINK_LOCAL_6, address);

/** The interface that a link-local sender is behind, told by the address it speaks to; `several`: nothing tells. null: it is none. */
export function linkOfNeighbour(place: Place, source: Point, destination: Point): Interface | 'several' | null {
  if (!isLinkLocal(source)) return null;
  const linked = place.addresses.filter((one) => isLinkLocal(one.point));
  const holding = linked.filter((one) => one.point === destination);
  const names = new Set((holding.length > 0 ? holding : linked).map((one) => one.from.interface));
  const [only] = names;
  return names.size > 1 ? 'several' : only === undefined ? null : (place.interfaces.get(only) ?? null);
}
