import type { Host } from '../host.js';

/** PROC_PID_INIT_INO of linux/proc_ns.h: the pid namespace of the host itself. */
const INITIAL_PID_NAMESPACE = 'pid:[4026531836]';
const STATUS_BYTES_MAX = 65_536;
const MOUNTINFO_BYTES_MAX = 16 * 1024 * 1024;
/** Capability numbers, linux/capability.h. */
const CAP = { sysPtrace: 19n, sysAdmin: 21n, perfmon: 38n, bpf: 39n };

/** What this process may see of others. */
export interface Visibility {
  /** Reasons, in words, why there may be processes that are not even listed in /proc; empty: all are. */
  readonly blind: readonly string[];
  /** Why BPF iterators cannot be used; null: they may be tried. */
  readonly noBpf: string | null;
}

/** Effective capabilities of this process; 0 where they cannot be read. */
function capabilities(host: Host): bigint {
  const status = host.sync.readText('/proc/self/status', STATUS_BYTES_MAX);
  const hex = status.ok ? /^CapEff:\s*([0-9a-f]{1,16})$/m.exec(status.value)?.[1] : undefined;
  return hex === undefined ? 0n : BigInt(`0x${hex}`);
}

/** True: /proc is mounted so that processes of others are not listed (hidepid=2 or 4; proc(5)). */
function hidesProcesses(host: Host): boolean {
  const mounts = host.sync.readText('/proc/self/mountinfo', MOUNTINFO_BYTES_MAX);
  if (!mounts.ok) return false;
  const line = mounts.value.split('\n').findLast((mount) => mount.split(' ')[4] === '/proc');
  return line !== undefined && /[ ,]hidepid=(2|4|invisible|ptraceable)(,|$)/.test(line);
}

/** Looks at our own namespace, capabilities and the mount of /proc. */
export function visibility(host: Host): Visibility {
  if (!host.live) return { blind: [], noBpf: 'a recorded host' };
  const caps = capabilities(host);
  const has = (bit: bigint): boolean => ((caps >> bit) & 1n) === 1n;
  const namespace = host.sync.readLink('/proc/self/ns/pid');
  const initial = namespace.ok && namespace.value === INITIAL_PID_NAMESPACE;
  const blind: string[] = [];
  if (!namespace.ok) blind.push(`the pid namespace of this process is not known (${namespace.why})`);
  else if (!initial) blind.push('earshot runs in a pid namespace of its own and sees no process outside it');
  const hidden = !has(CAP.sysPtrace) && hidesProcesses(host);
  if (hidden) blind.push('/proc is mounted with hidepid: the processes of other users are hidden');
  return { blind, noBpf: bpfObstacle(initial, hidden, has) };
}

function bpfObstacle(initial: boolean, hidden: boolean, has: (bit: bigint) => boolean): string | null {
  if (!initial) return 'not in the initial pid namespace';
  // Iterators would give numbers of processes of which nothing else may be seen, and somebody has decided that we shall not see them.
  if (hidden) return '/proc hides the processes of other users (hidepid)';
  if (has(CAP.sysAdmin) || (has(CAP.bpf) && has(CAP.perfmon))) return null;
  return 'needs CAP_BPF and CAP_PERFMON';
}
