import { formatGroups, formatIPv4 } from '../lib/ip/address.js';
import type { Gap } from '../model/gap.js';
import type { Protocol } from '../model/socket.js';
import { ByteOrder } from './byte-order.js';
import { type CapturedSocket, type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';
import { ipProtocolOf } from './ip-protocols.js';

/** A row of /proc/net/tcp and its kin (proc_pid_net(5); tcp4_seq_show and its kin). */
export interface ProcInet {
  readonly family: 'ipv4' | 'ipv6';
  /** RFC 5952 text; a v4-mapped address as `::ffff:a.b.c.d`. */
  readonly localAddress: string;
  /** For a raw socket its IP protocol. */
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Kernel state: 1 established, 7 closed, 10 listening. */
  readonly state: number;
  /** Bytes; for a TCP listener `receive` is the accept queue in use. */
  readonly queues: { readonly send: number; readonly receive: number };
  readonly uid: number;
  readonly inode: number;
}

const INET_ROW =
  /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{2}) ([0-9A-F]{8}):([0-9A-F]{8}) \S+ \S+\s+(\d+)\s+\d+\s+(\d+)/;

/** Words of 32 bits, each printed as the number it is in host order; read here as of a little-endian host. */
function procAddress(hex: string): string {
  const bytes: number[] = [];
  for (let word = 0; word < hex.length; word += 8)
    for (let byte = 6; byte >= 0; byte -= 2) bytes.push(Number.parseInt(hex.slice(word + byte, word + byte + 2), 16));
  const at = (index: number): number => bytes[index] ?? 0;
  if (bytes.length === 4) return formatIPv4(((at(0) << 24) | (at(1) << 16) | (at(2) << 8) | at(3)) >>> 0);
  return formatGroups(Array.from({ length: 8 }, (_, group) => at(group * 2) * 256 + at(group * 2 + 1)));
}

/** null: no such row (a heading, or a line that makes no sense). */
export function parseProcInet(line: string): ProcInet | null {
  const row = INET_ROW.exec(line);
  if (row === null) return null;
  const [, local = '', localPort = '', remote = '', remotePort = '', state = '', send = '', receive = '', uid, inode] =
    row;
  if (local.length !== remote.length) return null;
  return {
    family: local.length === 8 ? 'ipv4' : 'ipv6',
    localAddress: procAddress(local),
    localPort: Number.parseInt(localPort, 16),
    remoteAddress: procAddress(remote),
    remotePort: Number.parseInt(remotePort, 16),
    state: Number.parseInt(state, 16),
    queues: { send: Number.parseInt(send, 16), receive: Number.parseInt(receive, 16) },
    uid: Number(uid),
    inode: Number(inode),
  };
}

/** A row of /proc/net/unix. */
export interface ProcUnix {
  readonly type: 'stream' | 'dgram' | 'seqpacket' | 'raw';
  /** `RefCount`: two of its own, and one for each socket that is connected to it. */
  readonly references: number;
  /** `SO_ACCEPTCON` of `Flags`: it listens. */
  readonly listening: boolean;
  /** 1 unconnected, 2 connecting, 3 connected, 4 disconnecting (linux/net.h). */
  readonly state: number;
  readonly inode: number;
  /** As printed: a path, or `@name` with NUL bytes shown as `@`. null: no name. */
  readonly name: string | null;
}

const UNIX_ROW =
  /^[0-9a-fA-F]+: ([0-9A-F]{8}) [0-9A-F]{8} ([0-9A-F]{8}) ([0-9A-F]{4}) ([0-9A-F]{2})\s+(\d+)(?: ([\s\S]*))?$/;
const SO_ACCEPTCON = 0x10000;
const SOCKET_TYPES: Readonly<Record<number, ProcUnix['type']>> = { 1: 'stream', 2: 'dgram', 3: 'raw', 5: 'seqpacket' };

