import type { Interface } from '../model/network.js';
import type { Flow } from './flow.js';
import { isLocal, type Place, type World } from './world.js';

/** An interface of another namespace (or this one) that a packet comes to next. */
export interface Next {
  readonly place: Place;
  readonly link: Interface;
}

/** A macvlan or ipvlan on this interface whose namespace owns the destination. */
export function childOf(world: World, place: Place, link: Interface, flow: Flow): Next | null {
  for (const other of world.places.values()) {
    for (const one of other.network.interfaces) {
      const isChild =
        MACVLANS.has(one.kind ?? '') &&
        !one.linkUnseen &&
        one.link === link.index &&
        (one.linkNamespace ?? other.id) === place.id;
      if (isChild && isLocal(other, flow.family, flow.destination)) return { place: other, link: one };
    }
  }
  return null;
}

/** Kinds of interfaces that share a parent's wire under a MAC of their own. */
export const MACVLANS: ReadonlySet<string> = new Set(['macvlan', 'macvtap', 'ipvlan']);

/** The ports of a bridge. */
export const portsOf = (place: Place, bridge: Interface): readonly Interface[] =>
  place.network.interfaces.filter((one) => one.master === bridge.index);

/** The other end of a veth, where its namespace was seen. */
export function peerOf(world: World, place: Place, link: Interface): readonly Next[] {
  // An index in a namespace that was not seen says nothing about one that was.
  if (link.kind !== 'veth' || link.link === null || link.linkUnseen) return [];
  const other = world.places.get(link.linkNamespace ?? place.id);
  const peer = other?.byIndex.get(link.link);
  return other === undefined || peer === undefined ? [] : [{ place: other, link: peer }];
}
