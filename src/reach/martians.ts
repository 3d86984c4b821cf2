import { type Intervals, intersect, isEmpty, onePoint, type Point } from '../lib/ip/intervals.js';
import type { Interface } from '../model/network.js';
import { type Flow, type Split, splitBySources } from './flow.js';
import { routeUsesDevice } from './routes.js';
import { maximumOf, type Place, route } from './world.js';

/** A part of a flow that the kernel refuses before any rule of input or forward is asked, and why. */
export interface Refused {
  readonly flow: Flow;
  readonly why: string;
}

export interface Checked {
  readonly passed: readonly Flow[];
  readonly refused: readonly Refused[];
}

const MULTICAST_4: Intervals = [0xe0000000, 0xf0000000];
const BROADCAST_4: Intervals = onePoint(0xffffffff);
/** Since 5.3 the rest of 0.0.0.0/8 is like any other address (ipv4_is_zeronet()). */
const ZERO_4: Intervals = onePoint(0);
const LOOPBACK_4: Intervals = [0x7f000000, 0x80000000];
const MULTICAST_6: Intervals = [0xffn << 120n, 1n << 128n];
const LOOPBACK_6: Intervals = onePoint(1n);
const UNSPECIFIED_6: Intervals = onePoint(0n);
const MAPPED_6: Intervals = [0xffffn << 32n, 0x10000n << 32n];
export const LINK_LOCAL_6: Intervals = [0xfe80n << 112n, 0xfec0n << 112n];

const holds = (set: Intervals, point: Point): boolean => !isEmpty(intersect(set, onePoint(point)));

/** 224.0.0.0/4 */
export const isMulticast = (point: Point): boolean => holds(MULTICAST_4, point);

/** Splits by the source as the packet carries it now. */
function bySource(flow: Flow, set: Intervals): Split {
  if (flow.sourceHidden) return { yes: [], no: [flow] };
  if (flow.source === null) return splitBySources(flow, set);
  return holds(set, flow.source) ? { yes: [flow], no: [] } : { yes: [], no: [flow] };
}

function sift(flows: readonly Flow[], set: Intervals, why: string, refused: Refused[]): readonly Flow[] {
  const passed: Flow[] = [];
  for (const flow of flows) {
    const split = bySource(flow, set);
    refused.push(...split.yes.map((one) => ({ flow: one, why })));
    passed.push(...split.no);
  }
  return passed;
}

/** What ip6_rcv_core() drops before prerouting: sources and destinations no wire may carry. */
export function checkOnTheWire(flow: Flow, link: Interface): Checked {
  const refused: Refused[] = [];
  if (flow.family === 'ipv4' || link.name === 'lo') return { passed: [flow], refused };
  if (holds(LOOPBACK_6, flow.destination)) return { passed: [], refused: [{ flow, why: 'martian destination ::1' }] };
  let on: readonly Flow[] = [flow];
  on = sift(on, LOOPBACK_6, 'martian source ::1', refused);
  on = sift(on, MULTICAST_6, 'martian source: multicast', refused);
  on = sift(on, MAPPED_6, 'martian source: v4-mapped', refused);
  on = flow.l4 === 6 ? sift(on, UNSPECIFIED_6, 'martian source ::', refused) : on;
  return { passed: on, refused };
}

/** The first lines of ip_route_input_slow(): addresses that no route makes good. IPv6 has no such check there. */
export function checkAddresses(place: Place, flow: Flow, link: Interface): Checked {
  const refused: Refused[] = [];
  if (flow.family === 'ipv6') return { passed: [flow], refused };
  let on: readonly Flow[] = [flow];
  on = sift(on, MULTICAST_4, 'martian source: multicast', refused);
  on = sift(on, BROADCAST_4, 'martian source: broadcast', refused);
  if (holds(BROADCAST_4, flow.destination)) return { passed: on, refused };
  on = sift(on, ZERO_4, 'martian source 0.0.0.0', refused);
  const all = (why: string): Checked => ({
    passed: [],
    refused: [...refused, ...on.map((one) => ({ flow: one, why }))],
  });
  if (holds(ZERO_4, flow.destination)) return all('martian destination 0.0.0.0');
  const localnet = maximumOf(place, 'route_localnet', link) > 0;
  if (holds(LOOPBACK_4, flow.destination)) {
    return localnet || link.name === 'lo'
      ? { passed: on, refused }
      : all('martian destination 127.0.0.0/8 (route_localnet is off)');
  }
  if (!localnet && link.name !== 'lo')
    on = sift(on, LOOPBACK_4, 'martian source 127.0.0.0/8 (route_localnet is off)', refused);
  return { passed: on, refused };
}

