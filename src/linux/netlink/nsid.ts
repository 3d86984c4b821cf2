import { attribute, concatenated, eachAttribute, HOST_IS_LITTLE } from './attributes.js';
import type { NetlinkSocket } from './socket.js';

const RTM_GETNSID = 90;
/** NETNSA_…, linux/net_namespace.h. */
const NETNSA_NSID = 1;
const NETNSA_FD = 3;
/** NETNSA_NSID_NOT_ASSIGNED. */
const NOT_ASSIGNED = -1;

/**
 * The id by which the namespace of the route socket knows the namespace of a descriptor; null where it has none. It is the number in
 * IFLA_LINK_NETNSID.
 */
export function nsidOf(route: NetlinkSocket, descriptor: number): number | null {
  // struct rtgenmsg is one byte, padded to four.
  const request = concatenated(
    new Uint8Array(4),
    attribute(NETNSA_FD, new Uint8Array(new Uint32Array([descriptor]).buffer)),
  );
  let nsid = NOT_ASSIGNED;
  route.ask(RTM_GETNSID, request, (view, at, end) => {
    eachAttribute(view, at + 4, end, (type, from) => {
      if (type === NETNSA_NSID) nsid = view.getInt32(from, HOST_IS_LITTLE);
    });
  });
  return nsid === NOT_ASSIGNED ? null : nsid;
}
