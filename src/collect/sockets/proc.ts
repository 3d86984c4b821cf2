import {
  etherTypeName,
  type ProcInet,
  parseProcInet,
  parseProcPacket,
  parseProcUnix,
  procUnixHears,
} from '../../dialects/proc-net.js';
import type { Protocol } from '../../model/socket.js';
import type { Host } from '../host.js';
import type { DeviceName } from '../network/routes.js';
import type { ClientCounter } from './clients.js';
import { type Draft, draftOf, ipProtocolName, plainAddress, setAddress } from './draft.js';
import type { Dumped } from './inet.js';
import type { NetFilePath } from './net-file.js';

/** 100,000 connections are 15 MB. */
const TABLE_BYTES_MAX = 512 * 1024 * 1024;
const ESTABLISHED = 1;
const CLOSE = 7;
const LISTEN = 10;

/** Files of a protocol below /proc/net: the second may be missing (no IPv6). Others than these have no table there. */
const FILES: Readonly<Partial<Record<Protocol, readonly string[]>>> = {
  tcp: ['tcp', 'tcp6'],
  udp: ['udp', 'udp6'],
  udplite: ['udplite', 'udplite6'],
  raw: ['raw', 'raw6'],
  unix: ['unix'],
  packet: ['packet'],
};

function hears(protocol: Protocol, state: number): boolean {
  return protocol === 'tcp' ? state === LISTEN : state === CLOSE || state === ESTABLISHED;
}

function inetSocket(protocol: Protocol, namespace: number, row: ProcInet): Draft {
  const draft = draftOf(protocol, namespace, 'proc');
  setAddress(draft, row.family, row.localAddress);
  const connected = row.state === ESTABLISHED;
  draft.state = connected ? 'connected' : protocol === 'tcp' ? 'listen' : 'bound';
  const raw = protocol === 'raw';
  if (raw) draft.ipProtocol = ipProtocolName(row.localPort);
  else draft.port = row.localPort;
  if (connected) draft.peer = { address: plainAddress(row.remoteAddress), port: raw ? null : row.remotePort };
  draft.inode = row.inode === 0 ? null : row.inode;
  draft.uid = row.uid;
  if (draft.state === 'listen') draft.queue = { used: row.queues.receive, max: null };
  draft.queues = row.queues;
  return draft;
}

function unixSocket(line: string, namespace: number): Draft | null {
  const row = parseProcUnix(line);
  if (row === null || row.name === null) return null;
  if (!procUnixHears(row)) return null;
  const draft = draftOf('unix', namespace, 'proc');
  draft.state = row.listening ? 'listen' : 'bound';
  draft.address = row.name;
  draft.type = row.type;
  draft.inode = row.inode;
  return draft;
}

function packetSocket(line: string, namespace: number, device: DeviceName): Draft | null {
  const row = parseProcPacket(line);
  if (row === null) return null;
  const draft = draftOf('packet', namespace, 'proc');
  draft.etherType = etherTypeName(row.etherType);
  draft.type = row.type;
  if (row.deviceIndex !== 0) {
    draft.device = device(row.deviceIndex);
    draft.deviceIndex = row.deviceIndex;
  }
  draft.inode = row.inode;
  draft.uid = row.uid;
  return draft;
}

/** A path may hold line ends: in /proc/net/unix a line that starts no row belongs to the row before it. */
function unixLines(text: string): readonly string[] {
  const lines: string[] = [];
  for (const line of text.split('\n').slice(1)) {
    if (/^[0-9a-f]+: [0-9A-F]{8} /.test(line) || lines.length === 0) lines.push(line);
    else lines[lines.length - 1] += `\n${line}`;
  }
  const last = lines.at(-1);
  if (last?.endsWith('\n') === true) lines[lines.length - 1] = last.slice(0, -1);
  return lines;
}

function rowsOf(text: string, protocol: Protocol, namespace: number, device: DeviceName): readonly Draft[] {
  const sockets: Draft[] = [];
  const take = (draft: Draft | null): void => {
    if (draft !== null) sockets.push(draft);
  };
  if (protocol === 'unix') for (const line of unixLines(text)) take(unixSocket(line, namespace));
  else if (protocol === 'packet') eachLine(text, (line) => take(packetSocket(line, namespace, device)));
  else
    eachLine(text, (line) => {
      const row = parseProcInet(line);
      if (row !== null && hears(protocol, row.state)) sockets.push(inetSocket(protocol, namespace, row));
    });
  return sockets;
}

/** Without an array of 100,000 lines. */
function eachLine(text: string, take: (line: string) => void): void {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    take(text.slice(at, end < 0 ? text.length : end));
    at = end < 0 ? text.length : end + 1;
  }
}

/** Sockets of one protocol that can hear, from /proc/net. */
export function readProcSockets(
  host: Host,
  netFile: NetFilePath,
  protocol: Protocol,
  namespace: number,
  device: DeviceName,
): Dumped {
  const files = FILES[protocol];
  if (files === undefined) return { kind: 'absent', why: `ENOENT: /proc/net has no table of ${protocol}` };
  const sockets: Draft[] = [];
  for (const [index, file] of files.entries()) {
    const path = netFile(file);
    if (path === null) return { kind: 'absent', why: `ENOENT: /proc/net/${file}` };
    const read = host.sync.readText(path, TABLE_BYTES_MAX);
    if (read.ok) sockets.push(...rowsOf(read.value, protocol, namespace, device));
    else if (index === 0) return { kind: read.code === 'ENOENT' ? 'absent' : 'refused', why: read.why };
    else if (read.code !== 'ENOENT') return { kind: 'refused', why: read.why };
  }
  return { kind: 'read', sockets, interrupted: false };
}

/** Counts established connections from `/proc/PID/net`. null: done; else why not. */
export function countProcClients(host: Host, folder: string, counter: ClientCounter): string | null {
  for (const [index, file] of (FILES.tcp ?? []).entries()) {
    const read = host.sync.readText(`${folder}/${file}`, TABLE_BYTES_MAX);
    if (!read.ok && index === 0) return read.why;
    if (!read.ok) continue;
    eachLine(read.value, (line) => {
      const row = parseProcInet(line);
      if (row?.state === ESTABLISHED)
        counter.take(row.localPort, plainAddress(row.localAddress), plainAddress(row.remoteAddress));
    });
  }
  return null;
}

/** How many sockets there are of which /proc cannot tell something: `raw` and `inet` apart, and the IPv6 wildcards among the latter. */
export interface ProcBlind {
  readonly wildcards: number;
  readonly inet: number;
  readonly raw: number;
}

/** What /proc cannot tell of a socket, and how many there are of which that decides something. */
export function procBlindSpots(sockets: readonly Draft[]): ProcBlind {
  const raw = sockets.filter(
    (socket) => socket.source === 'proc' && socket.protocol === 'raw' && socket.state !== 'connected',
  );
  const inet = sockets.filter(
    (socket) => socket.source === 'proc' && socket.family !== null && socket.protocol !== 'raw',
  );
  const wildcards = inet.filter(
    (socket) => socket.family === 'ipv6' && socket.address === '::' && socket.state !== 'connected',
  );
  return { wildcards: wildcards.length, inet: inet.length, raw: raw.length };
}
