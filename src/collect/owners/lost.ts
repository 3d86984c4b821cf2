import type { Host } from '../host.js';
import type { HeldDescriptor, Holders } from './scan.js';

const FDINFO_BYTES_MAX = 16 * 1024 * 1024;
/** Rings and unix sockets that are looked at, at most. */
const RINGS_MAX = 4_096;
const SOCKETS_MAX = 4_096;
const USER_FILE = /^\s*[0-9]+: socket:\[([0-9]{1,10})\]$/gm;
const IN_FLIGHT = /^scm_fds:\s*([0-9]{1,10})$/m;

const infoOf = (held: HeldDescriptor): string => `/proc/${held.pid}/task/${held.tid}/fdinfo/${held.fd}`;

/** Sockets among `wanted` that are registered in a ring (`UserFiles` of its fdinfo), and who holds that ring. */
export function inRings(
  host: Host,
  rings: readonly HeldDescriptor[],
  wanted: ReadonlySet<number>,
): ReadonlyMap<number, Holders> {
  const found = new Map<number, { by: 'io_uring'; pids: number[]; first: HeldDescriptor }>();
  for (const ring of rings.slice(0, RINGS_MAX)) {
    const info = host.sync.readText(infoOf(ring), FDINFO_BYTES_MAX);
    for (const [, digits] of info.ok ? info.value.matchAll(USER_FILE) : []) {
      const inode = Number(digits);
      if (!wanted.has(inode)) continue;
      const known = found.get(inode);
      if (known === undefined) found.set(inode, { by: 'io_uring', pids: [ring.pid], first: { ...ring, inode } });
      else if (!known.pids.includes(ring.pid)) known.pids.push(ring.pid);
    }
  }
  for (const { pids } of found.values()) pids.sort((a, b) => a - b);
  return found;
}

/** Unix sockets with descriptors on their way (SCM_RIGHTS; unix(7)): what they carry is held by nobody until it is received. */
export function carriers(host: Host, held: readonly HeldDescriptor[]): readonly HeldDescriptor[] {
  return held.slice(0, SOCKETS_MAX).filter((socket) => {
    const info = host.sync.readText(infoOf(socket), FDINFO_BYTES_MAX);
    const count = info.ok ? IN_FLIGHT.exec(info.value)?.[1] : undefined;
    return count !== undefined && Number(count) > 0;
  });
}
