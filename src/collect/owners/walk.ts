import { errnoName } from '../../linux/errno.js';
import { DESCRIPTORS_MAX, type DescriptorKind, type TaskFiles } from '../../linux/proc-tasks.js';
import { Findings, type Found, type Unsearched } from './scan.js';

/** What a walk over /proc/PID/task/TID/fd found. */
export interface Walk extends Found {
  readonly unsearched: readonly Unsearched[];
  readonly unplaced: readonly Unsearched[];
}

const EACCES = 13;
const EPERM = 1;
const E2BIG = 7;
const ENOENT = 2;
const ESRCH = 3;

/** A thread's table is compared with this many others of its process; doubles beyond that are dropped later. */
const COMPARED_MAX = 8;
/** Descriptors that are read again because the kernel does not say whose table they are in: half a second. */
const REPEATED_DESCRIPTORS_MAX = 200_000;

const denied = (status: number): boolean => status === -EACCES || status === -EPERM;

/**
 * Looks at each descriptor table once: that of the process, and those of threads that have one of their own (kcmp(2); where the kernel
 * does not compare, at all of them). `isKernelThread` is asked only of processes that could not be read. null: there are more
 * than `descriptorsMax`.
 */
export function walkTasks(
  proc: TaskFiles,
  pids: readonly number[],
  isKernelThread: (pid: number) => boolean,
  descriptorsMax: number = DESCRIPTORS_MAX,
  onto: Findings = new Findings(),
): Walk | null {
  const { sockets, rings } = onto;
  const unsearched: Unsearched[] = [];
  const unplaced: Unsearched[] = [];
  let left = descriptorsMax;

  /** False: this table is closed to us. */
  const search = (pid: number, tid: number): boolean => {
    const status = proc.descriptors(pid, tid, left, (kind: DescriptorKind, fd, inode) => {
      if (kind === 'socket') sockets.add(pid, tid, fd, inode, 0);
      else if (kind === 'ring') rings.push({ pid, tid, fd, inode });
      else onto.keepOpen({ pid, tid, fd, inode });
    });
    left = status === -E2BIG ? -1 : left - Math.max(0, status);
    if (status >= 0 || status === -E2BIG) return true;
    if (!(denied(status) && isKernelThread(pid))) unsearched.push({ pid, tid, why: errnoName(-status) });
    return false;
  };
  /** Where tables cannot be compared, the same one may be read for every thread: so often, then threads are left out, and said so. */
  let repeats = REPEATED_DESCRIPTORS_MAX;
  const mayRepeat = (pid: number, tid: number): boolean => {
    repeats -= Math.max(1, proc.openFiles(pid));
    if (repeats < 0) unsearched.push({ pid, tid, why: 'not compared with its process (kcmp is refused)' });
    return repeats >= 0;
  };
  const locate = (pid: number, tid: number): void => {
    const inode = proc.netNamespace(pid, tid);
    if (inode > 0) onto.locate(inode, pid, tid);
    else if (inode < 0 && inode !== -ENOENT && inode !== -ESRCH) unplaced.push({ pid, tid, why: errnoName(-inode) });
  };

  for (const pid of pids) {
    const open = search(pid, pid);
    locate(pid, pid);
    const seen = [pid];
    for (const tid of open ? proc.threads(pid) : []) {
      locate(pid, tid);
      const compared = seen.map((other) => proc.sameTable(other, tid));
      if (compared.includes(true)) continue;
      if (compared.includes(null) && !mayRepeat(pid, tid)) continue;
      search(pid, tid);
      if (seen.push(tid) > COMPARED_MAX) seen.splice(1, 1);
    }
    if (left < 0) return null;
  }
  return { ...onto.found(), unsearched, unplaced };
}
