import type { Gap } from '../../model/gap.js';
import type { Host } from '../host.js';
import type { TaskScan } from '../owners/scan.js';

const PROTOCOLS_BYTES_MAX = 65_536;
const SLABINFO_BYTES_MAX = 1_048_576;
/** Held sockets whose family is asked for, at most: each is a walk through /proc (20 µs). */
const ASKED_MAX = 256;
const PID_NAMES_MAX = 3;

/**
 * A kernel without vsock_diag lists no vsock socket anywhere. If vsock is there at all, the held sockets that no list showed are asked for
 * their family (the extended attribute `system.sockprotoname`, net/socket.c); those of vsock are a gap that names their holders.
 */
export async function vsockGaps(host: Host, scan: TaskScan, shown: ReadonlySet<number>): Promise<readonly Gap[]> {
  const protocols = host.sync.readText('/proc/net/protocols', PROTOCOLS_BYTES_MAX);
  if (!host.live || !protocols.ok || !/^AF_VSOCK\s/m.test(protocols.value)) return [];
  const held = scan.sockets.unshown(shown, ASKED_MAX + 1);
  if (held.length > ASKED_MAX && noneAllocated(host)) return [];
  const { socketProtocol } = await import('../../linux/socket-protocol.js');
  const pids = new Set<number>();
  let sockets = 0;
  for (const { pid, tid, fd } of held.slice(0, ASKED_MAX)) {
    if (socketProtocol(`/proc/${pid}/task/${tid}/fd/${fd}`) !== 'AF_VSOCK') continue;
    sockets++;
    pids.add(pid);
  }
  if (sockets === 0) return held.length > ASKED_MAX ? [gapOf('vsock sockets, if there are any')] : [];
  const named = [...pids].slice(0, PID_NAMES_MAX).join(', ');
  return [
    gapOf(`${sockets} vsock socket${sockets === 1 ? '' : 's'} of process${pids.size === 1 ? '' : 'es'} ${named}`),
  ];
}

/** True where the kernel holds no memory for vsock sockets (/proc/slabinfo: name, active objects, all objects; for root only). */
function noneAllocated(host: Host): boolean {
  const slabs = host.sync.readText('/proc/slabinfo', SLABINFO_BYTES_MAX);
  return slabs.ok && /^AF_VSOCK +\d+ +0 /m.test(slabs.value);
}

const gapOf = (what: string): Gap => ({
  kind: 'protocol',
  what,
  why: 'ENOENT: this kernel has no vsock_diag, and no other list of vsock sockets',
  hides: 'listeners that the hypervisor or its guests can reach',
  fix: 'modprobe vsock_diag, where the kernel has it',
  hidesListeners: true,
});
