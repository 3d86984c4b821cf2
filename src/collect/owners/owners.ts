import { availableParallelism } from 'node:os';
import { errnoName } from '../../linux/errno.js';
import { DESCRIPTORS_MAX, ProcTasks, type TaskFiles } from '../../linux/proc-tasks.js';
import type { Gap, Reading } from '../../model/gap.js';
import type { Process } from '../../model/process.js';
import type { Host } from '../host.js';
import { forcedGap, searchGaps } from './gaps.js';
import { carriers, inRings } from './lost.js';
import { ProcessReader } from './process.js';
import { RecordedTasks } from './recorded.js';
import { Findings, type HeldDescriptor, type Holders, type OwnersMethod, type TaskScan } from './scan.js';
import { visibility } from './visible.js';
import { type Walk, walkTasks } from './walk.js';

/** `auto` walks /proc on hosts up to this many processes (kernel threads too): loading BPF costs as much as looking at some hundred. */
const WALK_PROCESSES_MAX = 700;
/** … and leaves the walk to BPF when it meets more descriptors than this. */
const WALK_DESCRIPTORS_MAX = 4_000;
/** Held sockets whose fdinfo is read in search of descriptors in flight. */
const CARRIERS_MAX = 4_096;
/** As many where one process is closed to us. */
const CARRIERS_BESIDE_MAX = 256;
/** So few closed processes are named in a gap instead of loading BPF for them: that would cost a small host half its audit again. */
const CLOSED_FEW = 1;
/** Inode numbers that a CPU draws at once (LAST_INO_BATCH, inode.c). */
const INODES_AHEAD = 1_024;
const STAT_BYTES_MAX = 4_096;
const PF_KTHREAD = 0x0020_0000;
const NONE: ReadonlySet<number> = new Set();

/**
 * Every task of the host: which sockets and namespaces it holds and in which network namespace it lives. By BPF iterators where they are
 * allowed and worth their start, else by a walk over /proc; both find the same. Reads only. What could not be searched is in `unsearched`
 * and `blind`; `findHolders` makes gaps of it, because it may still find another way.
 */
export async function scanTasks(host: Host, wish: { readonly method: OwnersMethod }): Promise<TaskScan> {
  const sight = visibility(host);
  const { tasks, called } = taskFiles(host);
  const inodeAtStart = tasks.inodeNow();
  const pids = tasks.processes();
  let refused = called ? sight.noBpf : 'system calls cannot be made from here';
  const listed = typeof pids === 'number' ? [] : pids;
  const blind = typeof pids === 'number' ? [`/proc cannot be listed (${errnoName(-pids)})`] : sight.blind;

  if (wish.method === 'auto' && refused === null && isSmall(tasks, listed)) {
    const walk = walkTasks(tasks, listed, kernelThreadOf(host), WALK_DESCRIPTORS_MAX);
    if (walk !== null) return walked(walk, inodeAtStart, blind, null);
  }
  if (wish.method !== 'proc' && refused === null) {
    const { iterateTasks } = await import('./iterate.js');
    const iterated = iterateTasks();
    if (typeof iterated !== 'string') {
      const missed = listed.filter((pid) => !iterated.processes.has(pid));
      const walk = walkTasks(tasks, missed, kernelThreadOf(host), DESCRIPTORS_MAX, iterated.findings);
      return { ...walked(walk ?? NOTHING_FOUND, inodeAtStart, [], null), method: 'bpf' };
    }
    refused = iterated;
  }
  const walk = walkTasks(tasks, listed, kernelThreadOf(host));
  return walked(walk ?? NOTHING_FOUND, inodeAtStart, blind, wish.method === 'proc' ? null : refused);
}

/** Whether a walk is cheaper than loading BPF. Kernels that do not tell the number of descriptors let the walk find out. */
function isSmall(tasks: TaskFiles, pids: readonly number[]): boolean {
  if (pids.length > WALK_PROCESSES_MAX) return false;
  let descriptors = 0;
  for (const pid of pids) descriptors += tasks.openFiles(pid);
  return descriptors <= WALK_DESCRIPTORS_MAX;
}

const NOTHING_FOUND: Walk = { ...new Findings().found(), unsearched: [], unplaced: [] };

function walked(walk: Walk, inodeAtStart: number, blind: readonly string[], bpfRefused: string | null): TaskScan {
  const complete = walk.unsearched.length === 0 && blind.length === 0;
  return { ...walk, method: 'proc', inodeAtStart, bpfRefused, blind, complete };
}

