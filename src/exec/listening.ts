import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { parseProcInet, parseProcUnix } from '../dialects/proc-net.js';
import { decodeText } from '../lib/bytes.js';
import { closeDescriptor, openNamespace, withNamespace } from '../linux/namespaces.js';
import {
  AF_INET,
  AF_INET6,
  CLOSE,
  decodeInetDiag,
  IPPROTO,
  inetRequest,
  LISTEN,
  SOCK_DIAG_BY_FAMILY,
} from '../linux/netlink/inet-diag.js';
import { NETLINK_SOCK_DIAG, NetlinkSocket } from '../linux/netlink/socket.js';

/** Most bytes of one table that are looked at between two collections. */
const TABLE_BYTES_MAX = 4_000_000;
/** Most descriptors of one process that are looked at. */
const DESCRIPTORS_MAX = 10_000;
/** Namespaces that are asked by netlink; a command that makes more is looked at through /proc. */
const NAMESPACES_MAX = 64;

const INET = [
  { protocol: 'tcp', state: LISTEN },
  { protocol: 'udp', state: CLOSE },
  { protocol: 'udplite', state: CLOSE },
  { protocol: 'raw', state: CLOSE },
] as const;

/** A listening socket as a quick look shows it. */
export type QuickSocket = {
  readonly inode: number;
  /** Inode of its network namespace; 0 where it could not be read. */
  readonly namespace: number;
} & (
  | {
      readonly kind: 'inet';
      readonly protocol: (typeof INET)[number]['protocol'];
      readonly family: 'ipv4' | 'ipv6';
      readonly address: string;
      /** For a raw socket its IP protocol. */
      readonly port: number;
      readonly uid: number;
      /** null: not an IPv6 socket, or not shown. */
      readonly v6only: boolean | null;
    }
  | { readonly kind: 'unix'; readonly name: string; readonly type: 'stream' | 'dgram' | 'seqpacket' | 'raw' }
);

/** Protocols that a quick look sees; of others nothing is known from before the command began. */
export const QUICK_PROTOCOLS: readonly string[] = ['tcp', 'udp', 'udplite', 'raw', 'unix'];

function linesOf(pid: number, file: string): readonly string[] {
  try {
    const bytes = readFileSync(`/proc/${pid}/net/${file}`).subarray(0, TABLE_BYTES_MAX);
    return decodeText(bytes).split('\n').slice(1);
  } catch {
    return [];
  }
}

/** By netlink, which finds listeners among a million connections at once. False: refused. */
function ask(socket: NetlinkSocket, namespace: number, found: Map<number, QuickSocket>): boolean {
  let answered = false;
  for (const { protocol, state } of INET)
    for (const family of [AF_INET, AF_INET6]) {
      const request = inetRequest(family, IPPROTO[protocol], [state], null);
      const take = (view: DataView, at: number, end: number): void => {
        const { inode, localAddress, localPort, uid, v6only, family: name } = decodeInetDiag(view, at, end);
        const address = {
          family: name,
          address: localAddress,
          port: localPort,
          v6only: name === 'ipv6' ? v6only : null,
        };
        if (inode !== 0) found.set(inode, { kind: 'inet', inode, namespace, protocol, uid, ...address });
      };
      const end = socket.dump(SOCK_DIAG_BY_FAMILY, request, take, () => {});
      if (end.kind === 'done' && protocol === 'tcp') answered = true;
    }
  return answered;
}

/** By /proc/net, where netlink is refused or the namespace cannot be entered. False: that cannot be read either. */
function readTables(pid: number, namespace: number, found: Map<number, QuickSocket>): boolean {
  for (const { protocol, state } of INET)
    for (const file of [protocol, `${protocol}6`])
      for (const line of linesOf(pid, file)) {
        const row = parseProcInet(line);
        if (row === null || row.state !== state || row.inode === 0) continue;
        const { inode, family, localAddress, localPort, uid } = row;
        const address = { family, address: localAddress, port: localPort, v6only: null };
        found.set(inode, { kind: 'inet', inode, namespace, protocol, uid, ...address });
      }
  return existsSync(`/proc/${pid}/net/tcp`);
}

function namespaceOf(pid: number): number {
  try {
    return statSync(`/proc/${pid}/ns/net`).ino;
  } catch {
    return 0;
  }
}

/** True for a process that is gone, or whose status only waits to be taken: it has no sockets any more. */
function hasEnded(pid: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return 'ZX'.includes(text.charAt(text.lastIndexOf(')') + 2));
  } catch {
    return true;
  }
}

/** A netlink socket of the namespace in which a process lives; null: it cannot be had. */
function netlinkIn(pid: number): NetlinkSocket | null {
  if (pid === process.pid) {
    const opened = NetlinkSocket.open(NETLINK_SOCK_DIAG);
    return typeof opened === 'number' ? null : opened;
  }
  const namespace = openNamespace(`/proc/${pid}/ns/net`);
  if (!namespace.ok) return null;
  try {
    const inside = withNamespace(namespace.value, () => NetlinkSocket.open(NETLINK_SOCK_DIAG));
    return inside.ok && typeof inside.value !== 'number' ? inside.value : null;
  } finally {
    closeDescriptor(namespace.value);
  }
}

/** What listens around some processes, cheaply and again and again. */
export class QuickLook {
  readonly #sockets = new Map<number, NetlinkSocket | null>();
  /** Inodes of the network namespaces that were looked at. */
  readonly namespaces = new Set<number>();
  /** True once a namespace could not be looked at: that nothing was seen means nothing then. */
  blind = false;

  #netlink(pid: number, namespace: number): NetlinkSocket | null {
    const known = this.#sockets.get(namespace);
    if (known !== undefined) return known;
    if (this.#sockets.size >= NAMESPACES_MAX || namespace === 0) return null;
    const made = netlinkIn(pid);
    this.#sockets.set(namespace, made);
    return made;
  }

  /** Listening sockets, by inode, in the network namespaces of these processes. */
  around(pids: readonly number[]): ReadonlyMap<number, QuickSocket> {
    const seen = new Set<number>();
    const found = new Map<number, QuickSocket>();
    for (const pid of pids) {
      const namespace = namespaceOf(pid);
      if (seen.has(namespace)) continue;
      seen.add(namespace);
      this.namespaces.add(namespace);
      const socket = this.#netlink(pid, namespace);
      const asked = socket !== null && ask(socket, namespace, found);
      // A process that ended meanwhile cannot be looked at, and need not be.
      if (!asked && !readTables(pid, namespace, found) && !hasEnded(pid)) this.blind = true;
      for (const line of linesOf(pid, 'unix')) {
        const row = parseProcUnix(line);
        if (row?.listening === true && row.name !== null)
          found.set(row.inode, { kind: 'unix', inode: row.inode, namespace, name: row.name, type: row.type });
      }
    }
    return found;
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket?.close();
    this.#sockets.clear();
  }
}

/** Inodes of the sockets that a process holds; null: its descriptors cannot be read. */
export function socketsHeldBy(pid: number): ReadonlySet<number> | null {
  const folder = `/proc/${pid}/fd`;
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? null : new Set();
  }
  const inodes = new Set<number>();
  for (const name of names.slice(0, DESCRIPTORS_MAX)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${name}`))?.[1];
      if (inode !== undefined) inodes.add(Number(inode));
    } catch {
      // It was closed meanwhile.
    }
  }
  return inodes;
}
