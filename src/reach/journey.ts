import type { Interface } from '../model/network.js';
import type { Course } from './chains.js';
import type { Spot } from './fields.js';
import type { End, Flow } from './flow.js';
import type { Hook } from './ir.js';
import type { Place, World } from './world.js';

/** A walk with the world it goes through. */
export interface Journey extends Course {
  readonly world: World;
  readonly hops: number;
}

/** Where a rule of this place and hook stands. */
export function spotAt(journey: Journey, place: Place, hook: Hook): Spot {
  return { place, world: journey.world, hook, sawTcpFlags: journey.sawTcpFlags };
}

/** Ends a walk. */
export function finish(journey: Journey, place: Place, flow: Flow, end: End): void {
  journey.leaves.push({ flow, end, namespace: place.id, listener: null });
}

/** What of the place makes nothing certain: tables that were not read, programs in front of the firewall. */
export function doubt(journey: Journey, place: Place, links: readonly (Interface | null)[], flow: Flow): void {
  for (const { text, family } of place.program().unread)
    if (family === null || family === flow.family) finish(journey, place, flow, { kind: 'doubtful', text });
  for (const link of links) {
    if (link === null) continue;
    if (link.xdp) finish(journey, place, flow, { kind: 'doubtful', text: `an XDP program on ${link.name}` });
    doubtTc(journey, place, link, flow, 'ingress');
  }
}

/** A tc filter at a gate of a device may drop, change or redirect what passes it. */
export function doubtTc(journey: Journey, place: Place, link: Interface, flow: Flow, way: 'ingress' | 'egress'): void {
  for (const text of link.tc)
    if (!text.startsWith(way === 'ingress' ? 'egress' : 'ingress'))
      finish(journey, place, flow, { kind: 'doubtful', text: `tc on ${link.name}: ${text}` });
}
