import { etherTypeName } from '../../dialects/proc-net.js';
import { decodeText } from '../../lib/bytes.js';
import { CLOSE, ESTABLISHED, LISTEN } from '../../linux/netlink/inet-diag.js';
import { decodePacketDiag, packetRequest } from '../../linux/netlink/packet-diag.js';
import type { NetlinkSocket } from '../../linux/netlink/socket.js';
import { decodeUnixDiag, isUnixConnection, type UnixDiag, unixRequest } from '../../linux/netlink/unix-diag.js';
import { decodeVsockDiag, VSOCK_ANY, vsockRequest } from '../../linux/netlink/vsock-diag.js';
import { type Draft, draftOf } from './draft.js';
import { type Dumped, type DumpedRows, dumpAll } from './inet.js';

/** The file a unix socket was bound to, as the kernel knows it. */
interface UnixFileIdentity {
  readonly inode: number;
  /** Device as the kernel packs it: major << 20 | minor. */
  readonly device: number;
}

/** Files of unix sockets with a path, by socket. */
export type UnixFiles = Map<Draft, UnixFileIdentity>;

/** `@name` for an abstract name (further NULs as `\x00`), else the path. */
function unixAddress(name: Uint8Array): string {
  if (name[0] !== 0) return decodeText(name);
  return `@${decodeText(name.subarray(1)).replaceAll('\0', '\\x00')}`;
}

/**
 * A datagram socket without a peer of its own takes letters from everybody, also where the kernel calls it connected because somebody has
 * connected to it; the others are heard only when they listen.
 */
function unixHears(diag: UnixDiag): boolean {
  if (diag.name === null) return false;
  return diag.type === 'dgram' ? diag.peerInode === null : diag.state === LISTEN;
}

/** Rows of unix sockets that may hear. Connections are asked for only where datagram sockets must be among them. */
function dumpUnix(socket: NetlinkSocket, datagrams: number | null): DumpedRows<UnixDiag> {
  const dumped = dumpAll(socket, unixRequest([LISTEN, CLOSE]), decodeUnixDiag);
  if (dumped.kind !== 'read') return dumped;
  const seen = dumped.rows.filter((diag) => diag.type !== 'stream').length;
  if (datagrams !== null && datagrams <= seen) return dumped;
  const connected = dumpAll(socket, unixRequest([ESTABLISHED]), (view, at, end) =>
    isUnixConnection(view, at) ? null : decodeUnixDiag(view, at, end),
  );
  if (connected.kind !== 'read') return connected;
  // One of them may have been connected between the two answers.
  const rows = new Map(dumped.rows.map((diag) => [diag.cookie, diag]));
  for (const diag of connected.rows) if (diag !== null) rows.set(diag.cookie, diag);
  return { kind: 'read', rows: [...rows.values()], interrupted: dumped.interrupted || connected.interrupted };
}

/**
 * Unix sockets that hear: listening stream and seqpacket, bound datagram. `files` gets the files of those that have a path; `datagrams`:
 * `Registered`.
 */
export function readUnix(socket: NetlinkSocket, namespace: number, files: UnixFiles, datagrams: number | null): Dumped {
  const dumped = dumpUnix(socket, datagrams);
  if (dumped.kind !== 'read') return dumped;
  const sockets: Draft[] = [];
  for (const diag of dumped.rows) {
    if (!unixHears(diag) || diag.name === null) continue;
    const draft = draftOf('unix', namespace, 'netlink');
    draft.state = diag.state === LISTEN ? 'listen' : 'bound';
    draft.address = unixAddress(diag.name);
    draft.type = diag.type;
    draft.inode = diag.inode;
    draft.cookie = diag.cookie;
    draft.uid = diag.uid;
    if (diag.queue !== null) {
      if (draft.state === 'listen') draft.queue = { used: diag.queue.receive, max: diag.queue.send };
      draft.queues = { receive: diag.queue.receive, send: draft.state === 'listen' ? 0 : diag.queue.send };
    }
    if (diag.file !== null) files.set(draft, diag.file);
    sockets.push(draft);
  }
  return { kind: 'read', sockets, interrupted: dumped.interrupted };
}

/** Packet sockets, also those without a protocol (0), which only send. */
export function readPacket(socket: NetlinkSocket, namespace: number, device: (index: number) => string): Dumped {
  const dumped = dumpAll(socket, packetRequest(), decodePacketDiag);
  if (dumped.kind !== 'read') return dumped;
  const sockets: Draft[] = [];
  for (const diag of dumped.rows) {
    const draft = draftOf('packet', namespace, 'netlink');
    draft.etherType = etherTypeName(diag.etherType);
    draft.type = diag.type;
    if (diag.deviceIndex !== 0) {
      draft.device = device(diag.deviceIndex);
      draft.deviceIndex = diag.deviceIndex;
    }
    draft.inode = diag.inode === 0 ? null : diag.inode;
    draft.cookie = diag.cookie;
    draft.uid = diag.uid;
    sockets.push(draft);
  }
  return { kind: 'read', sockets, interrupted: dumped.interrupted };
}

/** vsock sockets that hear: listening ones, and datagram ones without a peer. */
export function readVsock(socket: NetlinkSocket, namespace: number): Dumped {
  const dumped = dumpAll(socket, vsockRequest([LISTEN, CLOSE, ESTABLISHED]), decodeVsockDiag);
  if (dumped.kind !== 'read') return dumped;
  const sockets: Draft[] = [];
  for (const diag of dumped.rows) {
    const hears =
      diag.type === 'dgram' ? diag.remotePort === VSOCK_ANY || diag.remotePort === 0 : diag.state === LISTEN;
    if (!hears || diag.localPort === VSOCK_ANY) continue;
    const draft = draftOf('vsock', namespace, 'netlink');
    draft.state = diag.state === LISTEN ? 'listen' : 'bound';
    draft.address = diag.localCid === VSOCK_ANY ? 'any' : String(diag.localCid);
    draft.port = diag.localPort;
    draft.type = diag.type;
    draft.inode = diag.inode === 0 ? null : diag.inode;
    draft.cookie = diag.cookie;
    sockets.push(draft);
  }
  return { kind: 'read', sockets, interrupted: dumped.interrupted };
}
