import { koffi } from './koffi.js';

/** System calls by number (arch/x86/entry/syscalls/syscall_64.tbl; include/uapi/asm-generic/unistd.h for arm64). */
const NUMBERS = {
  x64: {
    bpf: 321,
    mmap: 9,
    kcmp: 312,
    pidfd_open: 434,
    pidfd_getfd: 438,
    openat: 257,
    openat2: 437,
    close: 3,
    getdents64: 217,
    readlinkat: 267,
    newfstatat: 262,
    read: 0,
    socket: 41,
    sendto: 44,
    recvfrom: 45,
    connect: 42,
    getsockname: 51,
    setns: 308,
    ioctl: 16,
    setsockopt: 54,
    getsockopt: 55,
    getxattr: 191,
    bind: 49,
    prctl: 157,
    wait4: 61,
    setitimer: 38,
  },
  arm64: {
    bpf: 280,
    mmap: 222,
    kcmp: 272,
    pidfd_open: 434,
    pidfd_getfd: 438,
    openat: 56,
    openat2: 437,
    close: 57,
    getdents64: 61,
    readlinkat: 78,
    newfstatat: 79,
    read: 63,
    socket: 198,
    sendto: 206,
    recvfrom: 207,
    connect: 203,
    getsockname: 204,
    setns: 268,
    ioctl: 29,
    setsockopt: 208,
    getsockopt: 209,
    getxattr: 8,
    bind: 200,
    prctl: 167,
    wait4: 260,
    setitimer: 103,
  },
} as const;

type Name = keyof (typeof NUMBERS)['x64'];

type Raw = (
  number: number,
  a: number | bigint,
  b: number | bigint,
  c: number | bigint,
  d: number | bigint,
  e: number | bigint,
  f: number | bigint,
) => number;

const ENOSYS = 38;

let raw: Raw | null = null;

/**
 * Calls the kernel without libc between: its result, or minus the errno (-38, ENOSYS, on a machine whose numbers are not known).
 * Arguments that point to memory are made by `addressOf`, whose buffer the caller keeps alive.
 */
export function syscall(
  name: Name,
  a: number | bigint = 0,
  b: number | bigint = 0,
  c: number | bigint = 0,
  d: number | bigint = 0,
  e: number | bigint = 0,
  f: number | bigint = 0,
): number {
  const numbers = process.arch === 'x64' || process.arch === 'arm64' ? NUMBERS[process.arch] : null;
  if (process.platform !== 'linux' || numbers === null) return -ENOSYS;
  raw ??= koffi()
    .load(null)
    .func('syscall', 'long', ['long', 'int64', 'int64', 'int64', 'int64', 'int64', 'int64']) as Raw;
  const value = raw(numbers[name], a, b, c, d, e, f);
  return value < 0 ? -koffi().errno() : value;
}

/** Address of a buffer's first byte. The buffer must outlive the call that uses it and be larger than 64 bytes (V8 moves small ones). */
export function addressOf(buffer: Buffer): number {
  return Number(koffi().address(buffer));
}

/** Memory that the kernel mapped (mmap(2)), as a buffer. It is never unmapped: nothing may follow a pointer into a hole. */
export function mappedMemory(address: number, length: number): Buffer {
  return Buffer.from(koffi().view(BigInt(address), length));
}