/** null: no such row. */
export function parseProcUnix(line: string): ProcUnix | null {
  const row = UNIX_ROW.exec(line);
  if (row === null) return null;
  const [, references = '', flags = '', type = '', state = '', inode, name] = row;
  return {
    type: SOCKET_TYPES[Number.parseInt(type, 16)] ?? 'stream',
    references: Number.parseInt(references, 16),
    listening: (Number.parseInt(flags, 16) & SO_ACCEPTCON) !== 0,
    state: Number.parseInt(state, 16),
    inode: Number(inode),
    name: name === undefined || name === '' ? null : name,
  };
}

/** A row of /proc/net/packet. */
export interface ProcPacket {
  readonly type: 'raw' | 'dgram';
  /** EtherType; 3 is every packet. */
  readonly etherType: number;
  readonly deviceIndex: number;
  readonly receiveQueue: number;
  readonly uid: number;
  readonly inode: number;
}

const PACKET_ROW = /^[0-9a-fA-F]+\s+\d+\s+(\d+)\s+([0-9a-f]{4})\s+(\d+)\s+\d\s+(\d+)\s+(\d+)\s+(\d+)\s*$/;

/** null: no such row. */
export function parseProcPacket(line: string): ProcPacket | null {
  const row = PACKET_ROW.exec(line);
  if (row === null) return null;
  const [, type, etherType = '', device, receive, uid, inode] = row;
  return {
    type: type === '2' ? 'dgram' : 'raw',
    etherType: Number.parseInt(etherType, 16),
    deviceIndex: Number(device),
    receiveQueue: Number(receive),
    uid: Number(uid),
    inode: Number(inode),
  };
}

/** EtherType as DESIGN writes it: `all` (ETH_P_ALL), else hex. */
export const etherTypeName = (type: number): string => (type === 3 ? 'all' : `0x${type.toString(16).padStart(4, '0')}`);

const ESTABLISHED = 1;
const LISTEN = 10;
const MAPPED_PREFIX = '::ffff:';

const isMapped = (address: string): boolean => address.startsWith(MAPPED_PREFIX) && address.includes('.');
const unmappedText = (address: string): string => (isMapped(address) ? address.slice(MAPPED_PREFIX.length) : address);

function inetSocket(protocol: Protocol, row: ProcInet): CapturedSocket | null {
  const stream = protocol === 'tcp';
  const connected = row.state === ESTABLISHED || (stream && row.state !== LISTEN);
  const state = connected ? 'connected' : stream ? 'listen' : 'bound';
  const raw = protocol === 'raw';
  return {
    protocol,
    family: row.family,
    state,
    established: stream && row.state === ESTABLISHED,
    local: {
      address: unmappedText(row.localAddress),
      port: raw ? null : row.localPort,
      device: null,
      mapped: isMapped(row.localAddress),
    },
    peer: connected ? { address: unmappedText(row.remoteAddress), port: raw ? null : row.remotePort } : null,
    v6only: null,
    owners: [],
    ownerColumn: 'absent',
    facts: {
      inode: row.inode === 0 ? null : row.inode,
      uid: row.uid,
      queue: state === 'listen' ? { used: row.queues.receive, max: null } : null,
      queues: row.queues,
      ...(raw ? { ipProtocol: ipProtocolOf(String(row.localPort)) } : {}),
    },
  };
}

/** References of a datagram socket to which nobody is connected: its file's, and that of the table. */
const REFERENCES_ALONE = 2;
const SS_UNCONNECTED = 1;

/**
 * Whether anybody can be heard by it. A datagram socket is called connected (since Linux 5.15) also where somebody is connected to it; its
 * references tell that.
 */
export function procUnixHears(row: ProcUnix): boolean {
  if (row.type !== 'dgram') return row.listening;
  return row.state === SS_UNCONNECTED || row.references > REFERENCES_ALONE;
}

function unixSocket(row: ProcUnix): CapturedSocket | null {
  if (row.name === null || !procUnixHears(row)) return null;
  return {
    protocol: 'unix',
    family: null,
    state: row.listening ? 'listen' : 'bound',
    established: false,
    local: { address: row.name, port: null, device: null, mapped: false },
    peer: null,
    v6only: null,
    owners: [],
    ownerColumn: 'absent',
    facts: { inode: row.inode, type: row.type },
  };
}

