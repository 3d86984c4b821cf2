/**
 * Tasks and their descriptors as /proc shows them, by system calls on buffers: a link is read and judged without making a string, so that a
 * walk over 100,000 descriptors costs little more than the kernel's own work.
 */
import { addressOf, syscall } from './syscall.js';

const O_DIRECTORY_CLOEXEC = process.arch === 'arm64' ? 0o2040000 : 0o2200000;
const AT_FDCWD = -100;
const DIRENT_NAME = 19;
const LETTER_S = 0x73;
const COLON = 0x3a;
const RING_LINK = Buffer.from('anon_inode:[io_uring]');
const KCMP_FILES = 2;
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const AT_EMPTY_PATH = 0x1000;
const ESRCH = 3;
const ENOENT = 2;
const E2BIG = 7;
const EACCES = 13;
const EPERM = 1;

/** PID_MAX_LIMIT of linux/threads.h. */
const PIDS_MAX = 4_194_304;
/** fs.nr_open's own limit on 64 bits is far above; no table is larger in practice. */
export const DESCRIPTORS_MAX = 1 << 30;

const DIRENT_BYTES = 131_072;
/** What a link is judged by; longer ones are paths. */
const LINK_BYTES = 256;
/** struct stat is 144 bytes on x86-64 and 128 on arm64. */
const STAT_BYTES = 256;
const PATH_BYTES = 128;

/** What a descriptor leads to, as far as owners care; a `ring` is an io_uring, which may hold sockets of its own. */
export type DescriptorKind = 'socket' | 'namespace' | 'ring';

/** Takes one descriptor that is a socket, a namespace or a ring; `inode` is 0 for a ring. */
export type TakeDescriptor = (kind: DescriptorKind, fd: number, inode: number) => void;

/** Questions about tasks that a walk asks; a number below zero is minus the errno. */
export interface TaskFiles {
  /** Process ids, ascending. */
  processes(): readonly number[] | number;
  /** Ids of the threads besides the leader, ascending; none where the process is gone or hidden. */
  threads(pid: number): readonly number[];
  /** Inode of a task's network namespace; -1 also for a link not understood. */
  netNamespace(pid: number, tid: number): number;
  /** Whether two tasks share a descriptor table; null: not known. */
  sameTable(one: number, other: number): boolean | null;
  /** Inode of a socket that is made now and closed again: what has a much lower one is older. 0: not known. */
  inodeNow(): number;
  /** Descriptors of a process, without looking at them; 0 where that is not told (before Linux 6.2) or not allowed. */
  openFiles(pid: number): number;
  /**
   * Calls `take` for each socket and namespace in the table of a task. The number of descriptors that were looked at (0 where the task
   * ended meanwhile); E2BIG for a table larger than `limit`; EACCES also where the folder could be listed but no link in it read.
   */
  descriptors(pid: number, tid: number, limit: number, take: TakeDescriptor): number;
}