/** By system calls on the live host; by plain reads where it is recorded, or where the library for calls does not load. */
function taskFiles(host: Host): { tasks: TaskFiles; called: boolean } {
  if (host.live) {
    try {
      return { tasks: new ProcTasks(), called: true };
    } catch {
      // No koffi for this machine: `bpfRefused` says so, and the same folders are read as files.
    }
  }
  return { tasks: new RecordedTasks(host), called: false };
}

/** Kernel threads hold no descriptors, but refuse to show them to a plain user (proc_pid_stat(5), field 9). */
function kernelThreadOf(host: Host): (pid: number) => boolean {
  return (pid) => {
    const stat = host.sync.readText(`/proc/${pid}/stat`, STAT_BYTES_MAX);
    if (!stat.ok) return false;
    const fields = stat.value.slice(stat.value.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[6]) & PF_KTHREAD) !== 0;
  };
}

/** Who holds the sockets that were asked for. */
export interface FoundHolders {
  /** By inode; a socket that nobody was seen to hold has no entry. */
  readonly holders: ReadonlyMap<number, Holders>;
  /** True: every process that could hold one was searched. */
  readonly complete: boolean;
  /**
   * Unix sockets that carry descriptors at this moment: an unowned socket may be among those. Looked for only if there is one, and
   * at most one process could not be searched.
   */
  readonly carriers: readonly HeldDescriptor[];
}

/**
 * Holders of the sockets in `wanted` (inodes). Where some have none it searches once more (they may be younger than the scan), with BPF if
 * the walk found closed doors; then in io_uring instances and for descriptors in flight. The gaps are those of the search as a whole.
 */
export async function findHolders(
  host: Host,
  first: TaskScan,
  wish: { readonly method: OwnersMethod; readonly wanted: ReadonlySet<number> },
): Promise<Reading<FoundHolders>> {
  let scan = first;
  let holders = scan.sockets.holders(wish.wanted);
  if (holders.size < wish.wanted.size && host.live) {
    const closed = wish.method === 'auto' && scan.method === 'proc' && scan.bpfRefused === null;
    const iterateNow = closed && scan.unsearched.length > CLOSED_FEW;
    if (iterateNow || isYounger(scan, wish.wanted, holders)) {
      scan = await scanTasks(host, { method: iterateNow ? 'bpf' : wish.method });
      holders = new Map([...holders, ...scan.sockets.holders(wish.wanted)]);
    }
  }
  const gaps: Gap[] = [...forcedGap(wish.method, scan), ...searchGaps(host, scan)];
  const { complete } = scan;
  const lost = new Set([...wish.wanted].filter((inode) => !holders.has(inode)));
  if (lost.size === 0) return { value: { holders, complete, carriers: [] }, gaps };
  const registered = inRings(host, scan.rings, lost);
  // Where processes are closed to us, that is the likelier answer, and a gap names them already; beside a single one a short look is worth it.
  const looked = complete ? CARRIERS_MAX : scan.unsearched.length <= CLOSED_FEW ? CARRIERS_BESIDE_MAX : 0;
  const mayCarry = looked > 0 && registered.size < lost.size;
  const carrying = mayCarry ? carriers(host, scan.sockets.unshown(NONE, looked)) : [];
  return { value: { holders: new Map([...holders, ...registered]), complete, carriers: carrying }, gaps };
}

/** Whether a socket without a holder may have been made after the scan. */
function isYounger(scan: TaskScan, wanted: ReadonlySet<number>, holders: ReadonlyMap<number, Holders>): boolean {
  // Sockets are numbered upwards, but for what each CPU has drawn ahead.
  const inodeMin = scan.inodeAtStart - INODES_AHEAD * availableParallelism();
  for (const inode of wanted) if (inode > inodeMin && !holders.has(inode)) return true;
  return false;
}

/**
 * The processes themselves, ascending by pid, with their ancestors' names. One that has ended meanwhile is left out: its sockets ended
 * with it, or another holder has them.
 */
export function readProcesses(host: Host, pids: Iterable<number>): Reading<readonly Process[]> {
  const reader = new ProcessReader(host);
  const processes: Process[] = [];
  for (const pid of [...new Set(pids)].sort((a, b) => a - b)) {
    const process = reader.read(pid);
    if (process !== null) processes.push(process);
  }
  return { value: processes, gaps: reader.gaps() };
}
