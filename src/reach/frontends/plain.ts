import { between } from '../../lib/ip/intervals.js';

/** Hops to go of a packet that came through less than thirty routers. */
export const PLAIN_HOPS = between(32, 255);

/** Segment sizes that SYNs announce: from the least that a host must take (RFC 9293, 3.7.1) to what Ethernet carries. */
export const PLAIN_SEGMENT_SIZE = between(536, 1460);
