import { type Address, formatAddress } from '../../lib/ip/address.js';
import { HOST_IS_LITTLE } from './attributes.js';
import { AF_INET, AF_INET6, decodeInetDiag, IPPROTO, inetRequest, LISTEN, SOCK_DIAG_BY_FAMILY } from './inet-diag.js';
import type { NetlinkSocket } from './socket.js';

/** One end of a connection; the address as 4 or 16 bytes. */
interface End {
  readonly address: Uint8Array;
  readonly port: number;
}

/** Offsets in `struct inet_diag_req_v2`: after family, protocol and states stands `struct inet_diag_sockid`. */
const SOURCE_PORT = 8;
const PEER_PORT = 10;
const SOURCE_ADDRESS = 12;
const PEER_ADDRESS = 28;
const INTERFACE = 44;

function bytesOf({ family, value }: Address): Uint8Array {
  const bytes = new Uint8Array(family === 'ipv6' ? 16 : 4);
  for (let at = bytes.length - 1, rest = value; at >= 0; at--, rest >>= 8n) bytes[at] = Number(rest & 255n);
  return bytes;
}

/**
 * Whether the other end of a connection is a socket of the namespace in which `diag` was opened: one whose own address is `remote` and whose
 * peer is `local`; `interfaceIndex` is of the device that it is bound to, else 0. False where a translation (DNAT, IPVS, sk_lookup of another namespace) has led the connection elsewhere.
 */
export function isAnsweredHere(
  diag: NetlinkSocket,
  remote: { readonly address: Address; readonly port: number; readonly interfaceIndex: number },
  local: End,
): boolean {
  const isV6 = remote.address.family === 'ipv6';
  const request = inetRequest(isV6 ? AF_INET6 : AF_INET, IPPROTO.tcp, [], null);
  const view = new DataView(request.buffer, request.byteOffset);
  view.setUint16(SOURCE_PORT, remote.port);
  view.setUint16(PEER_PORT, local.port);
  request.set(bytesOf(remote.address), SOURCE_ADDRESS);
  request.set(local.address, PEER_ADDRESS);
  view.setUint32(INTERFACE, remote.interfaceIndex, HOST_IS_LITTLE);
  let found = false;
  diag.ask(SOCK_DIAG_BY_FAMILY, request, (answer, at, end) => {
    const socket = decodeInetDiag(answer, at, end);
    // The kernel falls back to the listener of the port where no connection fits.
    const own = socket.localAddress.replace(/^::ffff:(?=\d+\.)/, '');
    if (socket.state !== LISTEN && socket.remotePort === local.port && own === formatAddress(remote.address))
      found = true;
  });
  return found;
}
