/**
 * BPF iterators (Documentation/bpf/bpf_iterators.rst), by bpf(2): programs that the kernel runs once for each task or each open file, and
 * whose output is read from a descriptor. The instructions are put together here, for the types of the running kernel.
 *
 * This file, and it alone, is offered under "MIT OR GPL-2.0-only" besides the licence of the project: the kernel lends
 * `bpf_seq_write` only to programs whose licence string is compatible with the GPL (docs/adr/0002-bpf-licence.md).
 * SPDX-License-Identifier: Apache-2.0 OR MIT OR GPL-2.0-only
 */
import type { Btf } from './btf.js';
import { addressOf, syscall } from './syscall.js';

const LICENSE = 'Dual MIT/GPL';

/** Commands of bpf(2), enum bpf_cmd in linux/bpf.h. */
const PROG_LOAD = 5;
const LINK_CREATE = 28;
const ITER_CREATE = 33;
const PROG_TYPE_TRACING = 26;
const TRACE_ITER = 28;
/** Large enough for `union bpf_attr` as far as these commands use it; the rest stays zero. */
const ATTR_BYTES = 128;
const LOG_BYTES = 65_536;
const EAGAIN = 11;
const ATTEMPTS_MAX = 20;
/** Too large for V8 to keep in its own heap, where buffers move. */
const SMALL_BYTES = 128;

/** Helpers, enum bpf_func_id. */
const HELPER = { seqWrite: 127, sockFromFile: 162 };

/** A TCP connection that stands: `sk_state` (net/tcp_states.h) says the same of a connected UDP socket, so the protocol (linux/in.h) is asked too. */
const TCP_ESTABLISHED = 1;
const IPPROTO_TCP = 6;
const AF_INET = 2;
const AF_INET6 = 10;

/** linux/magic.h */
const SOCKFS_MAGIC = 0x534f434b;
const NSFS_MAGIC = 0x6e736673;
const ANON_INODE_FS_MAGIC = 0x09041934;
/** The first four bytes of `[io_uring]`, the name of such a file's dentry, kept inside the dentry; and the next four. */
const RING_NAME = [0x5f6f695b, 0x6e697275] as const;

/** The functions whose parameters are an iterator's context. */
export const ITERATORS = { files: 'bpf_iter_task_file', tasks: 'bpf_iter_task' };

/** Functions that `Btf.parse` must look for. */
export const ITERATOR_FUNCTIONS: readonly string[] = [ITERATORS.files, ITERATORS.tasks, 'sock_from_file'];

/** A step of bpf(2) that the kernel refused. */
export interface BpfRefused {
  readonly ok: false;
  /** What was tried: `load bpf_iter_task_file`. */
  readonly what: string;
  readonly errno: number;
  /** Last line of the verifier's log, where it spoke. */
  readonly log: string;
}

export type BpfResult = { readonly ok: true; readonly fd: number } | BpfRefused;

type Width = 1 | 2 | 4 | 8;

/** BPF_LDX | BPF_MEM with the size of the load (linux/bpf_common.h). */
const LOAD = { 1: 0x71, 2: 0x69, 4: 0x61, 8: 0x79 } as const;

/** Puts instructions together (`struct bpf_insn`: opcode, registers, offset, immediate). Labels are resolved when it is finished. */
class Assembler {
  readonly #code: { op: number; dst: number; src: number; off: number; imm: number; to: string | null }[] = [];
  readonly #labels = new Map<string, number>();

