import type { Gap } from '../model/gap.js';
import type { ShownOwner } from '../model/socket.js';
import { type CapturedSocket, type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';
import { hasNoPeer, localOf, peerOf, splitEnd } from './endpoint.js';
import { stateOf } from './states.js';

/** Anchored on FD, TYPE and NAME; between PID and USER a thread listing (-K) has two more columns, -g and -R others. */
const ROW =
  /^(\S+)\s+(\d+)\s+(?:(\S.*?)\s+)??(\S+)\s+(\d+[rwu -][NRrWwUuXx ]?)\s+(IPv4|IPv6|inet|sock|unix|vsock)\s+(\S.*)$/;
/** Open files that are no sockets, and what could not be read. */
const OTHER_FILE =
  /^.{1,64}?\s\d+\s.*\s(?:cwd|rtd|txt|mem|DEL|NOFD|ltx|err|jld|pd|ctty|fp\.|\d+[rwu]?[NRrWwUuXx ]?)\s+\S/;
const UNREADABLE = /\((?:readlink|opendir|stat|lstat): Permission denied\)/;
const HEADING = /^COMMAND\s+PID\s.*\bFD\s+TYPE\b/;

/** lsof writes what is not printable as `\xNN`, `\t` or `^A`. */
export const unescaped = (text: string): string =>
  text.replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** `-E` and `+E` name who holds the other end: ` ->INO=12 2450,python3,25u`. */
const withoutEndpoints = (name: string): string =>
  name.replace(/(?:\s+->INO=\d+)?(?:\s+\d+,\S[^()]{0,64},\d+[a-zA-Z]*)*(?=\s+\([A-Z]+\)$|$)/, '');

/** What one open file of a process is, from its TYPE, NODE (protocol) and NAME. null: no socket. */
export interface LsofFile {
  readonly type: string;
  readonly protocol: string;
  readonly name: string;
  /** TCP state where the name does not carry it (-F). */
  readonly state: string | null;
  readonly device: string;
  readonly owner: ShownOwner;
}

/** A socket of lsof, or the gap where lsof could not place it. */
export function lsofRow(file: LsofFile): Row {
  if (file.type === 'sock' || file.type === 'vsock') return unplaced(file);
  if (file.type === 'unix') return unixRow(file);
  if (file.type !== 'IPv4' && file.type !== 'IPv6' && file.type !== 'inet') return SKIP;
  const match = /^(\S+?)(?:->(\S+))?(?:\s+\((?:[^)]*\s)?([A-Z][A-Z_0-9]*)(?:\s[^)]*)?\))?\s*(?:\(.*\))?$/.exec(
    withoutEndpoints(file.name.trim()),
  );
  const local = splitEnd(match?.[1] ?? '', ':');
  if (match === null || local === null) return UNREAD;
  const word = file.protocol.toUpperCase();
  const protocol =
    word === 'TCP' ? 'tcp' : word === 'UDP' ? 'udp' : word === 'UDPLITE' ? 'udplite' : word === 'SCTP' ? 'sctp' : 'raw';
  const foreign = match[2] === undefined ? null : splitEnd(match[2], ':');
  const end = localOf(
    protocol === 'raw' ? { ...local, service: '*' } : local,
    protocol,
    file.type === 'IPv6' ? 'ipv6' : 'ipv4',
  );
  if (end === null) return UNREAD;
  const hasPeer = foreign !== null && !hasNoPeer(foreign);
  const state = file.state ?? match[3] ?? '';
  // A TCP socket without state and peer is bound or closed, not listening: lsof says LISTEN where it is, unless it was told not to.
  const stateless = protocol === 'tcp' && state === '' && !hasPeer;
  const settled = stateless ? { state: 'bound' as const, established: false } : stateOf(protocol, state, hasPeer);
  return {
    kind: 'socket',
    socket: {
      protocol,
      family: end.family,
      ...settled,
      local: protocol === 'raw' ? { ...end.local, port: null } : end.local,
      peer: hasPeer && foreign !== null ? peerOf(foreign, protocol, end.family) : null,
      v6only: null,
      owners: [file.owner],
      ownerColumn: 'shown',
      facts: {
        ...(/^\d+$/.test(file.device) && file.device !== '0' ? { inode: Number(file.device) } : {}),
        ...(protocol === 'raw' ? { ipProtocol: file.protocol.toLowerCase() } : {}),
      },
      ...(stateless && end.local.port !== 0 ? { open: STATELESS } : {}),
    },
  };
}

const STATELESS = 'stateless';

/** Whether a capture of lsof shows TCP states at all (`-T`, and `-F` without the field `T`, leave them out). */
export class States {
  #shown = false;
  #open = false;

  see(row: Row, told: boolean): void {
    if (row.kind !== 'socket' || row.socket.protocol !== 'tcp') return;
    if (told) this.#shown = true;
    if (row.socket.open === STATELESS) this.#open = true;
  }

  /** Where no state is shown, what has no peer may listen. */
  settle(socket: CapturedSocket): CapturedSocket {
    return socket.open === STATELESS && !this.#shown ? { ...socket, state: 'listen' } : socket;
  }

