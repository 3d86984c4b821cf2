import {
  FILE_ROW_WORDS,
  filesProgram,
  ITERATOR_FUNCTIONS,
  type IteratorProgram,
  NSFS_ROW,
  openIterator,
  RING_ROW,
  TASK_ROW_WORDS,
  tasksProgram,
} from '../../linux/bpf.js';
import { Btf, KERNEL_TYPES, readKernelTypes } from '../../linux/btf.js';
import { errnoName } from '../../linux/errno.js';
import { addressOf, syscall } from '../../linux/syscall.js';
import { Findings } from './scan.js';

/** What the iterators found. */
export interface Iterated {
  readonly findings: Findings;
  /** Processes that were met: a kernel may keep some to itself. */
  readonly processes: ReadonlySet<number>;
}

/** seq_file's own buffer for an iterator is 32 KiB (bpf_iter.c), so a read never brings more. */
const READ_BYTES = 32_768;
const EAGAIN = 11;
const EINTR = 4;
/** The kernel gives EAGAIN after a million objects without output; a host with more descriptors than this is not believed. */
const AGAIN_MAX = 10_000;

/** Runs both iterators. A string says why it cannot be done here. */
export function iterateTasks(): Iterated | string {
  const types = readKernelTypes();
  if (typeof types === 'number') return `${errnoName(-types)}: ${KERNEL_TYPES}`;
  const btf = Btf.parse(types, ITERATOR_FUNCTIONS);
  if (btf === null) return 'BTF of this kernel not understood';
  const files = filesProgram(btf);
  const tasks = tasksProgram(btf);
  if (files === null || tasks === null) return 'this kernel has no iterators over tasks and files';
  const findings = new Findings();
  const { sockets, rings } = findings;
  const filesRefused = readRows(files, FILE_ROW_WORDS, (words, at) => {
    const pid = words[at] ?? 0;
    const tid = words[at + 1] ?? 0;
    const fd = words[at + 2] ?? 0;
    const inode = words[at + 3] ?? 0;
    const namespace = words[at + 4] ?? 0;
    if (namespace === RING_ROW) rings.push({ pid, tid, fd, inode: 0 });
    else if (namespace === NSFS_ROW) findings.keepOpen({ pid, tid, fd, inode });
    else sockets.add(pid, tid, fd, inode, namespace);
  });
  if (filesRefused !== null) return filesRefused;
  const processes = new Set<number>();
  const tasksRefused = readRows(tasks, TASK_ROW_WORDS, (words, at) => {
    const pid = words[at] ?? 0;
    processes.add(pid);
    findings.locate(words[at + 2] ?? 0, pid, words[at + 1] ?? 0);
  });
  return tasksRefused ?? { findings, processes };
}

/** Reads an iterator to its end as a stream of rows of 32-bit words. null: done; else what the kernel refused. */
function readRows(
  program: IteratorProgram,
  rowWords: number,
  take: (words: Uint32Array, at: number) => void,
): string | null {
  const opened = openIterator(program);
  if (!opened.ok) return `bpf: ${opened.what}: ${errnoName(opened.errno)}`;
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES + rowWords * 4);
  const words = new Uint32Array(buffer.buffer, 0, buffer.length >> 2);
  const start = addressOf(buffer);
  let kept = 0;
  let again = 0;
  try {
    for (;;) {
      const bytes = syscall('read', opened.fd, start + kept, READ_BYTES);
      if (bytes === 0) return null;
      if ((bytes === -EAGAIN || bytes === -EINTR) && again++ < AGAIN_MAX) continue;
      if (bytes < 0) return `bpf: read ${program.name}: ${errnoName(-bytes)}`;
      const whole = Math.floor((kept + bytes) / program.rowBytes) * rowWords;
      for (let at = 0; at < whole; at += rowWords) take(words, at);
      buffer.copyWithin(0, whole * 4, kept + bytes);
      kept = kept + bytes - whole * 4;
    }
  } finally {
    syscall('close', opened.fd);
  }
}
