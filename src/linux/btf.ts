/**
 * BTF, the kernel's description of its own types (/sys/kernel/btf/vmlinux; Documentation/bpf/btf.rst): just enough to find a function
 * by name, the types of its parameters, and where a field lies.
 */

import { addressOf, mappedMemory, syscall } from './syscall.js';

/** The running kernel's own types. */
export const KERNEL_TYPES = '/sys/kernel/btf/vmlinux';
/** 6.18 has 5.5 MB, a kernel with everything built in twice that. */
const KERNEL_TYPES_BYTES_MAX = 64 * 1024 * 1024;
const AT_FDCWD = -100;
const O_CLOEXEC = 0o2000000;
const EFBIG = 27;

const MAGIC = 0xeb9f;
const HEADER_BYTES = 24;
/** More types than any kernel has (6.18 has 130,000); a file that claims more is not believed. */
const TYPES_MAX = 4_000_000;
const DEPTH_MAX = 16;

const KIND = {
  pointer: 2,
  struct: 4,
  union: 5,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  function: 12,
  prototype: 13,
  typeTag: 18,
};

/** Words that follow `struct btf_type` by kind (0 to 19): a fixed part, and a part for each of `vlen` members. */
const FIXED = new Uint8Array([0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0]);
const EACH = new Uint8Array([0, 0, 0, 0, 3, 3, 2, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0, 0, 0, 3]);
const KINDS = FIXED.length;

/** Where a field lies in the struct that was asked, and what it is. */
export interface Field {
  readonly offsetBytes: number;
  /** BTF type id of the field. */
  readonly type: number;
}

/** The kernel's types. */
export class Btf {
  readonly #words: Uint32Array;
  readonly #strings: Buffer;
  /** Word where the type with this id starts. */
  readonly #starts: Uint32Array;
  readonly #functions: ReadonlyMap<string, number>;

  private constructor(
    words: Uint32Array,
    strings: Buffer,
    starts: Uint32Array,
    functions: ReadonlyMap<string, number>,
  ) {
    this.#words = words;
    this.#strings = strings;
    this.#starts = starts;
    this.#functions = functions;
  }

