import type { NetlinkSocket } from '../../linux/netlink/socket.js';
import type { Gap } from '../../model/gap.js';
import type { Protocol } from '../../model/socket.js';
import type { DeviceName } from '../network/routes.js';
import type { Draft } from './draft.js';
import { type Dumped, INET_PROTOCOLS, joinMptcp, readInet, readMptcp } from './inet.js';
import { readPacket, readUnix, readVsock, type UnixFiles } from './others.js';
import { type ProcBlind, procBlindSpots } from './proc.js';
import type { Registered } from './registered.js';
import type { UnlistedCount } from './unlisted.js';

/** Where sockets are read from; `auto` decides per protocol and namespace. */
export type Backend = 'auto' | 'netlink' | 'proc';

/** A namespace to be asked for its sockets. */
export interface SocketSource {
  readonly id: number;
  readonly name: string;
  /** null: netlink is not to be had there, or not wanted. */
  readonly diag: NetlinkSocket | null;
  /** Why `diag` is null, in words. */
  readonly refused: string;
  /** What there is to be asked for. */
  readonly registered: Registered;
  /** Reads a protocol from /proc/net of the namespace; null: there is no such folder for us. */
  readonly proc: ((protocol: Protocol) => Dumped) | null;
}

/** Sockets of one namespace, and by which source each protocol was read. */
export interface NamespaceSockets {
  readonly sockets: readonly Draft[];
  readonly files: UnixFiles;
  readonly gaps: readonly Gap[];
  /** True: at least one source of listeners answered. */
  readonly answered: boolean;
  /** True: this kernel does not answer for vsock. */
  readonly vsockUnread: boolean;
  /** Sockets of protocols that have no list at all. */
  readonly unlisted: readonly UnlistedCount[];
  /** IP sockets that were read from /proc/net. */
  readonly procBlind: ProcBlind;
}

const PROTOCOLS: readonly Protocol[] = [...INET_PROTOCOLS, 'unix', 'packet', 'vsock'];

/** Protocols that every kernel with a network has; the absence of the others only means that nobody can use them. */
const ALWAYS: ReadonlySet<Protocol> = new Set(['tcp', 'udp', 'raw', 'unix']);

function askKernel(
  diag: NetlinkSocket,
  registered: Registered,
  protocol: Protocol,
  namespace: number,
  device: DeviceName,
  files: UnixFiles,
): Dumped {
  if (protocol === 'unix') return readUnix(diag, namespace, files, registered.unixDatagrams);
  if (protocol === 'packet') return readPacket(diag, namespace, device);
  if (protocol === 'vsock') return readVsock(diag, namespace);
  const dumped = readInet(diag, protocol, namespace, device);
  if (protocol !== 'tcp' || dumped.kind !== 'read' || !registered.mptcp) return dumped;
  const mptcp = readMptcp(diag, namespace, device);
  if (mptcp.kind !== 'read' || mptcp.sockets.length === 0) return dumped;
  const tcp = [...dumped.sockets];
  joinMptcp(tcp, mptcp.sockets);
  return { ...dumped, sockets: tcp };
}

/** The kernel has no such protocol now, so nobody can have such a socket. */
const NOT_THERE: Dumped = { kind: 'read', sockets: [], interrupted: false };

/** The process by which the namespace's /proc/net was read is no more. */
const ENDED = /(?:ENOENT|ESRCH): \/proc\/\d+\//;

function missing(source: SocketSource, protocol: Protocol, why: string, backend: Backend): Gap {
  return {
    kind: 'protocol',
    what: `${protocol} sockets of namespace ${source.name}`,
    why,
    hides: `every ${protocol} listener there`,
    fix: ENDED.test(why)
      ? 'look again: it went away while earshot looked'
      : backend === 'netlink'
        ? 'leave out --backend netlink'
        : 'run as root with /proc mounted',
    hidesListeners: true,
  };
}

function interruptedGap(source: SocketSource, protocol: Protocol): Gap {
  return {
    kind: 'protocol',
    what: `some ${protocol} sockets of namespace ${source.name}`,
    why: "the kernel's table changed each time while it was read (NLM_F_DUMP_INTR)",
    hides: 'listeners that were opened or closed at that moment',
    fix: 'run it again',
    hidesListeners: true,
  };
}

/** One protocol of one namespace, by netlink or /proc as wished and as there is. */
function readProtocol(
  source: SocketSource,
  protocol: Protocol,
  device: DeviceName,
  backend: Backend,
  files: UnixFiles,
): Dumped {
  if (!source.registered.has(protocol)) return NOT_THERE;
  const byKernel: Dumped =
    source.diag === null
      ? { kind: 'refused', why: source.refused }
      : askKernel(source.diag, source.registered, protocol, source.id, device, files);
  if (byKernel.kind === 'read' || backend === 'netlink' || source.proc === null) return byKernel;
  const byProc = source.proc(protocol);
  if (byProc.kind === 'read') return byProc;
  return {
    kind: byKernel.kind === 'absent' ? 'absent' : byProc.kind,
    why: `${byKernel.why}; ${byProc.why}`,
  };
}

/** Every socket of the namespace that can hear. */
export function readSockets(source: SocketSource, device: DeviceName, backend: Backend): NamespaceSockets {
  const gaps: Gap[] = [];
  const sockets: Draft[] = [];
  const files: UnixFiles = new Map();
  let answered = false;
  let vsockUnread = false;
  const closed = source.diag === null && source.proc === null;
  for (const protocol of closed ? [] : PROTOCOLS) {
    const read = readProtocol(source, protocol, device, backend, files);
    if (read.kind === 'read') {
      if (protocol === 'tcp' || protocol === 'udp') answered = true;
      for (const socket of read.sockets) sockets.push(socket);
      if (read.interrupted) gaps.push(interruptedGap(source, protocol));
    } else if (protocol === 'vsock') vsockUnread = true;
    else if (read.kind === 'refused' || ALWAYS.has(protocol)) gaps.push(missing(source, protocol, read.why, backend));
  }
  return {
    sockets,
    files,
    gaps,
    answered,
    vsockUnread,
    unlisted: source.registered.unlisted,
    procBlind: procBlindSpots(sockets),
  };
}
