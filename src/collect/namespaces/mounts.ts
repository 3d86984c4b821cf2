import { decodeText } from '../../lib/bytes.js';
import type { Host } from '../host.js';

/** A namespace kept by a mount. */
export interface NamespaceMount {
  readonly inode: number;
  /** Where it is mounted, as seen from the process whose mountinfo says so. */
  readonly path: string;
}

/** A host with 10,000 mounts has 1.5 MB. */
const MOUNTINFO_BYTES_MAX = 64 * 1024 * 1024;
const OCTAL = /\\([0-7]{3})/g;

/** Blank, tab, line end and backslash stand as octal in mountinfo (seq_path, show_mountinfo). The other bytes are as they are. */
const unescaped = (text: string): string =>
  text.replace(OCTAL, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** proc_pid_mountinfo(5): `ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS [FIELD…] - TYPE SOURCE OPTIONS`. */
export function namespaceMounts(mountinfo: string): readonly NamespaceMount[] {
  const mounts: NamespaceMount[] = [];
  if (!mountinfo.includes(' - nsfs ')) return mounts;
  for (const line of mountinfo.split('\n')) {
    if (!line.includes(' - nsfs ')) continue;
    const [, , , root = '', path = ''] = line.split(' ');
    const inode = /^net:\[(\d+)\]$/.exec(root)?.[1];
    if (inode !== undefined) mounts.push({ inode: Number(inode), path: unescaped(path) });
  }
  return mounts;
}

/** Mounts that the process sees (`self` or a number); `why` says what kept us from looking. */
export function readNamespaceMounts(
  host: Host,
  process: string,
): { readonly mounts: readonly NamespaceMount[]; readonly why: string | null } {
  const path = `/proc/${process}/mountinfo`;
  const read = host.sync.readBytes(path, MOUNTINFO_BYTES_MAX);
  return read.ok ? { mounts: namespaceMounts(decodeText(read.value)), why: null } : { mounts: [], why: read.why };
}

/** Processes that are asked for their mount namespace, one by one (5 µs each). On larger hosts only those that live in a network namespace of their own. */
const PROCESSES_ASKED_MAX = 2_000;

/** One process of each mount namespace that is not ours. `cut`: processes that were not asked. */
export function otherMountNamespaces(
  host: Host,
  residents: Iterable<number>,
): { readonly pids: readonly number[]; readonly cut: number } {
  const ours = host.sync.readLink('/proc/self/ns/mnt');
  const listed = host.sync.list('/proc');
  if (!ours.ok || !listed.ok) return { pids: [], cut: 0 };
  const all = listed.value.filter((name) => /^\d+$/.test(name)).map(Number);
  const asked = all.length <= PROCESSES_ASKED_MAX ? all : [1, ...residents];
  const seen = new Set([ours.value]);
  const pids: number[] = [];
  for (const pid of asked) {
    const its = host.sync.readLink(`/proc/${pid}/ns/mnt`);
    if (!its.ok || seen.has(its.value)) continue;
    seen.add(its.value);
    pids.push(pid);
  }
  return { pids, cut: all.length - asked.length };
}