  /** Reads `bytes` in one pass; only the functions named are looked for. null: not BTF of this byte order, or not understood. */
  static parse(bytes: Uint8Array, functions: readonly string[]): Btf | null {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < HEADER_BYTES || view.getUint16(0, true) !== MAGIC) return null;
    const header = view.getUint32(4, true);
    const types = header + view.getUint32(8, true);
    const typesLength = view.getUint32(12, true);
    const strings = header + view.getUint32(16, true);
    const stringsLength = view.getUint32(20, true);
    if (types + typesLength > bytes.length || strings + stringsLength > bytes.length) return null;
    const aligned = (bytes.byteOffset + types) % 4 === 0;
    const words = aligned
      ? new Uint32Array(bytes.buffer, bytes.byteOffset + types, typesLength >> 2)
      : new Uint32Array(bytes.slice(types, types + typesLength).buffer, 0, typesLength >> 2);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + strings, stringsLength);
    const wanted = new Map<number, string>();
    for (const name of functions) {
      const at = text.indexOf(`\0${name}\0`, 0, 'latin1');
      if (at >= 0) wanted.set(at + 1, name);
    }
    const index = indexTypes(words, wanted);
    return index === null ? null : new Btf(words, text, index.starts, index.functions);
  }

  /** Type id of a kernel function; null: the kernel has none of that name (among those asked for in `parse`). */
  functionId(name: string): number | null {
    return this.#functions.get(name) ?? null;
  }

  /** Type ids of a function's parameters by name, in order. */
  parameters(functionId: number): ReadonlyMap<string, number> {
    const found = new Map<string, number>();
    const start = this.#start(functionId);
    if (start === null || this.#kind(start) !== KIND.function) return found;
    const prototype = this.#start(this.#words[start + 2] ?? 0);
    if (prototype === null || this.#kind(prototype) !== KIND.prototype) return found;
    const count = (this.#words[prototype + 1] ?? 0) & 0xffff;
    for (let i = 0; i < count; i++) {
      const at = prototype + 3 + i * 2;
      found.set(this.#name(this.#words[at] ?? 0), this.#words[at + 1] ?? 0);
    }
    return found;
  }

  /** Type id of what a kernel function returns; null: no such function. */
  resultOf(name: string): number | null {
    const start = this.#start(this.functionId(name) ?? 0);
    const prototype = start === null ? null : this.#start(this.#words[start + 2] ?? 0);
    return prototype === null ? null : (this.#words[prototype + 2] ?? null);
  }

  /**
   * The field at the end of `path` (`['__sk_common', 'skc_net', 'net']`), starting at a struct or a pointer to one. Every step lies in the
   * same struct: pointers are followed only before the first step. null: no such field, or a bit field.
   */
  field(type: number, path: readonly string[]): Field | null {
    let struct = this.#resolve(type, true);
    let offset = 0;
    let found: Field | null = null;
    for (const name of path) {
      found = struct === null ? null : this.#member(struct, name, 0);
      if (found === null) return null;
      offset += found.offsetBytes;
      struct = this.#resolve(found.type, false);
    }
    return found === null ? null : { offsetBytes: offset, type: found.type };
  }

  #start(type: number): number | null {
    return type > 0 && type < this.#starts.length ? (this.#starts[type] ?? null) : null;
  }

  #kind(start: number): number {
    return ((this.#words[start + 1] ?? 0) >>> 24) & 0x1f;
  }

  #name(offset: number): string {
    const end = this.#strings.indexOf(0, offset);
    return this.#strings.toString('latin1', offset, end < 0 ? offset : end);
  }

  /** Word where the struct or union behind `type` starts, past typedefs and qualifiers, and past one pointer if allowed. */
  #resolve(type: number, throughPointer: boolean): number | null {
    let id = type;
    let pointers = throughPointer ? 1 : 0;
    for (let depth = 0; depth < DEPTH_MAX; depth++) {
      const start = this.#start(id);
      if (start === null) return null;
      const kind = this.#kind(start);
      if (kind === KIND.struct || kind === KIND.union) return start;
      if (kind === KIND.pointer && pointers-- <= 0) return null;
      if (kind < KIND.typedef && kind !== KIND.pointer) return null;
      id = this.#words[start + 2] ?? 0;
    }
    return null;
  }

  #member(start: number, name: string, depth: number): Field | null {
    const info = this.#words[start + 1] ?? 0;
    const hasBitFields = info >>> 31 === 1;
    for (let i = 0; i < (info & 0xffff); i++) {
      const at = start + 3 + i * 3;
      const nameOffset = this.#words[at] ?? 0;
      const type = this.#words[at + 1] ?? 0;
      const raw = this.#words[at + 2] ?? 0;
      const bits = hasBitFields ? raw & 0xffffff : raw;
      if (nameOffset === 0) {
        const inner = depth < DEPTH_MAX ? this.#resolve(type, false) : null;
        const found = inner === null ? null : this.#member(inner, name, depth + 1);
        if (found !== null) return { offsetBytes: (bits >> 3) + found.offsetBytes, type: found.type };
      } else if (this.#name(nameOffset) === name) {
        return bits % 8 === 0 && !(hasBitFields && raw >>> 24 !== 0) ? { offsetBytes: bits >> 3, type } : null;
      }
    }
    return null;
  }
}

/** Where each type starts, and the wanted functions; null: a kind newer than this code. */
function indexTypes(
  words: Uint32Array,
  wanted: ReadonlyMap<number, string>,
): { starts: Uint32Array; functions: ReadonlyMap<string, number> } | null {
  const starts = new Uint32Array(Math.min(TYPES_MAX, Math.floor(words.length / 3) + 1));
  const functions = new Map<string, number>();
  const [nameMin, nameMax] = [Math.min(...wanted.keys()), Math.max(...wanted.keys())];
  const end = words.length - 2;
  let id = 1;
  for (let at = 0; at < end; id++) {
    if (id >= starts.length) return null;
    starts[id] = at;
    const info = words[at + 1] ?? 0;
    const kind = (info >>> 24) & 0x1f;
    if (kind === KIND.function) {
      const nameAt = words[at] ?? 0;
      const name = nameAt >= nameMin && nameAt <= nameMax ? wanted.get(nameAt) : undefined;
      if (name !== undefined) functions.set(name, id);
    }
    if (kind === 0 || kind >= KINDS) return null;
    at += 3 + (FIXED[kind] ?? 0) + (EACH[kind] ?? 0) * (info & 0xffff);
  }
  return { starts: starts.subarray(0, id), functions };
}

const AT_EMPTY_PATH = 0x1000;
const STAT_AT = 128;
/** Offset of `st_size` in struct stat, on x86-64 and arm64 alike. */
const ST_SIZE = 48;
const PROT_READ = 1;
const MAP_PRIVATE = 2;

/** The file as memory, without a copy: a tenth of the time. null: the kernel does not map it (before Linux 6.16). */
function mapWhole(fd: number): Uint8Array | null {
  // The first bytes are the empty path, the rest takes `struct stat`.
  const stat = Buffer.alloc(384);
  const start = addressOf(stat);
  if (syscall('newfstatat', fd, start, start + STAT_AT, AT_EMPTY_PATH) !== 0) return null;
  const size = stat.readUInt32LE(STAT_AT + ST_SIZE);
  if (size === 0 || size > KERNEL_TYPES_BYTES_MAX) return null;
  const address = syscall('mmap', 0, size, PROT_READ, MAP_PRIVATE, fd, 0);
  return address > 0 ? mappedMemory(address, size) : null;
}

/**
 * `KERNEL_TYPES`, mapped, or else read into one buffer that is not touched before (piece by piece it costs twice as much). A number is minus
 * the errno.
 */
export function readKernelTypes(): Uint8Array | number {
  const path = Buffer.alloc(128);
  path.write(KERNEL_TYPES);
  const fd = syscall('openat', AT_FDCWD, addressOf(path), O_CLOEXEC, 0);
  if (fd < 0) return fd;
  try {
    const mapped = mapWhole(fd);
    if (mapped !== null) return mapped;
    const bytes = Buffer.allocUnsafeSlow(KERNEL_TYPES_BYTES_MAX);
    const start = addressOf(bytes);
    for (let length = 0; length < KERNEL_TYPES_BYTES_MAX; ) {
      const read = syscall('read', fd, start + length, KERNEL_TYPES_BYTES_MAX - length);
      if (read < 0) return read;
      if (read === 0) return bytes.subarray(0, length);
      length += read;
    }
    return -EFBIG;
  } finally {
    syscall('close', fd);
  }
}
