import type { Gap } from '../../model/gap.js';
import type { Host } from '../host.js';
import type { TaskScan } from '../owners/scan.js';

const PROTOCOLS_BYTES_MAX = 65_536;
/** Held sockets whose family is asked for, at most. */
const ASKED_MAX = 1024;
const PID_NAMES_MAX = 3;

/**
 * A kernel without vsock_diag lists no vsock socket anywhere. If vsock is there at all, the held sockets that no list showed are asked for
 * their family (the extended attribute `system.sockprotoname`, net/socket.c); those of vsock are a gap that names their holders.
 */
export async function vsockGaps(host: Host, scan: TaskScan, shown: ReadonlySet<number>): Promise<readonly Gap[]> {
  const protocols = host.sync.readText('/proc/net/protocols', PROTOCOLS_BYTES_MAX);
  if (!host.live || !protocols.ok || !/^AF_VSOCK\s/m.test(protocols.value)) return [];
  const { socketProtocol } = await import('../../linux/socket-protocol.js');
  const pids = new Set<number>();
  let sockets = 0;
  for (const held of scan.sockets.unshown(shown, ASKED_MAX)) {
    if (socketProtocol(`/proc/${held.pid}/task/${held.tid}/fd/${held.fd}`) !== 'AF_VSOCK') continue;
    sockets++;
    pids.add(held.pid);
  }
  if (sockets === 0) return [];
  const named = [...pids].slice(0, PID_NAMES_MAX).join(', ');
  return [
    {
      kind: 'protocol',
      what: `${sockets} vsock socket${sockets === 1 ? '' : 's'} of process${pids.size === 1 ? '' : 'es'} ${named}`,
      why: 'ENOENT: this kernel has no vsock_diag, and no other list of vsock sockets',
      hides: 'listeners that the hypervisor or its guests can reach',
      fix: 'modprobe vsock_diag, where the kernel has it',
      hidesListeners: true,
    },
  ];
}
