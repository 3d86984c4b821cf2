import { EINVAL, ENOENT, EOPNOTSUPP, errnoName } from '../../linux/errno.js';
import {
  AF_INET,
  AF_INET6,
  CLOSE,
  decodeInetDiag,
  ESTABLISHED,
  type InetDiag,
  IPPROTO,
  inetRequest,
  LISTEN,
  SOCK_DIAG_BY_FAMILY,
} from '../../linux/netlink/inet-diag.js';
import type { NetlinkSocket } from '../../linux/netlink/socket.js';
import type { Protocol } from '../../model/socket.js';
import { type Draft, draftOf, ipProtocolName, plainAddress, setAddress } from './draft.js';

/** What came of asking one family and protocol. `absent`: this kernel does not answer for it (no such protocol, or no diag module). */
export type Dumped =
  | { readonly kind: 'read'; readonly sockets: readonly Draft[]; readonly interrupted: boolean }
  | { readonly kind: 'absent' | 'refused'; readonly why: string };

/** Protocols of inet_diag and the states of their sockets that can hear. */
export const INET_PROTOCOLS = ['tcp', 'udp', 'udplite', 'sctp', 'dccp', 'raw'] as const;
export type InetProtocol = (typeof INET_PROTOCOLS)[number];

const HEARING: Readonly<Record<InetProtocol | 'mptcp', readonly number[]>> = {
  tcp: [LISTEN],
  mptcp: [LISTEN],
  sctp: [LISTEN],
  dccp: [LISTEN],
  udp: [ESTABLISHED, CLOSE],
  udplite: [ESTABLISHED, CLOSE],
  raw: [ESTABLISHED, CLOSE],
};

/** As `Dumped`, of messages. */
export type DumpedRows<T> =
  | { readonly kind: 'read'; readonly rows: readonly T[]; readonly interrupted: boolean }
  | { readonly kind: 'absent' | 'refused'; readonly why: string };

/** Collects the messages of one dump, from the start again where the kernel's table changed meanwhile. */
export function dumpAll<T>(
  socket: NetlinkSocket,
  request: Uint8Array,
  decode: (view: DataView, at: number, end: number) => T,
): DumpedRows<T> {
  const rows: T[] = [];
  const end = socket.dump(
    SOCK_DIAG_BY_FAMILY,
    request,
    (view, at, to) => rows.push(decode(view, at, to)),
    () => {
      rows.length = 0;
    },
  );
  if (end.kind === 'done') return { kind: 'read', rows, interrupted: end.interrupted };
  const absent = end.errno === ENOENT || end.errno === EOPNOTSUPP || end.errno === EINVAL;
  return { kind: absent ? 'absent' : 'refused', why: `${errnoName(end.errno)}: sock_diag` };
}

function stateOf(protocol: Protocol, diag: InetDiag): Draft['state'] {
  if (protocol === 'tcp' || protocol === 'sctp' || protocol === 'dccp') return 'listen';
  return diag.state === ESTABLISHED ? 'connected' : 'bound';
}

function socketOf(protocol: InetProtocol, namespace: number, diag: InetDiag, device: (index: number) => string): Draft {
  const draft = draftOf(protocol, namespace, 'netlink');
  setAddress(draft, diag.family, diag.localAddress);
  draft.state = stateOf(protocol, diag);
  if (protocol === 'raw') draft.ipProtocol = ipProtocolName(diag.localPort);
  else draft.port = diag.localPort;
  if (draft.state === 'connected')
    draft.peer = { address: plainAddress(diag.remoteAddress), port: protocol === 'raw' ? null : diag.remotePort };
  if (diag.deviceIndex !== 0) {
    draft.device = device(diag.deviceIndex);
    draft.deviceIndex = diag.deviceIndex;
  }
  draft.v6only = diag.family === 'ipv6' ? diag.v6only : null;
  draft.transparent = diag.transparent;
  draft.inode = diag.inode === 0 ? null : diag.inode;
  draft.cookie = diag.cookie;
  draft.uid = diag.uid;
  draft.mark = diag.mark;
  draft.cgroupId = diag.cgroupId;
  if (draft.state === 'listen') draft.queue = { used: diag.receiveQueue, max: diag.sendQueue };
  draft.queues = { receive: diag.receiveQueue, send: draft.state === 'listen' ? 0 : diag.sendQueue };
  const further = diag.locals.map(plainAddress).filter((address) => address !== draft.address);
  if (further.length > 0) draft.addresses = further;
  return draft;
}

/** Sockets of one protocol that can hear, both families. One family that this kernel lacks (no IPv6) is no failure of the other. */
export function readInet(
  socket: NetlinkSocket,
  protocol: InetProtocol,
  namespace: number,
  device: (index: number) => string,
): Dumped {
  const sockets: Draft[] = [];
  let interrupted = false;
  let failed: Dumped | null = null;
  for (const family of [AF_INET, AF_INET6]) {
    const dumped = dumpAll(socket, inetRequest(family, IPPROTO[protocol], HEARING[protocol], null), decodeInetDiag);
    if (dumped.kind !== 'read') {
      if (family === AF_INET || dumped.kind === 'refused') failed = dumped;
      continue;
    }
    interrupted ||= dumped.interrupted;
    for (const diag of dumped.rows) sockets.push(socketOf(protocol, namespace, diag, device));
  }
  return failed ?? { kind: 'read', sockets, interrupted };
}

/** MPTCP listeners; each has a TCP twin with the same inode. */
export function readMptcp(socket: NetlinkSocket, namespace: number, device: (index: number) => string): Dumped {
  const sockets: Draft[] = [];
  for (const family of [AF_INET, AF_INET6]) {
    const dumped = dumpAll(socket, inetRequest(family, IPPROTO.mptcp, HEARING.mptcp, null), decodeInetDiag);
    if (dumped.kind !== 'read') {
      if (family === AF_INET) return dumped;
      continue;
    }
    for (const diag of dumped.rows) {
      const draft = socketOf('tcp', namespace, diag, device);
      draft.mptcp = true;
      sockets.push(draft);
    }
  }
  return { kind: 'read', sockets, interrupted: false };
}

/** Marks the TCP sockets that are MPTCP; a twin-less MPTCP listener is added as it is. */
export function joinMptcp(tcp: Draft[], mptcp: readonly Draft[]): void {
  const twins = new Map<string, Draft>();
  for (const draft of tcp) if (draft.inode !== null) twins.set(`${draft.inode} ${draft.address} ${draft.port}`, draft);
  for (const draft of mptcp) {
    const twin = draft.inode === null ? undefined : twins.get(`${draft.inode} ${draft.address} ${draft.port}`);
    if (twin !== undefined) twin.mptcp = true;
    else tcp.push(draft);
  }
}
