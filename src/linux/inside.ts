import { closeSync, constants, fstatSync, openSync, readlinkSync, type Stats } from 'node:fs';
import { errnoName } from './errno.js';
import { addressOf, syscall } from './syscall.js';

/** Linux's flag for a descriptor that only names a file: no device wakes, no FIFO gets a reader (open(2)). Node has no name for it. */
export const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
/** linux/openat2.h: links and `..` stay below the folder the walk starts from; links that are no text (/proc/PID/fd/3) are refused. */
const RESOLVE_IN_ROOT = 0x10;
const RESOLVE_NO_MAGICLINKS = 0x02;
/** `struct open_how`: flags, mode, resolve; 64 bits each. */
const OPEN_HOW_BYTES = 24;
/** V8 moves smaller buffers. */
const STABLE_BYTES = 128;
/** A rename on the way makes openat2 give up; a few tries pass between two of them. */
const TRIES_MAX = 8;
/** As many as the kernel follows (path_resolution(7)). */
const LINKS_MAX = 40;

/** A path below the root of a process, which that process, not the host, may fill with links: `/proc/PID/root` and what follows it. */
const BELOW_ROOT = /^(\/proc\/\d+\/root)\/(.+)$/s;

const fault = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code });

/** openat2(2), which resolves all of a path in one step, so that nothing can be exchanged meanwhile. null: this kernel has or allows none. */
function openAtOnce(root: number, rest: string, flags: number, path: string): number | null {
  const name = Buffer.allocUnsafeSlow(Math.max(STABLE_BYTES, Buffer.byteLength(rest) + 1)).fill(0);
  name.write(rest);
  const how = Buffer.allocUnsafeSlow(STABLE_BYTES).fill(0);
  how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0);
  how.writeBigUInt64LE(BigInt(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), 16);
  for (let tries = 1; ; tries++) {
    const status = syscall('openat2', root, addressOf(name), addressOf(how), OPEN_HOW_BYTES);
    if (status >= 0) return status;
    const code = errnoName(-status);
    if (code === 'EAGAIN' && tries < TRIES_MAX) continue;
    if (code === 'ENOSYS' || code === 'EPERM') return null;
    throw fault(code, path);
  }
}

/** A user for whom something is looked at, who must be allowed it himself. */
export interface Reader {
  readonly uid: number;
  readonly groups: ReadonlySet<number>;
}

const READ = 4;
const SEARCH = 1;

/** Whether the mode lets this user (path_resolution(7): one of owner, group, others is asked). Access control lists are not. */
function lets(reader: Reader, { mode, uid, gid }: Stats, wanted: number): boolean {
  const bits = uid === reader.uid ? mode >> 6 : reader.groups.has(gid) ? mode >> 3 : mode;
  return (bits & wanted) === wanted;
}

/** Step by step, each from the folder that was opened before, never through a link: for kernels before 5.6 and filters of system calls. */
function openStepwise(
  root: number,
  rest: string,
  followLast: boolean,
  path: string,
  reader: Reader | null = null,
): number {
  const folders: number[] = [];
  const top = (): number => folders.at(-1) ?? root;
  const leave = (count: number): void => {
    for (const fd of folders.splice(folders.length - count)) closeSync(fd);
  };
  let todo = rest.split('/').filter((name) => name !== '' && name !== '.');
  try {
    for (let links = 0; todo.length > 0; ) {
      const [name = '', ...more] = todo;
      todo = more;
      if (name === '..') {
        leave(Math.min(1, folders.length));
        continue;
      }
      if (reader !== null && !lets(reader, fstatSync(top()), SEARCH)) throw fault('EACCES', path);
      const step = `/proc/self/fd/${top()}/${name}`;
      const fd = openSync(step, O_PATH | constants.O_NOFOLLOW);
      if (!fstatSync(fd).isSymbolicLink() || (todo.length === 0 && !followLast)) {
        folders.push(fd);
        continue;
      }
      closeSync(fd);
      if (++links > LINKS_MAX) throw fault('ELOOP', path);
      const target = readlinkSync(step);
      if (target.startsWith('/')) leave(folders.length);
      todo = [...target.split('/').filter((part) => part !== '' && part !== '.'), ...todo];
    }
    return folders.pop() ?? openSync(`/proc/self/fd/${root}`, O_PATH);
  } finally {
    leave(folders.length);
  }
}

/** True for a path whose links lead astray where the kernel follows them for us: an absolute one would end at the host's files. */
export const isBelowRoot = (path: string): boolean => BELOW_ROOT.test(path);

/**
 * A descriptor that names the file at a path below a process's root; its links are followed inside that root, and whatever is exchanged for
 * a link meanwhile leads nowhere else. The caller closes it.
 * @param stepwise for tests: as on a kernel without openat2.
 * @throws what `openSync` throws.
 */
export function openInside(path: string, followLast: boolean, stepwise = false): number {
  const [, prefix = '', rest = ''] = BELOW_ROOT.exec(path) ?? [];
  const root = openSync(prefix, O_PATH | constants.O_DIRECTORY);
  try {
    const flags = O_PATH | (followLast ? 0 : constants.O_NOFOLLOW);
    const atOnce = stepwise ? null : openAtOnce(root, rest, flags, path);
    return atOnce ?? openStepwise(root, rest, followLast, path);
  } finally {
    closeSync(root);
  }
}

/**
 * A descriptor that names the file at a path, below a process's root or not, where `reader` may read it: each folder on the way and the file
 * itself are judged as they are opened. The caller closes it.
 * @throws what `openSync` throws; `EACCES` where the reader may not.
 */
export function openFor(reader: Reader, path: string): number {
  const [, prefix = '/', rest = path] = BELOW_ROOT.exec(path) ?? [];
  const root = openSync(prefix, O_PATH | constants.O_DIRECTORY);
  let fd: number | null = null;
  try {
    fd = openStepwise(root, rest, true, path, reader);
    if (!lets(reader, fstatSync(fd), READ)) throw fault('EACCES', path);
    const named = fd;
    fd = null;
    return named;
  } finally {
    if (fd !== null) closeSync(fd);
    closeSync(root);
  }
}

/** What a link below a process's root says. @throws what `readlinkSync` throws. */
export function readLinkInside(path: string): Buffer {
  const slash = path.lastIndexOf('/');
  const folder = path.slice(0, slash);
  const fd = isBelowRoot(folder) ? openInside(folder, true) : openSync(folder, O_PATH | constants.O_DIRECTORY);
  try {
    return readlinkSync(`/proc/self/fd/${fd}/${path.slice(slash + 1)}`, { encoding: 'buffer' });
  } finally {
    closeSync(fd);
  }
}
