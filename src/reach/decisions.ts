import { onePoint } from '../lib/ip/intervals.js';
import type { Interface } from '../model/network.js';
import { cite, type Flow, pass } from './flow.js';
import { finish, type Journey } from './journey.js';
import type { Checked } from './martians.js';
import type { Place } from './world.js';

/** A decision of routing as the last thing on a path. */
export function routed(journey: Journey, place: Place, flow: Flow, text: string, verdict: string): Flow {
  const cited = cite(flow, { kind: 'routing', chain: null, rule: null, verdict, text, namespace: place.name });
  return journey.explain ? notedRouting(cited, place, text) : cited;
}

export const notedRouting = (flow: Flow, place: Place, text: string): Flow =>
  pass(flow, { hook: 'routing', base: null, chain: null, rule: null, text, namespace: place.name });

/** Ends what was refused, and gives back what was not. */
export function settle(journey: Journey, place: Place, checked: Checked): readonly Flow[] {
  for (const { flow, why } of checked.refused) {
    finish(journey, place, routed(journey, place, flow, why, 'drop'), { kind: 'filtered' });
  }
  return checked.passed;
}

/** Whether packets that come in by an interface are passed on. */
export function forwards(place: Place, flow: Flow, link: Interface): boolean {
  if (flow.family === 'ipv4') {
    const own = place.sysctl(`net.ipv4.conf.${link.name}.forwarding`) ?? place.sysctl('net.ipv4.ip_forward');
    return Number(own ?? 0) > 0;
  }
  const all = Number(place.sysctl('net.ipv6.conf.all.forwarding') ?? 0) > 0;
  return all || Number(place.sysctl(`net.ipv6.conf.${link.name}.force_forwarding`) ?? 0) > 0;
}

/** Whether a packet was sent to many; null: to one address. */
export function castOf(place: Place, { family, original }: Flow): 'broadcast' | 'multicast' | null {
  const type = place.fib(family).typesOf(onePoint(original.destination), null)[0]?.type;
  return type === 'broadcast' || type === 'multicast' ? type : null;
}
