/** What BPF programs hang on a network namespace or a device, by bpf(2) and `union bpf_attr` of linux/bpf.h. */
import { addressOf, syscall } from './syscall.js';

/** enum bpf_cmd, enum bpf_attach_type. */
const PROG_GET_FD_BY_ID = 13;
const OBJ_GET_INFO_BY_FD = 15;
const PROG_QUERY = 16;
const SK_LOOKUP = 36;
const TCX = { ingress: 46, egress: 47 } as const;
/** Large enough for `union bpf_attr` as far as these commands use it; V8 moves smaller buffers. */
const ATTR_BYTES = 128;
/** As many as the kernel lets hang on one namespace (`netns_bpf_max_progs`, kernel/bpf/net_namespace.c). */
const PROGRAMS_MAX = 64;
/** `struct bpf_prog_info` up to and with its name. */
const INFO_BYTES = 128;
const NAME_AT = 64;
const NAME_BYTES = 16;

/** A program of the kernel's list. */
export interface BpfProgram {
  readonly id: number;
  /** Up to 15 bytes of its maker's choice; empty where it has none or may not be asked for. */
  readonly name: Uint8Array;
}

/** Name of a program; empty where it went away or the kernel does not tell (CAP_SYS_ADMIN). */
function nameOf(id: number): Uint8Array {
  const attr = Buffer.alloc(ATTR_BYTES);
  attr.writeUInt32LE(id, 0);
  const fd = syscall('bpf', PROG_GET_FD_BY_ID, addressOf(attr), ATTR_BYTES);
  if (fd < 0) return new Uint8Array();
  try {
    const info = Buffer.alloc(INFO_BYTES);
    const ask = Buffer.alloc(ATTR_BYTES);
    ask.writeUInt32LE(fd, 0);
    ask.writeUInt32LE(INFO_BYTES, 4);
    ask.writeBigUInt64LE(BigInt(addressOf(info)), 8);
    if (syscall('bpf', OBJ_GET_INFO_BY_FD, addressOf(ask), ATTR_BYTES) < 0) return new Uint8Array();
    const name = info.subarray(NAME_AT, NAME_AT + NAME_BYTES);
    const end = name.indexOf(0);
    return name.subarray(0, end < 0 ? NAME_BYTES : end);
  } finally {
    syscall('close', fd);
  }
}

/**
 * Programs that choose sockets for packets (BPF_PROG_TYPE_SK_LOOKUP, Linux 5.9), in the order the kernel runs them, of the network namespace
 * behind a descriptor; it is not entered. A number is the errno: EPERM without CAP_NET_ADMIN in the first user namespace, EINVAL on a kernel that
 * has none.
 */
export const socketLookups = (namespace: number): readonly BpfProgram[] | number => programsAt(namespace, SK_LOOKUP);

/**
 * Programs at the gates of a device that no list of tc shows (tcx, Linux 6.6), by index in the network namespace of the calling thread. A number
 * is the errno: EPERM, EINVAL on a kernel that has none.
 */
export const tcxPrograms = (index: number, way: 'ingress' | 'egress'): readonly BpfProgram[] | number =>
  programsAt(index, TCX[way]);

function programsAt(target: number, attach: number): readonly BpfProgram[] | number {
  const ids = Buffer.alloc(PROGRAMS_MAX * 4);
  const attr = Buffer.alloc(ATTR_BYTES);
  attr.writeUInt32LE(target, 0);
  attr.writeUInt32LE(attach, 4);
  attr.writeBigUInt64LE(BigInt(addressOf(ids)), 16);
  attr.writeUInt32LE(PROGRAMS_MAX, 24);
  const status = syscall('bpf', PROG_QUERY, addressOf(attr), ATTR_BYTES);
  if (status < 0) return -status;
  const count = Math.min(attr.readUInt32LE(24), PROGRAMS_MAX);
  return Array.from({ length: count }, (_, at) => {
    const id = ids.readUInt32LE(at * 4);
    return { id, name: nameOf(id) };
  });
}
