import type { Protocol } from '../../model/socket.js';
import type { Host } from '../host.js';
import type { NetFilePath } from './net-file.js';
import { UNLISTED, type UnlistedCount } from './unlisted.js';

const PROTOCOLS_BYTES_MAX = 65_536;
/** Since Linux 6.2 a listening MPTCP socket counts as one in use (mptcp_listen). */
const MPTCP_COUNTED: readonly [number, number] = [6, 2];

/** Which protocols the kernel has at this moment. Asking sock_diag for another one would make it load a module: that is harm. */
export interface Registered {
  has(protocol: Protocol): boolean;
  /** False: the namespace surely has no MPTCP socket, and its tables (which are large) need not be walked. */
  readonly mptcp: boolean;
  /**
   * How many datagram and seqpacket sockets of unix the namespace has, since Linux 5.15, which calls datagram sockets connected that have a
   * client; 0 before it; null: not told.
   */
  readonly unixDatagrams: number | null;
  /** Sockets that no list shows. */
  readonly unlisted: readonly UnlistedCount[];
}

/** Names in /proc/net/protocols (proto_list, net/core/sock.c). The others are always there. */
const NAMES: Readonly<Partial<Record<Protocol, string>>> = {
  sctp: 'SCTP',
  dccp: 'DCCP',
  vsock: 'AF_VSOCK',
  packet: 'PACKET',
};

const ALL: Registered = { has: () => true, mptcp: true, unixDatagrams: null, unlisted: [] };

function countsMptcp(release: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map(Number);
  return major > MPTCP_COUNTED[0] || (major === MPTCP_COUNTED[0] && minor >= MPTCP_COUNTED[1]);
}

/** Reads the namespace's /proc/net/protocols; where that cannot be read everything is asked for. */
export function readRegistered(host: Host, file: NetFilePath, release: string): Registered {
  const path = file('protocols');
  if (path === null) return ALL;
  const read = host.sync.readText(path, PROTOCOLS_BYTES_MAX);
  if (!read.ok || !read.value.startsWith('protocol')) return ALL;
  const counts = new Map<string, number>();
  for (const line of read.value.split('\n').slice(1)) {
    const [name = '', , sockets] = line.split(/\s+/);
    if (name !== '') counts.set(name, Number(sockets));
  }
  const inUse = (counts.get('MPTCP') ?? 0) + (counts.get('MPTCPv6') ?? 0);
  return {
    has: (protocol) => {
      const name = NAMES[protocol];
      return name === undefined || counts.has(name);
    },
    unlisted: [...counts].flatMap(([protocol, count]) =>
      count > 0 && Object.hasOwn(UNLISTED, protocol) ? [{ protocol, count }] : [],
    ),
    unixDatagrams: counts.has('UNIX-STREAM') ? (counts.get('UNIX') ?? 0) : 0,
    mptcp: counts.has('MPTCP') && (inUse > 0 || !countsMptcp(release)),
  };
}
