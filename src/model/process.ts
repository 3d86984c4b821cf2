/** State of the file that a process runs from. */
export type ExeState = 'present' | 'replaced' | 'deleted' | 'memfd' | 'unreadable';

/** A process that holds a listening socket, or an ancestor of one. */
export interface Process {
  readonly pid: number;
  /** Parent; null for pid 1, kernel threads, or when not seen. */
  readonly ppid: number | null;
  /** `comm`: up to 15 bytes of anything; bytes that are no UTF-8 stand as `\xNN`. Never proof of anything. */
  readonly name: string;
  /** Path of the executable inside the process's own root; null where it could not be read (and `exeState` is `unreadable`) or there is none. */
  readonly exe: string | null;
  readonly exeState: ExeState;
  /** The file itself, read through /proc/PID/root; null: not looked at. */
  readonly exeFile: ExeFile | null;
  /** Arguments with secrets redacted, at most 64 of at most 1,024 characters each. */
  readonly args: readonly string[];
  /** True: arguments were cut. */
  readonly argsTruncated?: boolean;
  readonly uid: number | null;
  /** User name from the host's passwd; the number as text where there is none; null: not seen. */
  readonly user: string | null;
  /** Start time in clock ticks after boot (proc_pid_stat(5) field 22), decimal. */
  readonly startTicks: string | null;
  /** cgroup v2 path, or the name=systemd path of v1; null: not seen. */
  readonly cgroup: string | null;
  /** Every line of /proc/PID/cgroup (for container detection), at most 16. */
  readonly cgroups?: readonly string[];
  /** systemd unit that the cgroup path names; null: none. */
  readonly unit: string | null;
  /** Parents that started it, nearest first, at most 16. */
  readonly ancestors: readonly { readonly pid: number; readonly name: string }[];
  /** Namespaces by inode; null: not readable. */
  readonly namespaces: {
    readonly net: number | null;
    readonly pid: number | null;
    readonly mnt: number | null;
    readonly user: number | null;
  };
  /** True: its root is not the host's (chroot or mount namespace of its own). */
  readonly ownRoot: boolean;
  /** True: it has narrowed its root since it was started, and `exe` is a path of the host's root; absent: `exe` is a path of its own root. */
  readonly exeOutside?: boolean;
  /** Effective capabilities, hex as in /proc/PID/status; null: not seen. */
  readonly capEff: string | null;
  /** 0 off, 1 strict, 2 filter; null: not seen. */
  readonly seccomp: number | null;
  readonly noNewPrivs: boolean | null;
  /** True: a kernel thread (no executable, parent is kthreadd). */
  readonly kernelThread: boolean;
  /** Working directory; null: not seen. A relative script is looked for there. */
  readonly cwd: string | null;
  /** Environment variables that identity needs and that hold no secret (LISTEN_FDS, LISTEN_PID, PWD, …), by name. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Facts of the executable file. */
export interface ExeFile {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly device: string;
  readonly inode: string;
  /** True: a folder on its way is writable by everybody without the sticky bit, so anybody could replace it. */
  readonly pathWritable: boolean;
}
