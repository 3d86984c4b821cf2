import type { IdentifiedListener } from '../model/listener.js';
import type { Protocol, Socket } from '../model/socket.js';
import type { Bind } from './ids.js';

/** Sockets that are one listener: what connects to one may be answered by any of them. */
export interface Group extends Bind {
  readonly namespace: number;
  /** Ascending by inode; never empty. */
  readonly sockets: readonly Socket[];
  readonly family: IdentifiedListener['family'];
}

/** EtherType of a packet socket that was given none: nothing is delivered to it (packet(7)). */
const SENDS_ONLY = '0x0000';

/** Whether somebody else can connect or send to it (DESIGN): connected sockets are clients, a bound TCP socket listens to nobody. */
function hears(socket: Socket): boolean {
  switch (socket.protocol) {
    case 'tcp':
    case 'sctp':
    case 'dccp':
      return socket.state === 'listen' && socket.port !== 0;
    case 'udp':
    case 'udplite':
      return socket.state === 'bound' && socket.port !== 0;
    case 'unix':
      return socket.state === 'listen' || (socket.state === 'bound' && socket.address !== null);
    case 'vsock':
      return socket.state === 'listen' || (socket.state === 'bound' && socket.type === 'dgram');
    case 'raw':
      return socket.state !== 'connected';
    case 'packet':
      return socket.etherType !== SENDS_ONLY;
    default:
      return false;
  }
}

/**
 * Two sockets with one key are one listener. A unix name belongs to one socket at a time, so equal paths are different files (in another
 * root, or unlinked and bound anew): they stay apart.
 */
function keyOf(socket: Socket, index: number): string {
  const own = socket.protocol === 'unix' ? (socket.inode ?? `#${index}`) : '';
  const port = socket.port ?? (socket.portCandidates === undefined ? '' : socket.portCandidates.join('|'));
  return [
    socket.namespace,
    socket.protocol,
    socket.address ?? '',
    port,
    socket.device ?? '',
    socket.protocol === 'raw' ? `${socket.ipProtocol ?? ''} ${socket.family ?? ''}` : (socket.etherType ?? ''),
    socket.cut ?? '',
    own,
  ].join('\0');
}

function familyOf(socket: Socket): IdentifiedListener['family'] {
  if (socket.family === null || socket.family === 'ipv4' || socket.mapped === true)
    return socket.family === null ? null : 'ipv4';
  if (socket.address !== '::' || socket.protocol === 'raw') return 'ipv6';
  return socket.v6only === null ? 'unknown' : socket.v6only ? 'ipv6' : 'dual';
}

/** Of one group: an IPv6 socket that takes IPv4 makes the listener dual, one that may take it makes it unknown. */
function familyOfAll(sockets: readonly Socket[]): IdentifiedListener['family'] {
  const families = new Set(sockets.map(familyOf));
  for (const family of ['dual', 'unknown', 'ipv6', 'ipv4'] as const) if (families.has(family)) return family;
  return null;
}

const byInode = (a: Socket, b: Socket): number => (a.inode ?? 0) - (b.inode ?? 0);

function groupOf(sockets: readonly Socket[]): Group | null {
  const ordered = [...sockets].sort(byInode);
  const first = ordered[0];
  if (first === undefined) return null;
  return {
    protocol: first.protocol,
    address: first.address,
    port: first.port,
    device: first.device,
    ipProtocol: first.ipProtocol ?? null,
    etherType: first.protocol === 'packet' ? (first.etherType ?? 'all') : null,
    namespace: first.namespace,
    sockets: ordered,
    family: familyOfAll(ordered),
  };
}

const PROTOCOLS: readonly Protocol[] = ['tcp', 'udp', 'udplite', 'sctp', 'dccp', 'vsock', 'unix', 'raw', 'packet'];

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The order of a report: namespace as the snapshot has them, protocol, port, IPv4 before IPv6, address, device. */
function compare(a: Group, b: Group, rank: ReadonlyMap<number, number>): number {
  const place = (group: Group): number => rank.get(group.namespace) ?? rank.size;
  return (
    place(a) - place(b) ||
    a.namespace - b.namespace ||
    PROTOCOLS.indexOf(a.protocol) - PROTOCOLS.indexOf(b.protocol) ||
    (a.port ?? 0) - (b.port ?? 0) ||
    compareText(a.family ?? '', b.family ?? '') ||
    compareText(a.address ?? '', b.address ?? '') ||
    compareText(a.device ?? '', b.device ?? '') ||
    compareText(a.ipProtocol ?? a.etherType ?? '', b.ipProtocol ?? b.etherType ?? '') ||
    (a.sockets[0]?.inode ?? 0) - (b.sockets[0]?.inode ?? 0)
  );
}

/** Sockets taken together as listeners, in the order of a report. `namespaces`: inodes, the first first. */
export function groupSockets(sockets: readonly Socket[], namespaces: readonly number[]): readonly Group[] {
  const groups = new Map<string, Socket[]>();
  for (const [index, socket] of sockets.entries()) {
    if (!hears(socket)) continue;
    const key = keyOf(socket, index);
    const there = groups.get(key);
    if (there === undefined) groups.set(key, [socket]);
    else there.push(socket);
  }
  const rank = new Map(namespaces.map((id, index) => [id, index]));
  const made: Group[] = [];
  for (const members of groups.values()) {
    const group = groupOf(members);
    if (group !== null) made.push(group);
  }
  return made.sort((a, b) => compare(a, b, rank));
}
