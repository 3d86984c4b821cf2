import type { Gap } from '../../model/gap.js';
import type { Host } from '../host.js';
import type { TaskScan } from '../owners/scan.js';

const PROTOCOLS_BYTES_MAX = 65_536;
const SLABINFO_BYTES_MAX = 1_048_576;
/** Held sockets whose family is asked for: each is a walk through /proc (20 µs). So few where nothing says that there is one to be found. */
const ASKED_MAX = 256;
/** … where the kernel has memory for one, which it keeps for a while … */
const ASKED_PERHAPS_MAX = 2_048;
/** … and where one is counted. */
const ASKED_COUNTED_MAX = 16_384;
const COMM_BYTES_MAX = 64;
const NAMED_MAX = 3;
const VSOCK = 'AF_VSOCK';

/** Protocols that hear the network, and of which earshot has no list: by their name in /proc/net/protocols, what they are called. */
export const UNLISTED: Readonly<Record<string, string>> = {
  XDP: 'AF_XDP',
  SMC: 'SMC',
  SMC6: 'SMC',
  TIPC: 'TIPC',
  RDS: 'RDS',
  RXRPC: 'RxRPC',
  'L2TP/IP': 'L2TP',
  'L2TP/IPv6': 'L2TP',
};

/** Sockets of such a protocol that a namespace counts. */
export interface UnlistedCount {
  readonly protocol: string;
  readonly count: number;
}

/** What there may be that no list shows. */
export interface UnlistedWish {
  /** The kernel did not answer for vsock. */
  readonly vsock: boolean;
  readonly counted: readonly UnlistedCount[];
}

/**
 * Sockets that no list shows. A kernel without vsock_diag lists no vsock socket anywhere; of others the namespaces tell the number. The held
 * sockets that were not listed are asked for their protocol (the extended attribute `system.sockprotoname`, net/socket.c), so that the gap
 * names their holders.
 */
export async function unlistedGaps(
  host: Host,
  scan: TaskScan,
  shown: ReadonlySet<number>,
  wish: UnlistedWish,
): Promise<readonly Gap[]> {
  if (!host.live) return [];
  const counts = new Map<string, number>();
  for (const { protocol, count } of wish.counted) counts.set(protocol, (counts.get(protocol) ?? 0) + count);
  const isSpoken = wish.vsock && speaksVsock(host);
  if (!isSpoken && counts.size === 0) return [];
  // Reading the kernel's own count costs more than asking a few hundred sockets.
  const few = scan.sockets.unshown(shown, ASKED_MAX + 1).length <= ASKED_MAX;
  const vsock = !isSpoken ? 'no' : few ? 'perhaps' : vsockThere(host);
  if (vsock === 'no' && counts.size === 0) return [];
  const asked = counts.size > 0 ? ASKED_COUNTED_MAX : vsock === 'allocated' ? ASKED_PERHAPS_MAX : ASKED_MAX;
  const held = scan.sockets.unshown(shown, asked + 1);
  const { socketProtocol } = await import('../../linux/extended-attribute.js');
  const found = new Map<string, { sockets: number; pids: Set<number> }>();
  for (const { pid, tid, fd } of held.slice(0, asked)) {
    const name = socketProtocol(`/proc/${pid}/task/${tid}/fd/${fd}`);
    if (name === null || (name !== VSOCK && UNLISTED[name] === undefined)) continue;
    const known = found.get(name) ?? { sockets: 0, pids: new Set() };
    known.sockets++;
    known.pids.add(pid);
    found.set(name, known);
  }
  const gaps: Gap[] = [];
  const seen = vsock === 'no' ? undefined : found.get(VSOCK);
  if (seen !== undefined) gaps.push(vsockGap(`${number('vsock', seen.sockets)}${holders(host, seen.pids)}`));
  else if (vsock !== 'no' && held.length > asked) gaps.push(vsockGap('vsock sockets, if there are any'));
  for (const [protocol, count] of counts)
    gaps.push(
      countedGap(UNLISTED[protocol] ?? protocol, count, holders(host, found.get(protocol)?.pids ?? new Set<number>())),
    );
  return gaps;
}

const speaksVsock = (host: Host): boolean => {
  const protocols = host.sync.readText('/proc/net/protocols', PROTOCOLS_BYTES_MAX);
  return protocols.ok && /^AF_VSOCK\s/m.test(protocols.value);
};

/** Whether somebody has a vsock socket: the kernel's memory for them tells (/proc/slabinfo: name, objects in use; for root only). */
function vsockThere(host: Host): 'allocated' | 'no' | 'perhaps' {
  const slabs = host.sync.readText('/proc/slabinfo', SLABINFO_BYTES_MAX);
  const inUse = slabs.ok ? /^AF_VSOCK +(\d+) /m.exec(slabs.value)?.[1] : undefined;
  if (inUse === undefined) return 'perhaps';
  return inUse === '0' ? 'no' : 'allocated';
}

const number = (protocol: string, count: number): string => `${count} ${protocol} socket${count === 1 ? '' : 's'}`;

function holders(host: Host, pids: ReadonlySet<number>): string {
  if (pids.size === 0) return '';
  const names = [...pids].slice(0, NAMED_MAX).map((pid) => {
    const comm = host.sync.readText(`/proc/${pid}/comm`, COMM_BYTES_MAX);
    return `${comm.ok ? comm.value.replace(/\n$/, '') : '?'} (${pid})`;
  });
  return ` of ${names.join(', ')}${pids.size > NAMED_MAX ? `, and ${pids.size - NAMED_MAX} more` : ''}`;
}

const vsockGap = (what: string): Gap => ({
  kind: 'protocol',
  what,
  why: 'ENOENT: this kernel has no vsock_diag, and no other list of vsock sockets',
  hides: 'listeners that the hypervisor or its guests can reach',
  fix: 'modprobe vsock_diag, where the kernel has it',
  hidesListeners: true,
});

const countedGap = (protocol: string, count: number, of: string): Gap => ({
  kind: 'protocol',
  what: `${number(protocol, count)}${of}`,
  why: 'earshot has no list of such sockets: the kernel only counts them',
  hides:
    protocol === 'AF_XDP'
      ? 'whether the program takes packets at the interface, before the firewall and past every listener'
      : `whom they hear: listeners of ${protocol}, if they listen`,
  fix: protocol === 'AF_XDP' ? 'ss -a --xdp, where the kernel has xdp_diag' : '',
  hidesListeners: true,
});
