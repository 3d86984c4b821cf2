import type { Interface, Route } from '../../src/model/network.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import type { ShownOwner, Socket } from '../../src/model/socket.js';

const host = (address: string): string => (address.includes(':') ? `[${address}]` : address);

function localText(socket: Socket): string {
  if (socket.protocol === 'unix') return `${socket.address ?? '-'} ${socket.type ?? ''}`;
  if (socket.protocol === 'packet')
    return `${socket.etherType ?? ''}${socket.device === null ? '' : `%${socket.device}`} ${socket.type ?? ''}`;
  const device = socket.device === null ? '' : `%${socket.device}`;
  const address = socket.address ?? '-';
  const shown = address.includes(':') ? `[${address}${device}]` : `${address}${device}`;
  if (socket.protocol === 'raw') return `${shown} ${socket.ipProtocol ?? ''}`;
  const candidates = socket.portCandidates === undefined ? '' : `(${socket.portCandidates.join(',')})`;
  return `${shown}:${socket.port ?? `?${socket.portName ?? ''}${candidates}`}`;
}

const ownerText = (owner: ShownOwner): string =>
  `${owner.pid ?? '?'}/${owner.name ?? ''}${owner.user === null ? '' : `@${owner.user}`}${owner.unit ? `{${owner.unit}}` : ''}`;

function socketLine(socket: Socket, facts: ReadonlySet<string>): string {
  const words = [socket.state, socket.protocol, localText(socket)];
  if (socket.peer !== null) words.push('>', `${host(socket.peer.address)}:${socket.peer.port ?? '?'}`);
  if (socket.mapped === true) words.push('mapped');
  if (socket.address === '::' && socket.v6only !== null) words.push(socket.v6only ? 'v6only' : 'dual');
  if (socket.cut !== undefined) words.push(`cut-${socket.cut}`);
  for (const owner of socket.shown ?? []) words.push(ownerText(owner));
  if (facts.has('inode') && socket.inode !== null) words.push(`inode=${socket.inode}`);
  if (facts.has('uid') && socket.uid !== null) words.push(`uid=${socket.uid}`);
  return words.join(' ');
}

function interfaceLine(shown: Interface): string {
  const counters = shown.counters === null ? '' : ` rx ${shown.counters.rxPackets} tx ${shown.counters.txPackets}`;
  const flags = shown.flags.length === 0 ? '' : ` ${[...shown.flags].sort().join(' ')}`;
  return `if ${shown.name} mtu ${shown.mtu}${flags}${shown.mac === null ? '' : ` mac ${shown.mac}`}${counters}`;
}

function routeLine(route: Route): string {
  const type = route.type === 'unicast' ? '' : `${route.type} `;
  const via = route.gateway === null ? '' : ` via ${route.gateway}`;
  const dev = route.interface === null ? '' : ` dev ${route.interface}`;
  return `route ${type}${route.destination}${via}${dev}${route.metric === 0 ? '' : ` metric ${route.metric}`}`;
}

/** What a snapshot of a capture holds, a line a fact, as the .records files have them. */
export function recordsOf(snapshot: Snapshot, facts: ReadonlySet<string> = new Set()): readonly string[] {
  const lines = snapshot.sockets.map((socket) => socketLine(socket, facts));
  for (const socket of snapshot.sockets)
    if (socket.clients !== null && socket.clients.count > 0)
      lines.push(
        `clients ${localText(socket)} ${socket.clients.count} ${socket.clients.addresses.map(host).join(' ')}`,
      );
  for (const network of snapshot.networks) {
    lines.push(...network.interfaces.map(interfaceLine));
    lines.push(...network.addresses.map((one) => `addr ${one.interface} ${one.address}/${one.prefixLength}`));
    lines.push(...network.routes.map(routeLine));
  }
  for (const space of snapshot.statistics?.namespaces ?? []) {
    for (const [group, counters] of Object.entries(space.counters))
      for (const [name, value] of Object.entries(counters)) lines.push(`stat ${group} ${name} ${value}`);
    lines.push(...space.memberships.map((one) => `member ${one.interface} ${one.group} ${one.users}`));
  }
  return lines.sort();
}

/** A .records file, sorted into what must be there line for line and what is said about the whole. */
export interface Expected {
  readonly records: readonly string[];
  readonly facts: ReadonlySet<string>;
  readonly dialect: string | null;
  readonly os: string | null;
  readonly gaps: readonly string[];
  readonly error: string | null;
}

export function parseExpected(text: string): Expected {
  const records: string[] = [];
  const gaps: string[] = [];
  let facts = new Set<string>();
  let dialect: string | null = null;
  let os: string | null = null;
  let error: string | null = null;
  for (const line of text.split('\n')) {
    const [word = ''] = line.split(' ', 1);
    const rest = line.slice(word.length + 1);
    if (word === '') continue;
    if (word === 'dialect') dialect = rest;
    else if (word === 'os') os = rest;
    else if (word === 'with') facts = new Set(rest.split(' '));
    else if (word === 'gap') gaps.push(rest);
    else if (word === 'error') error = rest;
    else if (word === 'if') records.push(sortedFlags(line));
    else records.push(line);
  }
  return { records: records.sort(), facts, dialect, os, gaps, error };
}

/** The order of an interface's flags says nothing. */
function sortedFlags(line: string): string {
  const words = line.split(' ');
  const flags = words.filter((word) => /^(?:UP|BROADCAST|LOOPBACK|MULTICAST|RUNNING|PROMISC|NOARP)$/.test(word));
  if (flags.length < 2) return line;
  const at = words.indexOf(flags[0] ?? '');
  words.splice(at, flags.length, ...[...flags].sort());
  return words.join(' ');
}
