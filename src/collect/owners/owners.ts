import type { TaskFiles } from '../../linux/proc-tasks.js';
import type { Gap, Reading } from '../../model/gap.js';
import type { Host } from '../host.js';
import { errnoName } from './errno.js';
import { searchGaps } from './gaps.js';
import type { Iterated } from './iterate.js';
import { RecordedTasks } from './recorded.js';
import { HeldSockets, type OwnersMethod, type TaskScan } from './scan.js';
import { visibility } from './visible.js';
import { type Walk, walkTasks } from './walk.js';

/** `auto` walks /proc on hosts up to this many processes (kernel threads too): loading BPF costs as much as looking at some hundred. */
const WALK_PROCESSES_MAX = 700;
/** … and gives up the walk when it has met more descriptors than this. */
const WALK_DESCRIPTORS_MAX = 4_000;
const BTF = '/sys/kernel/btf/vmlinux';
const BTF_BYTES_MAX = 64 * 1024 * 1024;
const STAT_BYTES_MAX = 4_096;
const PF_KTHREAD = 0x0020_0000;

/**
 * Every task of the host: which sockets and namespaces it holds and in which network namespace it lives. By BPF iterators where they are
 * allowed and worth their start, else by a walk over /proc; both find the same. What could not be searched is in `unsearched` and `blind`,
 * and a gap says so. Reads only.
 */
export async function scanTasks(host: Host, wish: { readonly method: OwnersMethod }): Promise<Reading<TaskScan>> {
  const sight = visibility(host);
  const { tasks, called } = await taskFiles(host);
  const pids = tasks.processes();
  let refused = called ? sight.noBpf : 'system calls cannot be made from here';
  const mayIterate = wish.method !== 'proc' && refused === null;
  const small = typeof pids !== 'number' && pids.length <= WALK_PROCESSES_MAX;

  if (wish.method === 'auto' && mayIterate && small) {
    const walk = walkTasks(tasks, pids, kernelThreadOf(host), WALK_DESCRIPTORS_MAX);
    if (walk !== null && walk.unsearched.length === 0) return finish(host, wish.method, walk, sight.blind, null);
  }
  if (mayIterate) {
    const iterated = await iterate(host);
    if (typeof iterated !== 'string') {
      return {
        value: { ...iterated, method: 'bpf', bpfRefused: null, unsearched: [], blind: [], complete: true },
        gaps: [],
      };
    }
    refused = iterated;
  }
  const wantedBpf = wish.method === 'proc' ? null : refused;
  if (typeof pids === 'number') {
    return finish(host, wish.method, nothing(), [`/proc cannot be listed (${errnoName(-pids)})`], wantedBpf);
  }
  return finish(host, wish.method, walkTasks(tasks, pids, kernelThreadOf(host)) ?? nothing(), sight.blind, wantedBpf);
}

const nothing = (): Walk => ({ sockets: new HeldSockets(), taskNamespaces: new Map(), nsfsFiles: [], unsearched: [] });

/** By system calls on the live host; by plain reads where it is recorded, or where the library for calls does not load. */
async function taskFiles(host: Host): Promise<{ tasks: TaskFiles; called: boolean }> {
  if (host.live) {
    try {
      const { ProcTasks } = await import('../../linux/proc-tasks.js');
      return { tasks: new ProcTasks(), called: true };
    } catch {
      // No koffi for this machine: `bpfRefused` says so, and the same folders are read as files.
    }
  }
  return { tasks: new RecordedTasks(host), called: false };
}

async function iterate(host: Host): Promise<Iterated | string> {
  const btf = host.sync.readBytes(BTF, BTF_BYTES_MAX);
  if (!btf.ok) return btf.why;
  const { iterateTasks } = await import('./iterate.js');
  return iterateTasks(btf.value);
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

function finish(
  host: Host,
  method: OwnersMethod,
  walk: Walk,
  blind: readonly string[],
  bpfRefused: string | null,
): Reading<TaskScan> {
  const complete = walk.unsearched.length === 0 && blind.length === 0;
  const forced: Gap[] = [];
  if (method === 'bpf' && bpfRefused !== null) {
    forced.push({
      kind: 'owner',
      what: 'owners by BPF iterators, as asked for',
      why: bpfRefused,
      hides: complete ? 'nothing: a walk over /proc found them' : 'owners that the walk over /proc could not see',
      fix: 'use --owners auto, or run as root with CAP_BPF and CAP_PERFMON',
      hidesListeners: false,
    });
  }
  const value: TaskScan = { ...walk, method: 'proc', bpfRefused, blind, complete };
  return { value, gaps: [...forced, ...searchGaps(host, value)] };
}