/** __mkroute_output(): what the host sends under 127.0.0.0/8, translated to somewhere else, needs route_localnet of the interface. */
export function checkLeaving(place: Place, flow: Flow, link: Interface | null): Checked {
  if (flow.family === 'ipv6' || link === null || link.name === 'lo' || maximumOf(place, 'route_localnet', link) > 0)
    return { passed: [flow], refused: [] };
  const refused: Refused[] = [];
  const why = `a source in 127.0.0.0/8 does not leave by ${link.name} (route_localnet is off)`;
  return { passed: sift([flow], LOOPBACK_4, why, refused), refused };
}

/**
 * rp_filter and own addresses as source: fib_validate_source() and its full check. `leavesBy`: the interface that the packet is forwarded to;
 * null: it is for this host.
 */
export function checkSource(place: Place, flow: Flow, link: Interface, leavesBy: string | null): Checked {
  if (flow.family === 'ipv6' || link.name === 'lo' || flow.sourceHidden) return { passed: [flow], refused: [] };
  const strictness = maximumOf(place, 'rp_filter', link);
  const acceptLocal = maximumOf(place, 'accept_local', link) > 0;
  const fib = place.fib('ipv4');
  if (strictness === 0 && (acceptLocal || (!fib.customLocalRoutes && !fib.customRules))) {
    if (acceptLocal) return { passed: [flow], refused: [] };
    const refused: Refused[] = [];
    let on: readonly Flow[] = [flow];
    for (const address of place.addresses) {
      if (address.family === 'ipv4')
        on = sift(on, onePoint(address.point), 'martian source: an address of this host', refused);
    }
    return { passed: on, refused };
  }
  return fullCheck(place, flow, link, leavesBy, strictness, acceptLocal);
}

function fullCheck(
  place: Place,
  flow: Flow,
  link: Interface,
  leavesBy: string | null,
  strictness: number,
  acceptLocal: boolean,
): Checked {
  const vmark = maximumOf(place, 'src_valid_mark', link) > 0;
  const sources = flow.source === null ? flow.sources : onePoint(flow.source);
  const parts = route(place, 'ipv4', {
    destinations: sources,
    sources: onePoint(flow.destination),
    link,
    // An answer would come in by where this one goes (flowi4_iif of __fib_validate_source()).
    input: leavesBy ?? 'lo',
    mark: vmark ? flow.mark : 0,
    l4: flow.l4,
    // The way back has the packet's ports the other way round (fib4_rules_early_flow_dissect).
    ports: flow.sourcePorts,
    sourcePorts: onePoint(flow.port),
  });
  const noAddress = !place.addresses.some((one) => one.family === 'ipv4' && one.from.interface === link.name);
  const passed: Flow[] = [];
  const refused: Refused[] = [];
  for (const part of parts) {
    const split = bySource(flow, part.destinations);
    const why = refusal(
      part.type,
      part.route !== null && routeUsesDevice(part.route, link.name),
      strictness,
      acceptLocal,
      noAddress,
    );
    if (why === null) passed.push(...split.yes);
    else refused.push(...split.yes.map((one) => ({ flow: one, why })));
  }
  return { passed, refused };
}

function refusal(
  type: string,
  byThisInterface: boolean,
  strictness: number,
  acceptLocal: boolean,
  noAddress: boolean,
): string | null {
  const unanswered = type === 'none' || type === 'blackhole' || type === 'unreachable' || type === 'prohibit';
  if (unanswered) return strictness > 0 ? 'martian source: rp_filter finds no way back' : null;
  if (type === 'local' && !acceptLocal) return 'martian source: an address of this host';
  if (type !== 'local' && type !== 'unicast') return `martian source: a ${type} address`;
  if (byThisInterface) return null;
  if (noAddress) return strictness > 0 ? 'martian source: rp_filter' : null;
  return strictness === 1 ? 'martian source: rp_filter is strict and the way back leaves by another interface' : null;
}

/** Link-local sources are not forwarded (RFC 4291, 2.5.6); ip6_forward() answers with an ICMP error. */
export function splitLinkLocal(flow: Flow): Split {
  return flow.family === 'ipv6' ? bySource(flow, LINK_LOCAL_6) : { yes: [], no: [flow] };
}
