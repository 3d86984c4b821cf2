import type { TakeDescriptor, TaskFiles } from '../../linux/proc-tasks.js';
import type { Host, Look } from '../host.js';
import { errnoNumber } from './errno.js';

const DECIMAL = /^[0-9]{1,10}$/;
const LINK = /^(socket|net|mnt|pid|user|ipc|uts|cgroup|time):\[([0-9]{1,20})\]$/;

const numbers = (names: Look<readonly string[]>): readonly number[] =>
  names.ok
    ? names.value
        .filter((name) => DECIMAL.test(name))
        .map(Number)
        .sort((a, b) => a - b)
    : [];

/** The same questions as `ProcTasks`, asked of files only: a recorded host, or one whose kernel cannot be called from here. */
export class RecordedTasks implements TaskFiles {
  readonly #host: Host;
  constructor(host: Host) {
    this.#host = host;
  }

  processes(): readonly number[] | number {
    const names = this.#host.sync.list('/proc');
    return names.ok ? numbers(names) : -errnoNumber(names.code);
  }

  threads(pid: number): readonly number[] {
    return numbers(this.#host.sync.list(`/proc/${pid}/task`)).filter((tid) => tid !== pid);
  }

  netNamespace(pid: number, tid: number): number {
    const path = pid === tid ? `/proc/${pid}/ns/net` : `/proc/${pid}/task/${tid}/ns/net`;
    const link = this.#host.sync.readLink(path);
    if (!link.ok) return -errnoNumber(link.code);
    const match = LINK.exec(link.value);
    return match?.[1] === 'net' ? Number(match[2]) : -1;
  }

  inodeNow(): number {
    return 0;
  }

  openFiles(): number {
    return 0;
  }

  sameTable(): null {
    return null;
  }

  descriptors(pid: number, tid: number, limit: number, take: TakeDescriptor): number {
    const folder = pid === tid ? `/proc/${pid}/fd` : `/proc/${pid}/task/${tid}/fd`;
    const names = this.#host.sync.list(folder);
    if (!names.ok) return names.code === 'ENOENT' || names.code === 'ESRCH' ? 0 : -errnoNumber(names.code);
    if (names.value.length > limit) return -errnoNumber('E2BIG');
    for (const fd of numbers(names)) {
      const link = this.#host.sync.readLink(`${folder}/${fd}`);
      if (!link.ok && link.code === 'EACCES') return -errnoNumber(link.code);
      const match = link.ok ? LINK.exec(link.value) : null;
      if (link.ok && link.value === 'anon_inode:[io_uring]') take('ring', fd, 0);
      if (match) take(match[1] === 'socket' ? 'socket' : 'namespace', fd, Number(match[2]));
    }
    return names.value.length;
  }
}
