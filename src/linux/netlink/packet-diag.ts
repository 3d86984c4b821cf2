import { eachAttribute, HOST_IS_LITTLE, u32At, u64At } from './attributes.js';

const AF_PACKET = 17;

const REQUEST_BYTES = 20;
const MESSAGE_BYTES = 16;

/** PACKET_SHOW_INFO, linux/packet_diag.h; the user id comes with it. */
const SHOW = 0x01;
const INFO = 0;
const UID = 5;

/** `struct packet_diag_req`: all packet sockets with interface and user. */
export function packetRequest(): Uint8Array {
  const bytes = new Uint8Array(REQUEST_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, AF_PACKET);
  view.setUint32(8, SHOW, HOST_IS_LITTLE);
  view.setUint32(12, 0xffff_ffff, HOST_IS_LITTLE);
  view.setUint32(16, 0xffff_ffff, HOST_IS_LITTLE);
  return bytes;
}

/** One socket as `struct packet_diag_msg` and its attributes tell it. */
export interface PacketDiag {
  readonly type: 'raw' | 'dgram';
  /** EtherType; 3 (ETH_P_ALL) is every packet, 0 none: such a socket only sends. */
  readonly etherType: number;
  /** 0: every interface. */
  readonly deviceIndex: number;
  readonly inode: number;
  readonly cookie: string;
  readonly uid: number | null;
}

/**
 * `struct packet_diag_msg`, linux/packet_diag.h, in host order.
 * @throws RangeError where the message is shorter than the struct.
 */
export function decodePacketDiag(view: DataView, at: number, end: number): PacketDiag {
  if (end - at < MESSAGE_BYTES) throw new RangeError(`packet_diag_msg of ${end - at} bytes`);
  let deviceIndex = 0;
  let uid: number | null = null;
  eachAttribute(view, at + MESSAGE_BYTES, end, (type, from, to) => {
    if (type === INFO && to - from >= 4) deviceIndex = u32At(view, from);
    else if (type === UID && to - from >= 4) uid = u32At(view, from);
  });
  return {
    type: view.getUint8(at + 1) === 2 ? 'dgram' : 'raw',
    etherType: view.getUint16(at + 2, HOST_IS_LITTLE),
    deviceIndex,
    inode: u32At(view, at + 4),
    cookie: u64At(view, at + 8),
    uid,
  };
}