  #add(op: number, dst: number, src: number, off: number, imm: number, to: string | null = null): this {
    this.#code.push({ op, dst, src, off, imm, to });
    return this;
  }
  label(name: string): this {
    this.#labels.set(name, this.#code.length);
    return this;
  }
  /** dst = *(width *)(src + off) */
  load(width: Width, dst: number, src: number, off: number): this {
    return this.#add(LOAD[width], dst, src, off, 0);
  }
  /** *(width *)(dst + off) = src */
  store(width: 4 | 8, dst: number, off: number, src: number): this {
    return this.#add(width === 8 ? 0x7b : 0x63, dst, src, off, 0);
  }
  move(dst: number, src: number): this {
    return this.#add(0xbf, dst, src, 0, 0);
  }
  set(dst: number, imm: number): this {
    return this.#add(0xb7, dst, 0, 0, imm);
  }
  add(dst: number, imm: number): this {
    return this.#add(0x07, dst, 0, 0, imm);
  }
  jumpIfEqual(dst: number, imm: number, to: string): this {
    return this.#add(0x15, dst, 0, 0, imm, to);
  }
  jumpIfNotEqual(dst: number, imm: number, to: string): this {
    return this.#add(0x55, dst, 0, 0, imm, to);
  }
  /** Both registers as numbers of 64 bits. */
  jumpIfSame(dst: number, src: number, to: string): this {
    return this.#add(0x1d, dst, src, 0, 0, to);
  }
  jump(to: string): this {
    return this.#add(0x05, 0, 0, 0, 0, to);
  }
  call(helper: number): this {
    return this.#add(0x85, 0, 0, 0, helper);
  }
  exit(): this {
    return this.#add(0x95, 0, 0, 0, 0);
  }
  finish(): Buffer {
    const bytes = Buffer.alloc(Math.max(this.#code.length * 8, SMALL_BYTES));
    this.#code.forEach((insn, at) => {
      const target = insn.to === null ? null : this.#labels.get(insn.to);
      if (target === undefined) throw new Error(`no label ${insn.to}`);
      bytes.writeUInt8(insn.op, at * 8);
      bytes.writeUInt8(insn.dst | (insn.src << 4), at * 8 + 1);
      bytes.writeInt16LE(target === null ? insn.off : target - at - 1, at * 8 + 2);
      bytes.writeInt32LE(insn.imm, at * 8 + 4);
    });
    return bytes.subarray(0, this.#code.length * 8);
  }
}

/** A program for one iterator of this kernel. */
export interface IteratorProgram {
  readonly name: string;
  /** BTF id of the iterator's function. */
  readonly attachTo: number;
  readonly code: Buffer;
  /** Bytes of one row of its output. */
  readonly rowBytes: number;
}

/** Offset of a field on the way from a parameter; throws for `build` to catch when the kernel has none. */
function offset(btf: Btf, type: number | undefined, ...path: readonly string[]): { at: number; type: number } {
  const field = type === undefined ? null : btf.field(type, path);
  if (field === null) throw new MissingType(path.join('.'));
  return { at: field.offsetBytes, type: field.type };
}

class MissingType extends Error {}

/** Offsets of an iterator's parameters in its context: eight bytes each, in the order of the function's prototype. */
function context(
  btf: Btf,
  iterator: string,
): { id: number; at: (name: string) => number; type: (name: string) => number } {
  const id = btf.functionId(iterator);
  if (id === null) throw new MissingType(iterator);
  const parameters = btf.parameters(id);
  const names = [...parameters.keys()];
  const at = (name: string): number => {
    const index = names.indexOf(name);
    if (index < 0) throw new MissingType(`${iterator}: ${name}`);
    return index * 8;
  };
  return { id, at, type: (name) => parameters.get(name) ?? 0 };
}

/** Row of `filesProgram`: tgid, tid, fd, inode, namespace; five 32-bit numbers in host order. */
export const FILE_ROW_WORDS = 5;
/** In a row's last word: this is no socket but an open file of nsfs (a namespace). */
export const NSFS_ROW = 1;
/** In a row's last word: this is an io_uring. */
export const RING_ROW = 2;
/** Row of `tasksProgram`: tgid, tid, network namespace. */
export const TASK_ROW_WORDS = 3;

/**
 * For every open file of every descriptor table: a row where it is a socket (with the inode of the socket and of its network namespace)
 * or a namespace. Sockets are told by their file system, not by a name. Established TCP connections in the namespace of the task that holds
 * them have no row: they are no listener, show no hidden namespace, and are most descriptors of a busy server.
 * null: this kernel's types are not those the program needs.
 */
