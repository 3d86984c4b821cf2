import type { MasqueradedConnection } from '../../model/statistics.js';
import type { Host } from '../host.js';
import { parseConntrack } from '../network/statistics.js';

const TABLE_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Connections whose answers come back to another address than the one that asked: /proc/net/nf_conntrack, and where the kernel has no such
 * file, conntrack(8). A string says why there are none to be seen.
 */
export async function readMasqueraded(host: Host): Promise<readonly MasqueradedConnection[] | string> {
  const read = host.sync.readText('/proc/net/nf_conntrack', TABLE_BYTES_MAX);
  if (read.ok) return parseConntrack(read.value);
  const ran = await host.run('conntrack', ['-L', '-o', 'extended'], { bytesMax: TABLE_BYTES_MAX });
  if (ran.ok && ran.value.status === 0) return parseConntrack(ran.value.stdout);
  const why = ran.ok ? ran.value.stderr.trim() : ran.why;
  return `no connections are tracked that could be seen here: ${read.why}; ${why}`;
}
