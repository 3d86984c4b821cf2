import { HOST_IS_LITTLE, u32At, u64At } from './attributes.js';
import { SOCKET_TYPES } from './unix-diag.js';

const AF_VSOCK = 40;

const REQUEST_BYTES = 24;
const MESSAGE_BYTES = 32;
/** VMADDR_CID_ANY and VMADDR_PORT_ANY, linux/vm_sockets.h. */
export const VSOCK_ANY = 0xffff_ffff;

/** `struct vsock_diag_req`: sockets in the given states. */
export function vsockRequest(states: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(REQUEST_BYTES);
  const view = new DataView(bytes.buffer);
  let mask = 0;
  for (const state of states) mask |= 1 << state;
  view.setUint8(0, AF_VSOCK);
  view.setUint32(4, mask, HOST_IS_LITTLE);
  return bytes;
}

/** One socket as `struct vsock_diag_msg` tells it. */
export interface VsockDiag {
  readonly type: 'stream' | 'dgram' | 'raw' | 'seqpacket';
  readonly state: number;
  readonly localCid: number;
  readonly localPort: number;
  readonly remoteCid: number;
  readonly remotePort: number;
  readonly inode: number;
  readonly cookie: string;
}

/**
 * `struct vsock_diag_msg`, linux/vm_sockets_diag.h, in host order (ports too).
 * @throws RangeError where the message is shorter than the struct.
 */
export function decodeVsockDiag(view: DataView, at: number, end: number): VsockDiag {
  if (end - at < MESSAGE_BYTES) throw new RangeError(`vsock_diag_msg of ${end - at} bytes`);
  return {
    type: SOCKET_TYPES[view.getUint8(at + 1)] ?? 'stream',
    state: view.getUint8(at + 2),
    localCid: u32At(view, at + 4),
    localPort: u32At(view, at + 8),
    remoteCid: u32At(view, at + 12),
    remotePort: u32At(view, at + 16),
    inode: u32At(view, at + 20),
    cookie: u64At(view, at + 24),
  };
}
