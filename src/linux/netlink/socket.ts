import { addressOf, syscall } from '../syscall.js';

/** Netlink protocols, linux/netlink.h. */
export const NETLINK_ROUTE = 0;
export const NETLINK_SOCK_DIAG = 4;
export const NETLINK_NETFILTER = 12;
export const NETLINK_GENERIC = 16;

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVTIMEO = 20;
const SOL_NETLINK = 270;
const NETLINK_GET_STRICT_CHK = 12;
const MSG_TRUNC = 0x20;

const HOST_IS_LITTLE = true;
const HEADER_BYTES = 16;
const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const NLM_F_DUMP = 0x300;
const NLM_F_DUMP_INTR = 0x10;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

/** The kernel fills at most 32 KiB a message of a dump (netlink_dump, af_netlink.c). */
const RECEIVE_BYTES = 131_072;
const RECEIVE_WAIT_SECONDS = 5;
const REQUEST_BYTES_MAX = 131_072;
/** A dump whose table changes meanwhile is asked for again so often. */
const DUMPS_MAX = 4;
const EINTR = 4;
const ENOBUFS = 105;

/** How a dump ended. `interrupted`: the table changed each time while it was read, so rows may be missing or double. */
export type DumpEnd =
  | { readonly kind: 'done'; readonly interrupted: boolean }
  | { readonly kind: 'refused'; readonly errno: number };

/** Takes one message: its type, and where its payload (after `struct nlmsghdr`) starts and ends in the view. */
export type TakeMessage = (view: DataView, at: number, end: number, type: number) => void;

let received: { readonly buffer: Buffer; readonly view: DataView; readonly address: number } | null = null;

/** One receive buffer for all sockets: a dump is read to its end before anything else happens. */
function receiver(): NonNullable<typeof received> {
  if (received === null) {
    const buffer = Buffer.allocUnsafeSlow(RECEIVE_BYTES);
    received = { buffer, view: new DataView(buffer.buffer, 0, RECEIVE_BYTES), address: addressOf(buffer) };
  }
  return received;
}

/** A netlink socket. It belongs to the network namespace in which it was opened, wherever its owner goes afterwards. */
export class NetlinkSocket {
  readonly #fd: number;
  #sequence = 0;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** socket(2), and nothing else: safe inside another namespace. A number is minus the errno. */
  static open(protocol: number): NetlinkSocket | number {
    const fd = syscall('socket', AF_NETLINK, SOCK_RAW_CLOEXEC, protocol);
    return fd < 0 ? fd : new NetlinkSocket(fd);
  }

  /** Larger buffers, a limit to waiting; `strict` makes the kernel filter as asked (Linux 4.20; older ones refuse, and filter nothing). */
  prepare(strict: boolean): void {
    const option = Buffer.alloc(128);
    const address = addressOf(option);
    option.writeInt32LE(4 * 1024 * 1024, 0);
    syscall('setsockopt', this.#fd, SOL_SOCKET, SO_RCVBUF, address, 4);
    option.writeBigInt64LE(BigInt(RECEIVE_WAIT_SECONDS), 0);
    option.writeBigInt64LE(0n, 8);
    syscall('setsockopt', this.#fd, SOL_SOCKET, SO_RCVTIMEO, address, 16);
    option.writeInt32LE(strict ? 1 : 0, 0);
    if (strict) syscall('setsockopt', this.#fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, address, 4);
  }

  close(): void {
    syscall('close', this.#fd);
  }

  #send(type: number, flags: number, payload: Uint8Array): number {
    const length = HEADER_BYTES + payload.length;
    if (length > REQUEST_BYTES_MAX) throw new RangeError(`netlink request of ${length} bytes`);
    const message = Buffer.alloc(Math.max(length, 128));
    message.writeUInt32LE(length, 0);
    message.writeUInt16LE(type, 4);
    message.writeUInt16LE(flags, 6);
    message.writeUInt32LE(++this.#sequence, 8);
    message.set(payload, HEADER_BYTES);
    return syscall('sendto', this.#fd, addressOf(message), length, 0, 0, 0);
  }

  /**
   * Sends a dump request and calls `take` for each message of the answer. `again` is called before the dump is repeated because the kernel
   * said that its table changed (NLM_F_DUMP_INTR): what was taken is to be forgotten.
   */
  dump(type: number, payload: Uint8Array, take: TakeMessage, again: () => void): DumpEnd {
    for (let attempt = 1; ; attempt++) {
      const sent = this.#send(type, NLM_F_REQUEST | NLM_F_DUMP, payload);
      if (sent < 0) return { kind: 'refused', errno: -sent };
      const end = this.#receive(take, true);
      if (end.kind === 'refused' || !end.interrupted || attempt === DUMPS_MAX) return end;
      again();
    }
  }

  /** Sends a request that is answered by one message, or refused. */
  ask(type: number, payload: Uint8Array, take: TakeMessage): DumpEnd {
    const sent = this.#send(type, NLM_F_REQUEST | NLM_F_ACK, payload);
    return sent < 0 ? { kind: 'refused', errno: -sent } : this.#receive(take, false);
  }

  #receive(take: TakeMessage, isDump: boolean): DumpEnd {
    const { view, address } = receiver();
    let interrupted = false;
    for (;;) {
      const bytes = syscall('recvfrom', this.#fd, address, RECEIVE_BYTES, MSG_TRUNC, 0, 0);
      if (bytes === -EINTR) continue;
      if (bytes <= 0) return { kind: 'refused', errno: bytes === 0 ? ENOBUFS : -bytes };
      if (bytes > RECEIVE_BYTES) return { kind: 'refused', errno: ENOBUFS };
      for (let at = 0; at + HEADER_BYTES <= bytes; ) {
        const length = view.getUint32(at, HOST_IS_LITTLE);
        if (length < HEADER_BYTES || at + length > bytes) break;
        const type = view.getUint16(at + 4, HOST_IS_LITTLE);
        if (view.getUint32(at + 8, HOST_IS_LITTLE) === this.#sequence) {
          if ((view.getUint16(at + 6, HOST_IS_LITTLE) & NLM_F_DUMP_INTR) !== 0) interrupted = true;
          if (type === NLMSG_ERROR || type === NLMSG_DONE) {
            const status = length >= HEADER_BYTES + 4 ? view.getInt32(at + HEADER_BYTES, HOST_IS_LITTLE) : 0;
            if (status < 0) return { kind: 'refused', errno: -status };
            if (isDump ? type === NLMSG_DONE : true) return { kind: 'done', interrupted };
          } else take(view, at + HEADER_BYTES, at + length, type);
        }
        at += (length + 3) & ~3;
      }
    }
  }
}
