import { eachAttribute, HOST_IS_LITTLE, u32At } from './attributes.js';
import { AF_INET, AF_INET6, addressAt } from './inet-diag.js';

export const RTM_NEWROUTE = 24;
export const RTM_GETROUTE = 26;
const HEADER_BYTES = 12;
const NEXT_HOP_BYTES = 8;

/** RTA_…, linux/rtnetlink.h. */
const RTA = {
  dst: 1,
  src: 2,
  oif: 4,
  gateway: 5,
  priority: 6,
  prefsrc: 7,
  metrics: 8,
  multipath: 9,
  table: 15,
  via: 18,
  nhId: 30,
} as const;
const RTM_F_CLONED = 0x200;

interface NextHop {
  readonly gateway: string | null;
  readonly index: number;
  /** rtnh_hops + 1. */
  readonly weight: number;
}

/** One route as rtnetlink tells it. */
export interface RouteMessage {
  readonly family: number;
  readonly destinationLength: number;
  readonly sourceLength: number;
  readonly tos: number;
  readonly table: number;
  readonly protocol: number;
  readonly scope: number;
  /** RTN_…. */
  readonly type: number;
  /** RTNH_F_… and RTM_F_… bits. */
  readonly flags: number;
  readonly destination: string | null;
  readonly source: string | null;
  readonly gateway: string | null;
  readonly index: number | null;
  readonly preferredSource: string | null;
  readonly priority: number;
  /** Id of a next hop object; null: none. */
  readonly nextHopId: number | null;
  readonly nextHops: readonly NextHop[];
  /** RTAX_… values by number. */
  readonly metrics: ReadonlyMap<number, number>;
  /** True: a cached clone, no entry of a table. */
  readonly cloned: boolean;
}

/** `struct rtmsg` of a dump of all tables of a family. */
export function routeRequest(family: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  bytes[0] = family;
  return bytes;
}

/** RTA_VIA: a next hop of another family (`struct rtvia`). */
function viaAt(view: DataView, at: number): string | null {
  const family = view.getUint16(at, HOST_IS_LITTLE);
  return family === AF_INET || family === AF_INET6 ? addressAt(view, at + 2, family) : null;
}

/** RTA_MULTIPATH: `struct rtnexthop`, each with attributes of its own. */
function nextHopsAt(view: DataView, at: number, end: number, family: number): NextHop[] {
  const hops: NextHop[] = [];
  for (let cursor = at; cursor + NEXT_HOP_BYTES <= end; ) {
    const length = view.getUint16(cursor, HOST_IS_LITTLE);
    if (length < NEXT_HOP_BYTES || cursor + length > end) break;
    let gateway: string | null = null;
    eachAttribute(view, cursor + NEXT_HOP_BYTES, cursor + length, (type, from) => {
      if (type === RTA.gateway) gateway = addressAt(view, from, family);
      else if (type === RTA.via) gateway = viaAt(view, from);
    });
    hops.push({ gateway, index: u32At(view, cursor + 4), weight: view.getUint8(cursor + 3) + 1 });
    cursor += (length + 3) & ~3;
  }
  return hops;
}

function metricsAt(view: DataView, at: number, end: number): Map<number, number> {
  const metrics = new Map<number, number>();
  eachAttribute(view, at, end, (type, from, to) => {
    if (to - from === 4) metrics.set(type, u32At(view, from));
  });
  return metrics;
}

/**
 * `struct rtmsg`, linux/rtnetlink.h, and its attributes.
 * @throws RangeError where the message is shorter than the struct.
 */
export function decodeRoute(view: DataView, at: number, end: number): RouteMessage {
  if (end - at < HEADER_BYTES) throw new RangeError(`rtmsg of ${end - at} bytes`);
  const family = view.getUint8(at);
  const flags = u32At(view, at + 8);
  const route = {
    family,
    destinationLength: view.getUint8(at + 1),
    sourceLength: view.getUint8(at + 2),
    tos: view.getUint8(at + 3),
    table: view.getUint8(at + 4),
    protocol: view.getUint8(at + 5),
    scope: view.getUint8(at + 6),
    type: view.getUint8(at + 7),
    flags,
    destination: null as string | null,
    source: null as string | null,
    gateway: null as string | null,
    index: null as number | null,
    preferredSource: null as string | null,
    priority: 0,
    nextHopId: null as number | null,
    nextHops: [] as readonly NextHop[],
    metrics: new Map<number, number>() as ReadonlyMap<number, number>,
    cloned: (flags & RTM_F_CLONED) !== 0,
  };
  eachAttribute(view, at + HEADER_BYTES, end, (type, from, to) => {
    if (type === RTA.dst) route.destination = addressAt(view, from, family);
    else if (type === RTA.src) route.source = addressAt(view, from, family);
    else if (type === RTA.oif) route.index = u32At(view, from);
    else if (type === RTA.gateway) route.gateway = addressAt(view, from, family);
    else if (type === RTA.via) route.gateway = viaAt(view, from);
    else if (type === RTA.priority) route.priority = u32At(view, from);
    else if (type === RTA.prefsrc) route.preferredSource = addressAt(view, from, family);
    else if (type === RTA.table) route.table = u32At(view, from);
    else if (type === RTA.nhId) route.nextHopId = u32At(view, from);
    else if (type === RTA.multipath) route.nextHops = nextHopsAt(view, from, to, family);
    else if (type === RTA.metrics) route.metrics = metricsAt(view, from, to);
  });
  return route;
}