export function filesProgram(btf: Btf): IteratorProgram | null {
  return orNull(() => {
    const ctx = context(btf, ITERATORS.files);
    const task = ctx.type('task');
    const inode = offset(btf, ctx.type('file'), 'f_inode');
    const superBlock = offset(btf, inode.type, 'i_sb');
    const magic = offset(btf, superBlock.type, 's_magic');
    const number = offset(btf, inode.type, 'i_ino');
    const sk = offset(btf, btf.resultOf('sock_from_file') ?? undefined, 'sk');
    const net = offset(btf, sk.type, '__sk_common', 'skc_net', 'net');
    const netNumber = offset(btf, net.type, 'ns', 'inum').at;
    const proxy = offset(btf, task, 'nsproxy');
    const dentry = offset(btf, ctx.type('file'), 'f_path', 'dentry');
    // `d_iname` until 6.13, then `d_shortname`.
    const shortName = btf.field(dentry.type, ['d_iname'])?.offsetBytes ?? offset(btf, dentry.type, 'd_shortname').at;
    const code = new Assembler()
      .move(6, 1)
      .load(8, 7, 6, ctx.at('task'))
      .jumpIfEqual(7, 0, 'end')
      .load(8, 8, 6, ctx.at('file'))
      .jumpIfEqual(8, 0, 'end')
      .load(8, 9, 8, inode.at)
      .load(8, 2, 9, superBlock.at)
      .load(8, 2, 2, magic.at)
      .set(1, NSFS_ROW)
      .jumpIfEqual(2, NSFS_MAGIC, 'row')
      .jumpIfEqual(2, ANON_INODE_FS_MAGIC, 'anonymous')
      .jumpIfNotEqual(2, SOCKFS_MAGIC, 'end')
      .move(1, 8)
      .call(HELPER.sockFromFile)
      .jumpIfEqual(0, 0, 'end')
      .load(8, 3, 0, sk.at)
      .load(8, 1, 3, net.at)
      .load(4, 1, 1, netNumber)
      .load(2, 2, 3, offset(btf, sk.type, 'sk_protocol').at)
      .jumpIfNotEqual(2, IPPROTO_TCP, 'row')
      .load(1, 2, 3, offset(btf, sk.type, '__sk_common', 'skc_state').at)
      .jumpIfNotEqual(2, TCP_ESTABLISHED, 'row')
      .load(2, 2, 3, offset(btf, sk.type, '__sk_common', 'skc_family').at)
      .jumpIfEqual(2, AF_INET, 'connection')
      .jumpIfNotEqual(2, AF_INET6, 'row')
      .label('connection')
      .load(8, 2, 7, proxy.at)
      .jumpIfEqual(2, 0, 'row')
      .load(8, 2, 2, offset(btf, proxy.type, 'net_ns').at)
      .load(4, 2, 2, netNumber)
      .jumpIfSame(1, 2, 'end')
      .jump('row')
      .label('anonymous')
      .load(8, 1, 8, dentry.at)
      .load(4, 2, 1, shortName)
      .jumpIfNotEqual(2, RING_NAME[0], 'end')
      .load(4, 2, 1, shortName + 4)
      .jumpIfNotEqual(2, RING_NAME[1], 'end')
      .set(1, RING_ROW)
      .label('row')
      .store(4, 10, -4, 1)
      .load(8, 1, 9, number.at)
      .store(4, 10, -8, 1)
      .load(4, 1, 6, ctx.at('fd'))
      .store(4, 10, -12, 1)
      .load(4, 1, 7, offset(btf, task, 'pid').at)
      .store(4, 10, -16, 1)
      .load(4, 1, 7, offset(btf, task, 'tgid').at)
      .store(4, 10, -20, 1);
    writeRow(code, ctx.at('meta'), offset(btf, ctx.type('meta'), 'seq').at, FILE_ROW_WORDS * 4);
    return { name: 'earshot_files', attachTo: ctx.id, code: code.finish(), rowBytes: FILE_ROW_WORDS * 4 };
  });
}

/** For every task (each thread is one): a row with its network namespace. Tasks that are exiting have none, and no row. */
export function tasksProgram(btf: Btf): IteratorProgram | null {
  return orNull(() => {
    const ctx = context(btf, ITERATORS.tasks);
    const task = ctx.type('task');
    const proxy = offset(btf, task, 'nsproxy');
    const net = offset(btf, proxy.type, 'net_ns');
    const code = new Assembler()
      .move(6, 1)
      .load(8, 7, 6, ctx.at('task'))
      .jumpIfEqual(7, 0, 'end')
      .load(8, 1, 7, proxy.at)
      .jumpIfEqual(1, 0, 'end')
      .load(8, 1, 1, net.at)
      .load(4, 1, 1, offset(btf, net.type, 'ns', 'inum').at)
      .store(4, 10, -4, 1)
      .load(4, 1, 7, offset(btf, task, 'pid').at)
      .store(4, 10, -8, 1)
      .load(4, 1, 7, offset(btf, task, 'tgid').at)
      .store(4, 10, -12, 1);
    writeRow(code, ctx.at('meta'), offset(btf, ctx.type('meta'), 'seq').at, TASK_ROW_WORDS * 4);
    return { name: 'earshot_tasks', attachTo: ctx.id, code: code.finish(), rowBytes: TASK_ROW_WORDS * 4 };
  });
}

