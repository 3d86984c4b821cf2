import { decodeText } from '../../lib/bytes.js';
import type { Program } from '../../model/netstat.js';
import type { Host } from '../host.js';

const FIRST_ARGUMENT_BYTES_MAX = 511;
const SOCKET = /^socket:\[(\d+)\]$/;
/** A process may hold a million descriptors; the scan ends there. */
const DESCRIPTORS_MAX = 4_000_000;

/** Basename of the first argument, for a path; else what stands there up to the first NUL byte. */
function nameOf(host: Host, folder: string): string | null {
  const read = host.sync.readAt(`${folder}/cmdline`, 0, FIRST_ARGUMENT_BYTES_MAX);
  if (!read.ok) return null;
  const zero = read.value.indexOf(0);
  const text = decodeText(zero < 0 ? read.value : read.value.subarray(0, zero));
  return text.startsWith('/') ? text.slice(text.lastIndexOf('/') + 1) : text;
}

/** Who holds sockets, as net-tools looks for them: the descriptors of each process, in ascending pid. */
export function readPrograms(
  host: Host,
  uid: number | null,
  complain: (why: string) => void,
): Readonly<Record<string, Program>> {
  const programs: Record<string, Program> = {};
  const listed = host.sync.list('/proc');
  const pids = (listed.ok ? listed.value.filter((name) => /^\d+$/.test(name)) : []).map(Number).sort((a, b) => a - b);
  let refused = false;
  let looked = 0;
  for (const pid of pids) {
    const folder = `/proc/${pid}`;
    const descriptors = host.sync.list(`${folder}/fd`);
    if (!descriptors.ok) refused ||= descriptors.code === 'EACCES';
    let name: string | null = null;
    for (const descriptor of descriptors.ok ? descriptors.value : []) {
      if (looked++ > DESCRIPTORS_MAX) break;
      const target = host.sync.readLink(`${folder}/fd/${descriptor}`);
      const inode = target.ok ? SOCKET.exec(target.value)?.[1] : undefined;
      if (inode === undefined || inode in programs) continue;
      name ??= nameOf(host, folder);
      if (name !== null) programs[inode] = { pid, name };
    }
  }
  if (refused && Object.keys(programs).length === 0)
    complain(`(No info could be read for "-p": geteuid()=${uid ?? -1} but you should be root.)`);
  else if (refused)
    complain(
      '(Not all processes could be identified, non-owned process info\n will not be shown, you would have to be root to see it all.)',
    );
  return programs;
}
