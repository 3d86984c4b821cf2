import { formatGroups } from '../../lib/ip/address.js';
import { attribute, concatenated, eachAttribute, HOST_IS_LITTLE, u32At, u64At } from './attributes.js';

/** SOCK_DIAG_BY_FAMILY, linux/sock_diag.h. */
export const SOCK_DIAG_BY_FAMILY = 20;

export const AF_INET = 2;
export const AF_INET6 = 10;

/** Kernel socket states that matter, include/net/tcp_states.h. All families use them. */
export const ESTABLISHED = 1;
export const CLOSE = 7;
export const LISTEN = 10;

/** IP protocol numbers as sock_diag takes them. */
export const IPPROTO = { tcp: 6, udp: 17, dccp: 33, sctp: 132, udplite: 136, raw: 255, mptcp: 262 } as const;

const REQUEST_BYTES = 56;
const MESSAGE_BYTES = 72;

/** Attributes of a request and of an answer, linux/inet_diag.h. */
const REQ_BYTECODE = 1;
const REQ_PROTOCOL = 3;
const SKV6ONLY = 11;
const LOCALS = 12;
const MARK = 15;
const CGROUP_ID = 21;
const SOCKOPT = 22;
const SOCKADDR_STORAGE_BYTES = 128;
const SOCKOPT_TRANSPARENT = 0x20;

/** `struct inet_diag_req_v2`: sockets of a family and protocol in the given states, chosen further by bytecode (null: all). */
export function inetRequest(
  family: number,
  protocol: number,
  states: readonly number[],
  bytecode: Uint8Array | null,
): Uint8Array {
  const bytes = new Uint8Array(REQUEST_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, family);
  view.setUint8(1, protocol > 255 ? IPPROTO.raw : protocol);
  let mask = 0;
  for (const state of states) mask |= 1 << state;
  view.setUint32(4, mask, HOST_IS_LITTLE);
  // The cookie INET_DIAG_NOCOOKIE in both halves: none in particular.
  view.setUint32(48, 0xffff_ffff, HOST_IS_LITTLE);
  view.setUint32(52, 0xffff_ffff, HOST_IS_LITTLE);
  const parts: Uint8Array[] = [bytes];
  if (bytecode !== null) parts.push(attribute(REQ_BYTECODE, bytecode));
  if (protocol > 255) parts.push(attribute(REQ_PROTOCOL, new Uint8Array(new Uint32Array([protocol]).buffer)));
  return concatenated(...parts);
}

/** One socket as `struct inet_diag_msg` and its attributes tell it. */
export interface InetDiag {
  readonly family: 'ipv4' | 'ipv6';
  readonly state: number;
  readonly localPort: number;
  readonly remotePort: number;
  /** RFC 5952 text; a v4-mapped address as `::ffff:a.b.c.d`. */
  readonly localAddress: string;
  readonly remoteAddress: string;
  /** Index of the interface it is bound to; 0: none. */
  readonly deviceIndex: number;
  /** Decimal, 64 bits. */
  readonly cookie: string;
  /** For a listener the accept queue in use and its maximum, else bytes. */
  readonly receiveQueue: number;
  readonly sendQueue: number;
  readonly uid: number;
  /** 0: the socket belongs to no descriptor any more. */
  readonly inode: number;
  /** null: not told (IPv4, or not in state LISTEN or CLOSE). */
  readonly v6only: boolean | null;
  /** null: not told (it needs CAP_NET_ADMIN). */
  readonly mark: number | null;
  readonly cgroupId: string | null;
  readonly transparent: boolean | null;
  /** All local addresses of an SCTP endpoint; empty for others. */
  readonly locals: readonly string[];
}

function ipv4At(view: DataView, at: number): string {
  return `${view.getUint8(at)}.${view.getUint8(at + 1)}.${view.getUint8(at + 2)}.${view.getUint8(at + 3)}`;
}

function ipv6At(view: DataView, at: number): string {
  if (u32At(view, at) === 0 && u32At(view, at + 4) === 0 && u32At(view, at + 8) === 0 && u32At(view, at + 12) === 0)
    return '::';
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(view.getUint16(at + i));
  return formatGroups(groups);
}

/** Text of an address of four 32-bit words (IPv4: the first), in network order. */
export const addressAt = (view: DataView, at: number, family: number): string =>
  family === AF_INET6 ? ipv6At(view, at) : ipv4At(view, at);

/** INET_DIAG_LOCALS: an array of `struct sockaddr_storage`. */
function localsAt(view: DataView, at: number, end: number): string[] {
  const locals: string[] = [];
  for (let cursor = at; cursor + SOCKADDR_STORAGE_BYTES <= end; cursor += SOCKADDR_STORAGE_BYTES) {
    const family = view.getUint16(cursor, HOST_IS_LITTLE);
    if (family === AF_INET) locals.push(ipv4At(view, cursor + 4));
    else if (family === AF_INET6) locals.push(ipv6At(view, cursor + 8));
  }
  return locals;
}

/**
 * `struct inet_diag_msg`, linux/inet_diag.h: ports and addresses in network order, the rest in host order.
 * @throws RangeError where the message is shorter than the struct.
 */
export function decodeInetDiag(view: DataView, at: number, end: number): InetDiag {
  if (end - at < MESSAGE_BYTES) throw new RangeError(`inet_diag_msg of ${end - at} bytes`);
  let v6only: boolean | null = null;
  let mark: number | null = null;
  let cgroupId: string | null = null;
  let transparent: boolean | null = null;
  let locals: readonly string[] = [];
  eachAttribute(view, at + MESSAGE_BYTES, end, (type, from, to) => {
    if (type === SKV6ONLY && to - from >= 1) v6only = view.getUint8(from) !== 0;
    else if (type === MARK && to - from >= 4) mark = u32At(view, from);
    else if (type === CGROUP_ID && to - from >= 8) cgroupId = u64At(view, from);
    else if (type === SOCKOPT && to - from >= 1) transparent = (view.getUint8(from) & SOCKOPT_TRANSPARENT) !== 0;
    else if (type === LOCALS) locals = localsAt(view, from, to);
  });
  const family = view.getUint8(at);
  return {
    family: family === AF_INET6 ? 'ipv6' : 'ipv4',
    state: view.getUint8(at + 1),
    localPort: view.getUint16(at + 4),
    remotePort: view.getUint16(at + 6),
    localAddress: addressAt(view, at + 8, family),
    remoteAddress: addressAt(view, at + 24, family),
    deviceIndex: u32At(view, at + 40),
    cookie: u64At(view, at + 44),
    receiveQueue: u32At(view, at + 56),
    sendQueue: u32At(view, at + 60),
    uid: u32At(view, at + 64),
    inode: u32At(view, at + 68),
    v6only,
    mark,
    cgroupId,
    transparent,
    locals,
  };
}