/** `socket:[` and `net:[`… end in `]`; the number between them, or -1. */
function bracketed(bytes: Buffer, from: number, length: number): number {
  if (bytes[length - 1] !== 0x5d) return -1;
  let value = 0;
  for (let i = from; i < length - 1; i++) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Takes an entry of a folder whose name is a number; true: enough, read no further. */
type TakeNumber = (value: number, folder: number, nameAt: number) => boolean;

/** Links to what can never be a namespace, and that many processes hold; all others with a path are asked for their device. */
function isCommonDevice(bytes: Buffer, length: number): boolean {
  const start = length < 9 ? '' : bytes.toString('latin1', 0, 9);
  return length === 9 ? start === '/dev/null' : start === '/dev/pts/';
}

/** Reads /proc. Not for two walks at once: its buffers are its own. */
export class ProcTasks implements TaskFiles {
  readonly #entries = Buffer.alloc(DIRENT_BYTES);
  readonly #link = Buffer.alloc(LINK_BYTES);
  readonly #stat = Buffer.alloc(STAT_BYTES);
  readonly #path = Buffer.alloc(PATH_BYTES);
  readonly #entriesAt = addressOf(this.#entries);
  readonly #linkAt = addressOf(this.#link);
  readonly #statAt = addressOf(this.#stat);
  readonly #pathAt = addressOf(this.#path);
  readonly #nsfsDevice: bigint | null;

  constructor() {
    this.#nsfsDevice =
      this.#statPath(AT_FDCWD, this.#cstring('/proc/self/ns/net')) === 0 ? this.#stat.readBigUInt64LE(0) : null;
  }

  #cstring(text: string): number {
    this.#path[this.#path.write(text, 0, PATH_BYTES - 1, 'latin1')] = 0;
    return this.#pathAt;
  }

  #statPath(folder: number, nameAt: number): number {
    return syscall('newfstatat', folder, nameAt, this.#statAt, 0);
  }

  inodeNow(): number {
    const socket = syscall('socket', AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
    if (socket < 0) return 0;
    const told = syscall('newfstatat', socket, this.#cstring(''), this.#statAt, AT_EMPTY_PATH) === 0;
    syscall('close', socket);
    return told ? this.#stat.readUInt32LE(8) : 0;
  }

  /** The size of an fd folder, since Linux 6.2 (`st_size` lies at the same place on both machines). */
  openFiles(pid: number): number {
    return this.#statPath(AT_FDCWD, this.#cstring(`/proc/${pid}/fd`)) === 0 ? this.#stat.readUInt32LE(48) : 0;
  }

  /** Calls `take` for each entry whose name is a number, at most `limit`. 0, or minus the errno (E2BIG: there are more). */
  #numbers(path: string, limit: number, take: TakeNumber): number {
    let taken = 0;
    const folder = syscall('openat', AT_FDCWD, this.#cstring(path), O_DIRECTORY_CLOEXEC, 0);
    if (folder < 0) return folder;
    try {
      for (;;) {
        const bytes = syscall('getdents64', folder, this.#entriesAt, DIRENT_BYTES);
        if (bytes <= 0) return bytes;
        for (let at = 0; at < bytes; at += this.#entries.readUInt16LE(at + 16)) {
          const value = this.#decimal(at + DIRENT_NAME);
          if (value < 0) continue;
          if (taken++ >= limit) return -E2BIG;
          if (take(value, folder, this.#entriesAt + at + DIRENT_NAME)) return 0;
        }
      }
    } finally {
      syscall('close', folder);
    }
  }

  /** The number that a zero-terminated name is, or -1. */
  #decimal(from: number): number {
    let value = 0;
    for (let i = from; ; i++) {
      const byte = this.#entries[i] ?? 0;
      if (byte === 0) return i === from ? -1 : value;
      if (byte < 0x30 || byte > 0x39) return -1;
      value = value * 10 + byte - 0x30;
    }
  }

  processes(): readonly number[] | number {
    const pids: number[] = [];
    const status = this.#numbers('/proc', PIDS_MAX, (pid) => pids.push(pid) < 0);
    return status < 0 ? status : pids.sort((a, b) => a - b);
  }

  /** Asks the number of links first: most processes have one thread. */
  threads(pid: number): readonly number[] {
    if (this.#statPath(AT_FDCWD, this.#cstring(`/proc/${pid}/task`)) !== 0) return [];
    const links = process.arch === 'arm64' ? this.#stat.readUInt32LE(20) : this.#stat.readUInt32LE(16);
    if (links <= 3) return [];
    const tids: number[] = [];
    this.#numbers(`/proc/${pid}/task`, PIDS_MAX, (tid) => tid !== pid && tids.push(tid) < 0);
    return tids.sort((a, b) => a - b);
  }

  netNamespace(pid: number, tid: number): number {
    const path = pid === tid ? `/proc/${pid}/ns/net` : `/proc/${pid}/task/${tid}/ns/net`;
    const length = syscall('readlinkat', AT_FDCWD, this.#cstring(path), this.#linkAt, LINK_BYTES);
    return length < 0 ? length : bracketed(this.#link, 5, length);
  }

  /** By kcmp(2). A thread that has ended shares in the sense that nothing is left to look at. */
  sameTable(one: number, other: number): boolean | null {
    const order = syscall('kcmp', one, other, KCMP_FILES, 0, 0);
    if (order >= 0) return order === 0;
    return order === -ESRCH ? true : null;
  }

  descriptors(pid: number, tid: number, limit: number, take: TakeDescriptor): number {
    const path = pid === tid ? `/proc/${pid}/fd` : `/proc/${pid}/task/${tid}/fd`;
    let seen = 0;
    let denied = 0;
    const status = this.#numbers(path, limit, (fd, folder, nameAt) => {
      seen++;
      const length = syscall('readlinkat', folder, nameAt, this.#linkAt, LINK_BYTES);
      if (length === -EACCES || length === -EPERM) denied = length;
      if (length < 5) return denied < 0;
      if (this.#link[0] === LETTER_S && this.#link[6] === COLON) {
        const inode = bracketed(this.#link, 'socket:['.length, length);
        if (inode >= 0) take('socket', fd, inode);
      } else if (length === RING_LINK.length && this.#link.compare(RING_LINK, 0, length, 0, length) === 0) {
        take('ring', fd, 0);
      } else if (this.#mayBeNamespace(length) && this.#statPath(folder, nameAt) === 0) {
        if (this.#stat.readBigUInt64LE(0) === this.#nsfsDevice)
          take('namespace', fd, Number(this.#stat.readBigUInt64LE(8)));
      }
      return false;
    });
    if (status === -ENOENT || status === -ESRCH) return 0;
    if (status === 0 && denied < 0) return denied;
    return status < 0 ? status : seen;
  }

  /** A namespace's link is `net:[…]`, or any path where it was opened by the name of a mount. */
  #mayBeNamespace(length: number): boolean {
    if (this.#link[0] === 0x2f) return !isCommonDevice(this.#link, length);
    const colon = this.#link.indexOf(0x3a);
    return (
      colon > 0 &&
      colon < 18 &&
      colon + 1 < length &&
      this.#link[colon + 1] === 0x5b &&
      this.#link[length - 1] === 0x5d &&
      !this.#isPipe()
    );
  }

  #isPipe(): boolean {
    return this.#link[0] === 0x70 && this.#link[1] === 0x69 && this.#link[2] === 0x70 && this.#link[3] === 0x65;
  }
}
