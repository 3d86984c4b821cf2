import type { Point } from '../lib/ip/intervals.js';
import type { IdentifiedListener } from '../model/listener.js';
import type { Protocol } from '../model/socket.js';
import type { Family } from './ir.js';
import { type Place, pointOfText } from './world.js';

export const L4_OF: Readonly<Partial<Record<Protocol, number>>> = {
  tcp: 6,
  udp: 17,
  dccp: 33,
  sctp: 132,
  udplite: 136,
};

/** What the kernel's socket lookup is asked. */
export interface Wanted {
  readonly l4: number;
  readonly family: Family;
  readonly address: Point;
  readonly port: number;
  /** Interface where the packet came in; null: nothing bound to a device fits. */
  readonly device: string | null;
}

/** Score of a listener for a packet (`compute_score` of inet_hashtables.c and udp.c): address before device before family; null: no fit. */
function scoreOf(listener: IdentifiedListener, wanted: Wanted): number | null {
  if (listener.port !== wanted.port || L4_OF[listener.protocol] !== wanted.l4) return null;
  if (listener.device !== null && listener.device !== wanted.device) return null;
  const specific = addressFits(listener, wanted);
  if (specific === null) return null;
  const ownFamily = listener.family === wanted.family ? 1 : 0;
  return (specific ? 4 : 0) + (listener.device === null ? 0 : 2) + ownFamily;
}

/** True: bound to this very address; false: a wildcard that takes it; null: neither. */
function addressFits(listener: IdentifiedListener, wanted: Wanted): boolean | null {
  const text = listener.address;
  if (text === null) return null;
  if (text === '0.0.0.0') return wanted.family === 'ipv4' ? false : null;
  if (text === '::') {
    if (wanted.family === 'ipv6') return false;
    return listener.family === 'ipv6' ? null : false;
  }
  const bound = [text, ...(listener.addresses ?? [])].some((one) => {
    const parsed = pointOfText(one);
    return parsed !== null && parsed.family === wanted.family && parsed.point === wanted.address;
  });
  return bound ? true : null;
}

/** Listeners of a place by port, made once. */
const byPort = new WeakMap<Place, ReadonlyMap<number, readonly IdentifiedListener[]>>();

function listenersAt(place: Place, port: number): readonly IdentifiedListener[] {
  let index = byPort.get(place);
  if (index === undefined) {
    const made = new Map<number, IdentifiedListener[]>();
    for (const listener of place.listeners) {
      if (listener.port === null) continue;
      const known = made.get(listener.port);
      if (known === undefined) made.set(listener.port, [listener]);
      else known.push(listener);
    }
    index = made;
    byPort.set(place, index);
  }
  return index.get(port) ?? [];
}

/** The listener that takes a first packet; null: nobody listens. */
export function lookupSocket(place: Place, wanted: Wanted): IdentifiedListener | null {
  let best: IdentifiedListener | null = null;
  let bestScore = -1;
  for (const listener of listenersAt(place, wanted.port)) {
    const score = scoreOf(listener, wanted);
    if (score !== null && score > bestScore) {
      best = listener;
      bestScore = score;
    }
  }
  return best;
}

/** Why the lookup is not certain (a v6 wildcard whose v6only was not seen); null: it is. */
export function socketDoubt(listener: IdentifiedListener | null, family: Family): string | null {
  if (listener === null) return null;
  if (listener.family === 'unknown' && family === 'ipv4') return 'whether the IPv6 socket takes IPv4 was not seen';
  const { queue } = listener;
  const full = listener.protocol === 'tcp' && queue !== null && queue.max !== null && queue.used > queue.max;
  return full ? 'its accept queue is full' : null;
}
