import { eachAttribute, HOST_IS_LITTLE, stringBytes, u32At, u64At } from './attributes.js';

const AF_UNIX = 1;

/** TCP_ESTABLISHED, net/tcp_states.h, whose states unix sockets have too. */
const ESTABLISHED = 1;

const REQUEST_BYTES = 24;
const MESSAGE_BYTES = 16;

/** UDIAG_SHOW_NAME, VFS, PEER, RQLEN, UID, linux/unix_diag.h. */
const SHOW = 0x01 | 0x02 | 0x04 | 0x10 | 0x40;
const NAME = 0;
const VFS = 1;
const PEER = 2;
const RQLEN = 4;
const UID = 7;

/** `struct unix_diag_req`: sockets in the given states with name, file, peer, queues and user. */
export function unixRequest(states: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(REQUEST_BYTES);
  const view = new DataView(bytes.buffer);
  let mask = 0;
  for (const state of states) mask |= 1 << state;
  view.setUint8(0, AF_UNIX);
  view.setUint32(4, mask, HOST_IS_LITTLE);
  view.setUint32(12, SHOW, HOST_IS_LITTLE);
  view.setUint32(16, 0xffff_ffff, HOST_IS_LITTLE);
  view.setUint32(20, 0xffff_ffff, HOST_IS_LITTLE);
  return bytes;
}

/** SOCK_STREAM and its kin, linux/net.h. */
export const SOCKET_TYPES: Readonly<Record<number, 'stream' | 'dgram' | 'raw' | 'seqpacket'>> = {
  1: 'stream',
  2: 'dgram',
  3: 'raw',
  5: 'seqpacket',
};

/** One socket as `struct unix_diag_msg` and its attributes tell it. */
export interface UnixDiag {
  readonly type: 'stream' | 'dgram' | 'raw' | 'seqpacket';
  readonly state: number;
  readonly inode: number;
  readonly cookie: string;
  /** The name as bytes, the leading NUL of an abstract one included; null: none. */
  readonly name: Uint8Array | null;
  /** Inode of the file and its device as the kernel packs it (major << 20 | minor); null: no file. */
  readonly file: { readonly inode: number; readonly device: number } | null;
  /** Inode of the socket it is connected to, 0 where that has been closed; null: it is connected to none. */
  readonly peerInode: number | null;
  /** For a listener the accept queue in use and its maximum, else bytes; null: not told. */
  readonly queue: { readonly receive: number; readonly send: number } | null;
  readonly uid: number | null;
}

/**
 * `struct unix_diag_msg`, linux/unix_diag.h, in host order.
 * @throws RangeError where the message is shorter than the struct.
 */
export function decodeUnixDiag(view: DataView, at: number, end: number): UnixDiag {
  if (end - at < MESSAGE_BYTES) throw new RangeError(`unix_diag_msg of ${end - at} bytes`);
  let name: Uint8Array | null = null;
  let file: UnixDiag['file'] = null;
  let peerInode: number | null = null;
  let queue: UnixDiag['queue'] = null;
  let uid: number | null = null;
  eachAttribute(view, at + MESSAGE_BYTES, end, (type, from, to) => {
    const bytes = to - from;
    if (type === NAME && bytes > 0) name = unixName(view, from, to);
    else if (type === VFS && bytes >= 8) file = { inode: u32At(view, from), device: u32At(view, from + 4) };
    else if (type === PEER && bytes >= 4) peerInode = u32At(view, from);
    else if (type === RQLEN && bytes >= 8) queue = { receive: u32At(view, from), send: u32At(view, from + 4) };
    else if (type === UID && bytes >= 4) uid = u32At(view, from);
  });
  return {
    type: SOCKET_TYPES[view.getUint8(at + 1)] ?? 'stream',
    state: view.getUint8(at + 2),
    inode: u32At(view, at + 4),
    cookie: u64At(view, at + 8),
    name,
    file,
    peerInode,
    queue,
    uid,
  };
}

const SOCK_DGRAM = 2;

/** True: a connection of a stream or seqpacket socket. Told by its first bytes, because a host has many more of them than of what hears. */
export const isUnixConnection = (view: DataView, at: number): boolean =>
  view.getUint8(at + 2) === ESTABLISHED && view.getUint8(at + 1) !== SOCK_DGRAM;

/** A path ends at a NUL; an abstract name starts with one and may hold more. Copied: the view is used again for the next message. */
function unixName(view: DataView, at: number, end: number): Uint8Array {
  if (view.getUint8(at) !== 0) return stringBytes(view, at, end).slice();
  return new Uint8Array(view.buffer, view.byteOffset + at, end - at).slice();
}
