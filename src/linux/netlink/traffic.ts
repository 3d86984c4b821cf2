import { decodeText } from '../../lib/bytes.js';
import { eachAttribute, HOST_IS_LITTLE, stringBytes } from './attributes.js';
import type { NetlinkSocket } from './socket.js';

const RTM_NEWQDISC = 36;
const RTM_GETQDISC = 38;
const RTM_NEWTFILTER = 44;
const RTM_GETTFILTER = 46;
/** `struct tcmsg`, linux/rtnetlink.h. */
const HEADER_BYTES = 20;
const TCA_KIND = 1;
/** TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS) and …_EGRESS, linux/pkt_sched.h; the old qdisc `ingress` takes the first too. */
const PARENTS = { ingress: 0xffff_fff2, egress: 0xffff_fff3 } as const;
const GATES: ReadonlySet<string> = new Set(['ingress', 'clsact']);

/** Filters of one kind at the entrance or exit of a device. */
export interface TrafficFilter {
  /** Index of the interface. */
  readonly index: number;
  readonly way: 'ingress' | 'egress';
  /** The kernel's word: `u32`, `flower`, `bpf`. */
  readonly kind: string;
}

function request(index: number, parent: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setInt32(4, index, HOST_IS_LITTLE);
  view.setUint32(12, parent, HOST_IS_LITTLE);
  return bytes;
}

interface Row {
  readonly index: number;
  readonly kind: string;
}

function dump(route: NetlinkSocket, ask: number, answer: number, payload: Uint8Array): readonly Row[] | number {
  const rows: Row[] = [];
  const end = route.dump(
    ask,
    payload,
    (view, at, to, type) => {
      if (type !== answer || to - at < HEADER_BYTES) return;
      const index = view.getInt32(at + 4, HOST_IS_LITTLE);
      eachAttribute(view, at + HEADER_BYTES, to, (attribute, from, until) => {
        if (attribute === TCA_KIND) rows.push({ index, kind: decodeText(stringBytes(view, from, until)) });
      });
    },
    () => {
      rows.length = 0;
    },
  );
  return end.kind === 'done' ? rows : end.errno;
}

/**
 * tc filters at the gates of the devices of the socket's namespace: one dump where no device has a gate (qdisc clsact or ingress), two
 * more for each that has. Nobody needs a privilege to ask. A number is the errno.
 */
export function trafficFilters(route: NetlinkSocket): readonly TrafficFilter[] | number {
  const qdiscs = dump(route, RTM_GETQDISC, RTM_NEWQDISC, request(0, 0));
  if (typeof qdiscs === 'number') return qdiscs;
  const found: TrafficFilter[] = [];
  for (const { index, kind: gate } of qdiscs) {
    if (!GATES.has(gate)) continue;
    for (const way of gate === 'clsact' ? (['ingress', 'egress'] as const) : (['ingress'] as const)) {
      const filters = dump(route, RTM_GETTFILTER, RTM_NEWTFILTER, request(index, PARENTS[way]));
      if (typeof filters === 'number') return filters;
      for (const kind of new Set(filters.map((one) => one.kind))) found.push({ index, way, kind });
    }
  }
  return found;
}
