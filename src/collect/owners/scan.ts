/** How descriptors were searched. `auto` lets the number of processes decide. */
export type OwnersMethod = 'auto' | 'bpf' | 'proc';

/** One descriptor of one task. `tid` is the thread whose table has it: /proc/PID/task/TID/fd/FD. */
export interface HeldDescriptor {
  readonly pid: number;
  readonly tid: number;
  readonly fd: number;
  readonly inode: number;
}

/** The first task (by thread id) that lives in a network namespace. */
export interface NamespaceTask {
  readonly pid: number;
  readonly tid: number;
}

/** A task of which something could not be read. */
export interface Unsearched {
  readonly pid: number;
  readonly tid: number;
  /** errno name, or what else kept us from it. */
  readonly why: string;
}

/** What a search found of sockets and namespaces. */
export interface Found {
  readonly sockets: HeldSockets;
  /** First task by inode of its network namespace. */
  readonly taskNamespaces: ReadonlyMap<number, NamespaceTask>;
  /** Open files of nsfs, whatever kind of namespace they are, one for each inode. */
  readonly nsfsFiles: readonly HeldDescriptor[];
  /** Descriptors of io_uring instances: sockets registered there stay open without a descriptor. */
  readonly rings: readonly HeldDescriptor[];
}

/** All tasks of the host, and the sockets and namespaces they hold. */
export interface TaskScan extends Found {
  readonly method: 'bpf' | 'proc';
  /** Inode of a socket made when the scan began; 0: not known. */
  readonly inodeAtStart: number;
  /** Why not BPF, where `auto` or `bpf` would have liked it; null: it was used, or not wanted. */
  readonly bpfRefused: string | null;
  /** Tasks whose descriptors could not be read. */
  readonly unsearched: readonly Unsearched[];
  /** Tasks whose network namespace could not be read (their /proc/PID/net often can). Kernel threads are among them for a plain user. */
  readonly unplaced: readonly Unsearched[];
  /** Why there may be processes that were not even seen (hidepid, a pid namespace of our own), in words; empty: all were seen. */
  readonly blind: readonly string[];
  /** True: every process that could hold a socket was searched. */
  readonly complete: boolean;
}

/** How a holder holds a socket: by a descriptor, or registered in an io_uring (its descriptor is then that of the ring). */
export type HeldBy = 'descriptor' | 'io_uring';

/** What holds one socket. */
export interface Holders {
  readonly by: HeldBy;
  /** Process ids, ascending. */
  readonly pids: readonly number[];
  /** One descriptor, to take the socket by (pidfd_getfd). */
  readonly first: HeldDescriptor;
}

const ROW_WORDS = 5;
const ROWS_START = 1024;
const MAYBE_SIZE = 65_536;
const MAYBE_MASK = MAYBE_SIZE - 1;

/** Sockets that tasks hold, one row a descriptor. Kept as numbers in one array: 190,000 descriptors are 4 MB. */
export class HeldSockets {
  #rows = new Uint32Array(ROWS_START * ROW_WORDS);
  #used = 0;

  /** `namespace` is the network namespace of the socket itself; 0 where it is not known (/proc does not tell). */
  add(pid: number, tid: number, fd: number, inode: number, namespace: number): void {
    if (this.#used + ROW_WORDS > this.#rows.length) {
      const larger = new Uint32Array(this.#rows.length * 2);
      larger.set(this.#rows);
      this.#rows = larger;
    }
    const rows = this.#rows;
    const at = this.#used;
    rows[at] = pid;
    rows[at + 1] = tid;
    rows[at + 2] = fd;
    rows[at + 3] = inode;
    rows[at + 4] = namespace;
    this.#used = at + ROW_WORDS;
  }

  /** Descriptors found. */
  get count(): number {
    return this.#used / ROW_WORDS;
  }

  #at(row: number): HeldDescriptor {
    const [pid = 0, tid = 0, fd = 0, inode = 0] = this.#rows.subarray(row, row + 4);
    return { pid, tid, fd, inode };
  }

  /** Holders of the wanted sockets, by inode. One pass, whatever is wanted. A wanted socket that nobody holds has no entry. */
  holders(wanted: ReadonlySet<number>): ReadonlyMap<number, Holders> {
    const found = new Map<number, { by: HeldBy; pids: number[]; first: HeldDescriptor }>();
    // Most rows are of other sockets: a table of the lower bits passes them by without asking the set.
    const maybe = new Uint8Array(MAYBE_SIZE);
    for (const inode of wanted) maybe[inode & MAYBE_MASK] = 1;
    const rows = this.#rows;
    const used = this.#used;
    for (let row = 0; row < used; row += ROW_WORDS) {
      const inode = rows[row + 3] ?? 0;
      if (maybe[inode & MAYBE_MASK] === 0 || !wanted.has(inode)) continue;
      const pid = rows[row] ?? 0;
      const known = found.get(inode);
      if (known === undefined) found.set(inode, { by: 'descriptor', pids: [pid], first: this.#at(row) });
      else if (!known.pids.includes(pid)) known.pids.push(pid);
    }
    for (const { pids } of found.values()) pids.sort((a, b) => a - b);
    return found;
  }

  /** One held socket for each network namespace of a socket, where the kernel told it (BPF); empty after a walk over /proc. */
  byNamespace(): ReadonlyMap<number, HeldDescriptor> {
    const found = new Map<number, HeldDescriptor>();
    let last = 0;
    for (let row = 0; row < this.#used; row += ROW_WORDS) {
      const namespace = this.#rows[row + 4] ?? 0;
      if (namespace === 0 || namespace === last) continue;
      last = namespace;
      if (!found.has(namespace)) found.set(namespace, this.#at(row));
    }
    return found;
  }

  /** Held sockets, each once, whose inode is none of `shown`; at most `limit`. Used where `byNamespace` knows nothing. */
  unshown(shown: ReadonlySet<number>, limit: number): readonly HeldDescriptor[] {
    const found = new Map<number, HeldDescriptor>();
    for (let row = 0; row < this.#used && found.size < limit; row += ROW_WORDS) {
      const inode = this.#rows[row + 3] ?? 0;
      if (!shown.has(inode) && !found.has(inode)) found.set(inode, this.#at(row));
    }
    return [...found.values()];
  }
}

/** Takes what a search meets. */
export class Findings {
  readonly sockets = new HeldSockets();
  readonly rings: HeldDescriptor[] = [];
  readonly #namespaces = new Map<number, NamespaceTask>();
  readonly #nsfs = new Map<number, HeldDescriptor>();

  /** A task lives in a network namespace; the one with the lowest thread id stands for it. */
  locate(inode: number, pid: number, tid: number): void {
    const known = this.#namespaces.get(inode);
    if (known === undefined || tid < known.tid) this.#namespaces.set(inode, { pid, tid });
  }

  /** A file of nsfs is open; the first descriptor stands for it. */
  keepOpen(held: HeldDescriptor): void {
    if (!this.#nsfs.has(held.inode)) this.#nsfs.set(held.inode, held);
  }

  found(): Found {
    const { sockets, rings } = this;
    return { sockets, rings, taskNamespaces: this.#namespaces, nsfsFiles: [...this.#nsfs.values()] };
  }
}
