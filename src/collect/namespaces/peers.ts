import { nsidOf } from '../../linux/netlink/nsid.js';
import type { NetlinkSocket } from '../../linux/netlink/socket.js';

/** A namespace that we have a descriptor of. */
export interface Reachable {
  readonly id: number;
  readonly descriptor: number;
}

/**
 * Finds the namespace that an id (IFLA_LINK_NETNSID) means in the namespace of `route`, among the known ones, `host` first. Each known
 * namespace is asked for at most once, and only as long as an id is unresolved.
 */
export function peerFinder(route: NetlinkSocket, known: readonly Reachable[]): (nsid: number) => number | null {
  const resolved = new Map<number, number>();
  let next = 0;
  return (nsid) => {
    while (!resolved.has(nsid) && next < known.length) {
      const candidate = known[next++];
      const id = candidate === undefined ? null : nsidOf(route, candidate.descriptor);
      if (candidate !== undefined && id !== null) resolved.set(id, candidate.id);
    }
    return resolved.get(nsid) ?? null;
  };
}