  gaps(): readonly Gap[] {
    if (this.#shown || !this.#open) return [];
    return [
      {
        kind: 'capture',
        what: 'states of TCP sockets',
        why: 'lsof was told not to show them: those without a peer are taken to listen',
        hides: 'which of them are bound without listening',
        fix: 'capture `lsof -nP -i`, or `-F` with the field T',
        hidesListeners: false,
      },
    ];
  }
}

function unixRow(file: LsofFile): Row {
  const match = /^(.*?)\s*(?:type=([A-Z]+))?\s*(?:\(([A-Z]+)\))?$/.exec(withoutEndpoints(file.name));
  const name = match?.[1] ?? '';
  if (name === '' || name === 'socket' || name.startsWith('->') || name.includes('->')) return SKIP;
  const type = match?.[2] === 'DGRAM' ? 'dgram' : match?.[2] === 'SEQPACKET' ? 'seqpacket' : 'stream';
  const state = match?.[3];
  const socket: CapturedSocket = {
    protocol: 'unix',
    family: null,
    state: state === 'LISTEN' ? 'listen' : state === 'CONNECTED' ? 'connected' : 'bound',
    established: false,
    local: { address: name.split(' type=')[0] ?? name, port: null, device: null, mapped: false },
    peer: null,
    v6only: null,
    owners: [file.owner],
    ownerColumn: 'shown',
    facts: { type, ...(/^\d+$/.test(file.protocol) ? { inode: Number(file.protocol) } : {}) },
  };
  return { kind: 'socket', socket };
}

function unplaced(file: LsofFile): Row {
  const vsock = /VSOCK/i.test(file.name) || file.type === 'vsock';
  const gap: Gap = {
    kind: 'protocol',
    what: `a socket of ${file.owner.name ?? 'a process'} (pid ${file.owner.pid}, inode ${file.protocol}): ${file.name}${vsock ? ' (vsock)' : ''}`,
    why: 'lsof could not place it: it is of another network namespace, bound without listening, or of a family lsof does not know',
    hides: 'what it listens on, if it does',
    fix: 'run `ss -anp` in the namespace of that process, or earshot on the host',
    hidesListeners: true,
  };
  return { kind: 'gap', gap };
}

class LsofColumns implements Reader {
  readonly #states = new States();
  #inodes = false;
  #unreadable = false;

  name(): string {
    return 'lsof';
  }

  /** Only Linux has the inode as DEVICE of a socket. */
  os(): string | null {
    return this.#inodes ? 'Linux' : null;
  }

  row(line: string): Row {
    if (
      HEADING.test(line) ||
      line === '' ||
      /^lsof: (?:WARNING|no pwd entry)|^ {6}Output information may be incomplete/.test(line)
    )
      return SKIP;
    const match = ROW.exec(line);
    if (match === null) {
      if (UNREADABLE.test(line)) this.#unreadable = true;
      return OTHER_FILE.test(line) ? SKIP : UNREAD;
    }
    const [, command = '', pid = '', , user = '', , type = '', rest = ''] = match;
    // DEVICE SIZE/OFF NODE NAME; SIZE/OFF may be blank on other systems.
    const parts = /^(\S+)\s+(?:(0t\d+|0x[0-9a-f]+|\d+)\s+)?(\S+)\s+(\S.*)$/i.exec(rest);
    if (parts === null) return /^\S+\s+\S+(?:\s+\S+)?$/.test(rest) && type === 'unix' ? SKIP : UNREAD;
    if (/^\d{2,}$/.test(parts[1] ?? '')) this.#inodes = true;
    const row = lsofRow({
      type,
      protocol: parts[3] ?? '',
      name: parts[4] ?? '',
      state: null,
      device: parts[1] ?? '',
      owner: { pid: Number(pid), name: unescaped(command), user },
    });
    this.#states.see(row, /\([A-Z][A-Z_0-9]+[ )]/.test(parts[4] ?? ''));
    return row;
  }

  settle(socket: CapturedSocket): CapturedSocket {
    return this.#states.settle(socket);
  }

  gaps(): readonly Gap[] {
    return [...this.#states.gaps(), processesOnly(this.#unreadable)];
  }
}

/** lsof lists what it finds in processes: what none of them shows is not there. */
export const processesOnly = (unreadable: boolean): Gap => ({
  kind: 'protocol',
  what: 'sockets that lsof found in no process',
  why: unreadable
    ? 'lsof was not allowed to look into some processes'
    : "lsof lists the open files of the processes it may look into: other users' without privilege, and sockets of the kernel, are not among them",
  hides: 'listeners of those processes and of the kernel',
  fix: 'run lsof as root, and capture `ss -anp` too',
  hidesListeners: true,
});

export const lsof: Dialect = {
  name: 'lsof (columns)',
  os: null,
  recognise(line) {
    if (HEADING.test(line)) return 'heading';
    return /^\S+\s+\d+\s.*\s\d+[rwu]\S?\s+IPv[46]\s+\S+\s+0t\d+\s+(?:TCP|UDP)\s+\S/.test(line) ? 'row' : 'no';
  },
  open: () => new LsofColumns(),
};