/** bpf_seq_write(meta->seq, the row on the stack, its size); then the end that every path meets. */
function writeRow(code: Assembler, metaAt: number, seqAt: number, bytes: number): void {
  code
    .load(8, 1, 6, metaAt)
    .load(8, 1, 1, seqAt)
    .move(2, 10)
    .add(2, -bytes)
    .set(3, bytes)
    .call(HELPER.seqWrite)
    .label('end')
    .set(0, 0)
    .exit();
}

function orNull(build: () => IteratorProgram): IteratorProgram | null {
  try {
    return build();
  } catch (error) {
    if (error instanceof MissingType) return null;
    throw error;
  }
}

/** Where in `union bpf_attr` the address of which buffer stands. */
type Pointers = readonly (readonly [offset: number, buffer: Buffer])[];

/**
 * bpf(2): a descriptor, or minus the errno. The verifier gives up with EAGAIN when a signal comes (a profiler's, a timer's): again, then.
 * The addresses are written here, so that the buffers live as long as the kernel may read them.
 */
function bpf(command: number, attr: Buffer, bytes: number, pointers: Pointers = []): number {
  for (let attempt = 1; ; attempt++) {
    for (const [at, buffer] of pointers) attr.writeBigUInt64LE(BigInt(addressOf(buffer)), at);
    const result = syscall('bpf', command, addressOf(attr), bytes);
    if (result !== -EAGAIN || attempt === ATTEMPTS_MAX) return result;
  }
}

/** BPF_PROG_LOAD of `union bpf_attr`, offsets as in linux/bpf.h. Asks for the verifier's log only when the first try fails. */
function loadProgram(program: IteratorProgram): BpfResult {
  const license = Buffer.alloc(SMALL_BYTES);
  license.write(LICENSE);
  const pointers: Pointers = [
    [8, program.code],
    [16, license],
  ];
  const attr = Buffer.alloc(ATTR_BYTES);
  attr.writeUInt32LE(PROG_TYPE_TRACING, 0);
  attr.writeUInt32LE(program.code.length / 8, 4);
  attr.write(program.name.slice(0, 15), 48, 'latin1');
  attr.writeUInt32LE(TRACE_ITER, 68);
  attr.writeUInt32LE(program.attachTo, 108);
  const first = bpf(PROG_LOAD, attr, ATTR_BYTES, pointers);
  if (first >= 0) return { ok: true, fd: first };
  const log = Buffer.alloc(LOG_BYTES);
  attr.writeUInt32LE(1, 24);
  attr.writeUInt32LE(log.length, 28);
  const second = bpf(PROG_LOAD, attr, ATTR_BYTES, [...pointers, [32, log]]);
  if (second >= 0) return { ok: true, fd: second };
  const end = log.indexOf(0);
  return {
    ok: false,
    what: `load ${program.name}`,
    errno: -second,
    log: log.toString('latin1', 0, Math.max(end, 0)).trim(),
  };
}

/**
 * Loads the program and opens its output for reading. The caller reads and closes the descriptor that comes back.
 * Needs CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN), and Linux 5.11.
 */
export function openIterator(program: IteratorProgram): BpfResult {
  const loaded = loadProgram(program);
  if (!loaded.ok) return loaded;
  try {
    const link = Buffer.alloc(SMALL_BYTES);
    link.writeUInt32LE(loaded.fd, 0);
    link.writeUInt32LE(TRACE_ITER, 8);
    const linked = bpf(LINK_CREATE, link, 32);
    if (linked < 0) return { ok: false, what: `attach ${program.name}`, errno: -linked, log: '' };
    try {
      const iter = Buffer.alloc(SMALL_BYTES);
      iter.writeUInt32LE(linked, 0);
      const opened = bpf(ITER_CREATE, iter, 8);
      if (opened < 0) return { ok: false, what: `open ${program.name}`, errno: -opened, log: '' };
      return { ok: true, fd: opened };
    } finally {
      syscall('close', linked);
    }
  } finally {
    syscall('close', loaded.fd);
  }
}
