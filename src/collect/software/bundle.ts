import type { Host } from '../host.js';
import { Root } from './root.js';

/** As many parents as lie between a process of a container and the monitor that started its first one, at most. */
const PARENTS_MAX = 16;
const STAT_BYTES_MAX = 8_192;
/** Arguments of a monitor; Podman's conmon has two dozen. */
const CMDLINE_BYTES_MAX = 65_536;

/** The folder of a container's OCI bundle (`config.json`), in the root that its monitor sees. */
export interface Bundle {
  readonly root: Root;
  readonly folder: string;
}

function parentOf(host: Host, pid: number): number {
  const stat = host.sync.readText(`/proc/${pid}/stat`, STAT_BYTES_MAX);
  // The name in parentheses may hold anything; the parent is the second field behind it (proc_pid_stat(5)).
  return stat.ok ? Number(stat.value.slice(stat.value.lastIndexOf(')') + 2).split(' ')[1] ?? 0) : 0;
}

function argumentsOf(host: Host, pid: number): readonly string[] {
  const text = host.sync.readText(`/proc/${pid}/cmdline`, CMDLINE_BYTES_MAX);
  return text.ok ? text.value.split('\0') : [];
}

/**
 * The bundle of the container that a process lives in, as the monitor that started it says: containerd-shim and its kin stand in it, conmon
 * names it with `-b`. The monitor is the parent outside the container that has the container's id among its arguments, so nothing inside
 * can choose another. null: no such parent was seen.
 */
export function bundleOf(host: Host, pid: number, id: string): Bundle | null {
  let monitor = parentOf(host, pid);
  for (let steps = 0; monitor > 1 && steps < PARENTS_MAX; steps++) {
    const args = argumentsOf(host, monitor);
    if (args.includes(id)) {
      const named = args[args.indexOf('-b') + 1];
      const cwd = args.includes('-b') ? named : folderOf(host, monitor);
      if (cwd?.startsWith('/') !== true) return null;
      return { root: new Root(host, `/proc/${monitor}/root`), folder: cwd };
    }
    monitor = parentOf(host, monitor);
  }
  return null;
}

function folderOf(host: Host, pid: number): string | undefined {
  const link = host.sync.readLink(`/proc/${pid}/cwd`);
  return link.ok ? link.value : undefined;
}
