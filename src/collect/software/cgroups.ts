import type { Socket } from '../../model/socket.js';
import type { SocketCgroup } from '../../model/software.js';
import type { Root } from './root.js';
import { readService } from './systemd.js';

/** Where cgroup v2 is mounted: alone, or beside v1. */
const MOUNTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'];

/** Control groups that are looked at. */
const GROUPS_MAX = 20_000;
const DEPTH_MAX = 12;

/** Paths of control groups by id, which is the inode of the folder; walks until all are found. */
function pathsOf(root: Root, mount: string, wanted: ReadonlySet<string>): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let open = [''];
  let seen = 0;
  for (let depth = 0; depth <= DEPTH_MAX && open.length > 0; depth++) {
    const next: string[] = [];
    for (const path of open) {
      if (++seen > GROUPS_MAX || found.size === wanted.size) return found;
      const folder = root.host.sync.stat(`${mount}${path}`);
      if (!folder.ok || folder.value.kind !== 'folder') continue;
      const id = String(folder.value.inode);
      if (wanted.has(id)) found.set(id, path === '' ? '/' : path);
      // Files of a control group have a dot in their names, and so have units: only folders are entered.
      for (const name of root.list(`${mount}${path}`))
        if (!/^(?:cgroup|cpu|cpuset|memory|io|pids|hugetlb|rdma|misc|irq|dmem)\./.test(name))
          next.push(`${path}/${name}`);
    }
    open = next;
  }
  return found;
}

const HEARING = new Set(['listen', 'bound']);

const UNIT = /^(?:.*\/)?([^/]+\.(?:service|socket|scope))(?:\/.*)?$/;

/**
 * The control groups of sockets that nobody was seen to hold, which an unprivileged run can still know, and of those that a service manager
 * holds: it makes each in the group of the unit that it is for.
 */
export function readCgroups(
  root: Root,
  sockets: readonly Socket[],
  managers: ReadonlySet<number>,
): Record<string, SocketCgroup> {
  const wanted = new Set<string>();
  for (const { holders, cgroupId, kernel, state } of sockets) {
    const isHeldForUnit = HEARING.has(state) && holders.some((pid) => managers.has(pid));
    if (cgroupId !== null && !kernel && (holders.length === 0 || isHeldForUnit)) wanted.add(cgroupId);
  }
  const known: Record<string, SocketCgroup> = {};
  const mount =
    wanted.size === 0
      ? undefined
      : MOUNTS.find((path) => root.exists(`${path}/cgroup.procs`) && root.exists(`${path}/cgroup.controllers`));
  if (mount === undefined) return known;
  for (const [id, path] of pathsOf(root, mount, wanted)) {
    const unit = UNIT.exec(path)?.[1] ?? null;
    const service = unit?.endsWith('.service') === true ? readService(root, unit) : null;
    known[id] = { path, unit, exec: service?.exec ?? [], file: service?.file ?? null, line: service?.line ?? null };
  }
  return known;
}
