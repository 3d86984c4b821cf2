import type { Address } from '../lib/ip/address.js';
import { errnoName } from './errno.js';
import { type Granted, withNamespace } from './namespaces.js';
import { AF_INET, AF_INET6 } from './netlink/inet-diag.js';
import { addressOf, syscall } from './syscall.js';

/** bits/socket_type.h, asm-generic/socket.h. */
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;
const MSG_NOSIGNAL = 0x4000;
const MSG_DONTWAIT = 0x40;

/** errno numbers, asm-generic/errno.h. */
const EINTR = 4;
const EAGAIN = 11;
const EISCONN = 106;
const EALREADY = 114;
const EINPROGRESS = 115;

/** `struct sockaddr_in6`, linux/in6.h; `struct sockaddr_in` is 16 bytes. */
const SOCKADDR_IN6_BYTES = 28;
const SOCKADDR_IN_BYTES = 16;
/** Larger than what V8 keeps on its moving heap. */
const SCRATCH_BYTES = 256;
export const DATAGRAM_BYTES_MAX = 65_536;

/** Where to send: `scope` is the interface index of a link-local address, else 0. */
export interface Destination {
  readonly address: Address;
  readonly port: number;
  readonly scope: number;
}

/** `struct sockaddr_in` or `sockaddr_in6`: family in host order, port and address in network order, scope in host order. */
function sockaddr({ address, port, scope }: Destination): { readonly bytes: Buffer; readonly length: number } {
  const bytes = Buffer.alloc(SCRATCH_BYTES);
  const isV6 = address.family === 'ipv6';
  bytes.writeUInt16LE(isV6 ? AF_INET6 : AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  if (!isV6) {
    bytes.writeUInt32BE(Number(address.value), 4);
    return { bytes, length: SOCKADDR_IN_BYTES };
  }
  bytes.writeBigUInt64BE(address.value >> 64n, 8);
  bytes.writeBigUInt64BE(address.value & 0xffff_ffff_ffff_ffffn, 16);
  bytes.writeUInt32LE(scope, 24);
  return { bytes, length: SOCKADDR_IN6_BYTES };
}

const refused = (status: number, call: string): { ok: false; why: string } => ({
  ok: false,
  why: `${errnoName(-status)}: ${call}`,
});

/**
 * A non-blocking socket of the namespace of `descriptor` (null: our own). Only socket(2) is called inside; connecting and sending happen
 * afterwards, outside, and still in that namespace, because a socket stays where it was made.
 */
export function openSocket(
  descriptor: number | null,
  family: Address['family'],
  protocol: 'tcp' | 'udp',
): Granted<number> {
  const domain = family === 'ipv6' ? AF_INET6 : AF_INET;
  const type = (protocol === 'tcp' ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK_CLOEXEC;
  const open = (): number => syscall('socket', domain, type, 0);
  const entered: Granted<number> = descriptor === null ? { ok: true, value: open() } : withNamespace(descriptor, open);
  if (!entered.ok) return entered;
  return entered.value < 0 ? refused(entered.value, 'socket') : entered;
}

/** SO_BINDTODEVICE: what is sent then leaves by, and is answered on, this interface only. */
export function bindToDevice(fd: number, device: string): Granted<null> {
  const name = Buffer.alloc(SCRATCH_BYTES);
  const length = name.write(device) + 1;
  const status = syscall('setsockopt', fd, SOL_SOCKET, SO_BINDTODEVICE, addressOf(name), length);
  return status < 0 ? refused(status, `SO_BINDTODEVICE ${device}`) : { ok: true, value: null };
}

/** connect(2), which for a non-blocking stream is called again until it is no longer `pending`. */
export function connectTo(fd: number, to: Destination): Granted<'connected' | 'pending'> {
  const { bytes, length } = sockaddr(to);
  const status = syscall('connect', fd, addressOf(bytes), length);
  if (status === 0 || status === -EISCONN) return { ok: true, value: 'connected' };
  if (status === -EINPROGRESS || status === -EALREADY || status === -EINTR) return { ok: true, value: 'pending' };
  return refused(status, 'connect');
}

/** bind(2): what is sent then comes from this address of the namespace; its port is the kernel's choice. */
export function sendFrom(fd: number, address: Address): Granted<null> {
  const { bytes, length } = sockaddr({ address, port: 0, scope: 0 });
  const status = syscall('bind', fd, addressOf(bytes), length);
  return status < 0 ? refused(status, 'bind') : { ok: true, value: null };
}

/** Local address (as in the kernel's struct: 4 or 16 bytes) and port of a socket; null: not told. */
export function localEnd(fd: number): { readonly address: Uint8Array; readonly port: number } | null {
  const name = Buffer.alloc(SCRATCH_BYTES);
  const length = Buffer.alloc(SCRATCH_BYTES);
  length.writeUInt32LE(SOCKADDR_IN6_BYTES, 0);
  if (syscall('getsockname', fd, addressOf(name), addressOf(length)) < 0) return null;
  const isV6 = name.readUInt16LE(0) === AF_INET6;
  return { address: isV6 ? name.subarray(8, 24) : name.subarray(4, 8), port: name.readUInt16BE(2) };
}

/** sendto(2). 0, or the errno's name. */
export function sendDatagram(fd: number, to: Destination, message: Uint8Array): Granted<null> {
  const { bytes, length } = sockaddr(to);
  const payload = Buffer.alloc(Math.max(message.length, SCRATCH_BYTES));
  payload.set(message);
  const flags = MSG_NOSIGNAL | MSG_DONTWAIT;
  const status = syscall('sendto', fd, addressOf(payload), message.length, flags, addressOf(bytes), length);
  return status < 0 ? refused(status, 'sendto') : { ok: true, value: null };
}

let receiver: Buffer | null = null;

/** A datagram and where it came from. */
export interface Received {
  readonly bytes: Buffer;
  readonly address: Address;
  readonly port: number;
}

/** The address of a `struct sockaddr_in` or `sockaddr_in6`. */
function addressIn(name: Buffer): Address {
  return name.readUInt16LE(0) === AF_INET6
    ? { family: 'ipv6', value: (name.readBigUInt64BE(8) << 64n) | name.readBigUInt64BE(16) }
    : { family: 'ipv4', value: BigInt(name.readUInt32BE(4)) };
}

/** recvfrom(2): a copy of the next datagram, null where there is none yet; refused where the kernel says nobody listens. */
export function receiveDatagram(fd: number): Granted<Received | null> {
  receiver ??= Buffer.allocUnsafeSlow(DATAGRAM_BYTES_MAX);
  const from = Buffer.alloc(SCRATCH_BYTES);
  const length = Buffer.alloc(SCRATCH_BYTES);
  length.writeUInt32LE(SOCKADDR_IN6_BYTES, 0);
  const size = syscall(
    'recvfrom',
    fd,
    addressOf(receiver),
    DATAGRAM_BYTES_MAX,
    MSG_DONTWAIT,
    addressOf(from),
    addressOf(length),
  );
  if (size === -EAGAIN || size === -EINTR) return { ok: true, value: null };
  if (size < 0) return refused(size, 'recvfrom');
  const bytes = Buffer.from(receiver.subarray(0, size));
  return { ok: true, value: { bytes, address: addressIn(from), port: from.readUInt16BE(2) } };
}

export function closeSocket(fd: number): void {
  syscall('close', fd);
}
