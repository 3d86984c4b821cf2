import { readdirSync, readFileSync } from 'node:fs';
import { syscall } from '../linux/syscall.js';

/** A process tree has a limit; a fork bomb must not take us with it. */
const PROCESSES_MAX = 20_000;
/** wait(2): do not wait. */
const WNOHANG = 1;

/** Parent and start time (clock ticks after boot) of a process, from proc_pid_stat(5); null: it is gone. */
function statOf(pid: number): { readonly state: string; readonly parent: number; readonly start: string } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name stands in parentheses and may hold any byte, a closing one too: fields are counted from the last.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', parent: Number(fields[1]), start: fields[19] ?? '' };
  } catch {
    return null;
  }
}

const tasksOf = (pid: number): readonly string[] => {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
};

/** Children by the kernel's own list (CONFIG_PROC_CHILDREN); null where it has none. */
function childrenOf(pid: number): readonly number[] | null {
  const children: number[] = [];
  for (const task of tasksOf(pid)) {
    try {
      const text = readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1');
      for (const word of text.split(' ')) if (word !== '') children.push(Number(word));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tasksOf(pid).includes(task)) return null;
    }
  }
  return children;
}

/** Children of every process, from the parents that each names. */
function childrenByParent(): ReadonlyMap<number, readonly number[]> {
  const map = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const stat = Number.isInteger(pid) ? statOf(pid) : null;
    if (stat === null) continue;
    const list = map.get(stat.parent);
    if (list === undefined) map.set(stat.parent, [pid]);
    else list.push(pid);
  }
  return map;
}

/**
 * Who descends from a process of ours. Daemons that fork twice are told too: this process is their subreaper (prctl(2)
 * PR_SET_CHILD_SUBREAPER), so an orphan's new parent is this process and not pid 1. A process is known by its number and start time,
 * since numbers are used again.
 */
export class Descent {
  readonly #ours: number;
  readonly #known = new Map<number, string>();
  /** Children of this process that are not the command's: the tools of a collection. */
  readonly #others: ReadonlySet<number>;

  constructor(ours: number) {
    this.#ours = ours;
    this.#others = new Set(this.#listOf(ours));
  }

  #listOf(pid: number): readonly number[] {
    return childrenOf(pid) ?? childrenByParent().get(pid) ?? [];
  }

  /** The command itself; its end is waited for by whoever started it. null: not started. */
  command: number | null = null;

  /** Takes the status of adopted orphans that have ended: a daemon's children would else stay as zombies until the table is full. */
  #bury(pid: number): boolean {
    return pid !== this.command && syscall('wait4', pid, 0, WNOHANG, 0) === pid;
  }

  /** Looks again; returns the descendants that live now, the command first. */
  look(): readonly number[] {
    const slow = childrenOf(this.#ours) === null ? childrenByParent() : null;
    const live: number[] = [];
    const queue = (slow?.get(this.#ours) ?? childrenOf(this.#ours) ?? []).filter((pid) => !this.#others.has(pid));
    for (let pid = queue.shift(); pid !== undefined && live.length < PROCESSES_MAX; pid = queue.shift()) {
      const stat = statOf(pid);
      if (stat === null) continue;
      if (stat.state === 'Z' && stat.parent === this.#ours && this.#bury(pid)) continue;
      this.#known.set(pid, stat.start);
      live.push(pid);
      queue.push(...(slow?.get(pid) ?? (slow === null ? childrenOf(pid) : null) ?? []));
    }
    return live;
  }

  /** True for a process that was ever seen to descend from us. */
  has(pid: number, startTicks: string | null): boolean {
    const start = this.#known.get(pid);
    return start !== undefined && (startTicks === null || startTicks === start);
  }

  /** True while the very process still runs (a zombie does not). */
  lives(pid: number): boolean {
    const stat = statOf(pid);
    return stat !== null && stat.start === this.#known.get(pid) && stat.state !== 'Z' && stat.state !== 'X';
  }
}
