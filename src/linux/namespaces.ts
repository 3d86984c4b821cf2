import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { errnoName } from './errno.js';
import { syscall } from './syscall.js';

const CLONE_NEWNET = 0x4000_0000;
/** `_IO(0x89, 0xC)`, linux/sockios.h: gives a descriptor of the socket's network namespace. */
const SIOCGSKNS = 0x894c;
const PIDFD_THREAD = constants.O_EXCL;

/** Something the kernel gave or refused; `why` begins with the errno name. */
export type Granted<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

const refusedBy = (status: number, what: string): { ok: false; why: string } => ({
  ok: false,
  why: `${errnoName(-status)}: ${what}`,
});

/** A descriptor of the namespace at a path (`/proc/PID/ns/net`, a mount, `/proc/PID/fd/FD`). The caller closes it. */
export function openNamespace(path: string): Granted<number> {
  try {
    return { ok: true, value: openSync(path, constants.O_RDONLY) };
  } catch (error) {
    return { ok: false, why: error instanceof Error && 'code' in error ? `${error.code}: ${path}` : String(error) };
  }
}

/**
 * Calls `inside` while this thread stands in the network namespace of `descriptor`. It must do nothing but socket(2): whatever is started
 * or awaited there would stay in the foreign namespace. If the way back fails the program ends at once, because everything it read from
 * then on would be another host's.
 */
export function withNamespace<T>(descriptor: number, inside: () => T): Granted<T> {
  const home = openNamespace('/proc/thread-self/ns/net');
  if (!home.ok) return home;
  try {
    const entered = syscall('setns', descriptor, CLONE_NEWNET);
    if (entered !== 0) return refusedBy(entered, 'setns');
    try {
      return { ok: true, value: inside() };
    } finally {
      if (syscall('setns', home.value, CLONE_NEWNET) !== 0) process.abort();
    }
  } finally {
    closeSync(home.value);
  }
}

/** A descriptor and the inode of the network namespace that a socket of another task belongs to. The caller closes it. */
export function namespaceOfSocket(tid: number, fd: number): Granted<{ descriptor: number; inode: number }> {
  let pidfd = syscall('pidfd_open', tid, 0);
  // A thread that is no leader needs PIDFD_THREAD (Linux 6.9).
  if (pidfd < 0) pidfd = syscall('pidfd_open', tid, PIDFD_THREAD);
  if (pidfd < 0) return refusedBy(pidfd, `pidfd_open ${tid}`);
  try {
    const socket = syscall('pidfd_getfd', pidfd, fd, 0);
    if (socket < 0) return refusedBy(socket, `pidfd_getfd ${tid} ${fd}`);
    try {
      const descriptor = syscall('ioctl', socket, SIOCGSKNS);
      if (descriptor < 0) return refusedBy(descriptor, 'SIOCGSKNS');
      return { ok: true, value: { descriptor, inode: fstatSync(descriptor).ino } };
    } finally {
      syscall('close', socket);
    }
  } finally {
    syscall('close', pidfd);
  }
}

/** `_IO(0xb7, 0x3)`, linux/nsfs.h: the CLONE_… flag of the namespace's kind. */
const NS_GET_NSTYPE = 0xb703;

/** Whether the file at the path is a network namespace. False also where it cannot be opened. */
export function isNetworkNamespace(path: string): boolean {
  const opened = openNamespace(path);
  if (!opened.ok) return false;
  try {
    return syscall('ioctl', opened.value, NS_GET_NSTYPE) === CLONE_NEWNET;
  } finally {
    closeSync(opened.value);
  }
}

/** Inode of the namespace (or file) that a descriptor leads to. */
export const inodeOf = (descriptor: number): number => fstatSync(descriptor).ino;

export function closeDescriptor(descriptor: number): void {
  closeSync(descriptor);
}