function packetSocket(row: ProcPacket): CapturedSocket {
  return {
    protocol: 'packet',
    family: null,
    state: 'bound',
    established: false,
    local: { address: null, port: null, device: row.deviceIndex === 0 ? null : `if${row.deviceIndex}`, mapped: false },
    peer: null,
    v6only: null,
    owners: [],
    ownerColumn: 'absent',
    facts: { inode: row.inode, uid: row.uid, type: row.type, etherType: etherTypeName(row.etherType) },
  };
}

const INET_HEADING = /^ +sl {2}local_address +rem(?:ote)?_address +st tx_queue rx_queue/;
const UNIX_HEADING = /^Num +RefCount Protocol Flags/;
const PACKET_HEADING = /^sk +RefCnt Type Proto/;

/** Which file the rows are of, where a command or a `head` line says it; null: not said. */
function protocolOfFile(command: string): Protocol | null {
  const file = /\/(tcp|udp|udplite|raw|icmp)6?(?:\s|$)/.exec(command)?.[1] ?? null;
  return file === 'icmp' ? 'raw' : (file as Protocol | null);
}

const rowOf = (socket: CapturedSocket | null): Row => (socket === null ? SKIP : { kind: 'socket', socket });

class ProcReader implements Reader {
  readonly #told: Protocol | null;
  #protocol: Protocol = 'tcp';
  /** udp6 and raw6 have one heading: in a row of files raw6 comes after udp6, and after raw. */
  #before: Protocol | null = null;
  #udp6 = false;
  readonly #order = new ByteOrder();

  constructor(command: string) {
    this.#told = / .*\/.* .*\//.test(command) ? null : protocolOfFile(command);
  }

  name(): string {
    return 'Linux /proc/net';
  }

  row(line: string): Row {
    if (INET_HEADING.test(line)) {
      this.#before = this.#protocol;
      this.#protocol = this.#told ?? this.#byHeading(line);
      return SKIP;
    }
    if (UNIX_HEADING.test(line) || PACKET_HEADING.test(line) || line.trim() === '') return SKIP;
    const inet = parseProcInet(line);
    if (inet !== null) {
      this.#order.see(line);
      return rowOf(inetSocket(this.#told ?? this.#ofRow(inet), inet));
    }
    const unix = parseProcUnix(line);
    if (unix !== null) return rowOf(unixSocket(unix));
    const packet = parseProcPacket(line);
    return packet === null ? UNREAD : rowOf(packetSocket(packet));
  }

  #byHeading(line: string): Protocol {
    if (!/ drops\s*$/.test(line)) return 'tcp';
    // /proc/net/udp has one blank more before `sl` than /proc/net/raw.
    if (!line.includes('remote_address')) return line.startsWith('   sl') ? 'udp' : 'raw';
    const raw = this.#udp6 || this.#before === 'raw';
    if (!raw) this.#udp6 = true;
    return raw ? 'raw' : 'udp';
  }

  /** Nobody serves udp 58, while raw sockets of ICMPv6 (58) are everywhere. */
  #ofRow(row: ProcInet): Protocol {
    return this.#protocol === 'udp' && row.family === 'ipv6' && row.localPort === 58 ? 'raw' : this.#protocol;
  }

  settle(socket: CapturedSocket): CapturedSocket {
    return this.#order.settle(socket);
  }

  gaps(): readonly Gap[] {
    return this.#order.gaps();
  }
}

/** Text of the files of /proc/net. */
export const procNet: Dialect = {
  name: 'Linux /proc/net',
  os: 'Linux',
  recognise: (line) => {
    if (INET_HEADING.test(line) || UNIX_HEADING.test(line) || PACKET_HEADING.test(line)) return 'heading';
    return INET_ROW.test(line) || UNIX_ROW.test(line) ? 'row' : 'no';
  },
  open: (command) => new ProcReader(command),
};
