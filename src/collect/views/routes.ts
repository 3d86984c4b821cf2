import type { KernelRoute, KernelRoute6 } from '../../model/netstat.js';
import type { Host } from '../host.js';
import { fieldsOf, hex, inet6Of, inetOf, signed, tableLines } from './table.js';

/** `Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT`, fib_route_seq_show of net/ipv4/fib_trie.c. */
export function parseRoute(line: string): KernelRoute {
  const [device = '', destination = '', gateway = '', flags, references, use, metric, mask = '', mss, window, rtt] =
    fieldsOf(line);
  return {
    interface: device,
    destination: inetOf(destination),
    gateway: inetOf(gateway),
    mask: inetOf(mask),
    flags: hex(flags),
    references: Number(references),
    use: Number(use),
    metric: signed(Number(metric)),
    mss: Number(mss),
    window: Number(window),
    rtt: Number(rtt),
  };
}

/** `DESTINATION LENGTH SOURCE LENGTH NEXTHOP METRIC REFERENCES USE FLAGS DEVICE`, rt6_info_route of net/ipv6/ip6_fib.c. */
export function parseRoute6(line: string): KernelRoute6 {
  const [destination = '', length, , , nextHop = '', metric, references, use, flags, device = ''] = fieldsOf(line);
  return {
    interface: device,
    destination: inet6Of(destination),
    prefixLength: hex(length),
    nextHop: inet6Of(nextHop),
    flags: hex(flags),
    metric: signed(hex(metric)),
    references: signed(hex(references)),
    use: signed(hex(use)),
  };
}

type Complain = (why: string) => void;

export const readRoutes = (host: Host, complain: Complain): readonly KernelRoute[] =>
  tableLines(host, '/proc/net/route', 1, complain).map(parseRoute);

export const readRoutes6 = (host: Host, complain: Complain): readonly KernelRoute6[] =>
  tableLines(host, '/proc/net/ipv6_route', 0, complain).map(parseRoute6);
