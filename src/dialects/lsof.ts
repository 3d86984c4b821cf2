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
const unescaped = (text: string): string =>
  text.replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

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
    file.name.trim(),
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
  // A TCP socket without state and peer is bound or closed, not listening: lsof says LISTEN where it is.
  const settled =
    protocol === 'tcp' && state === '' && !hasPeer
      ? { state: 'bound' as const, established: false }
      : stateOf(protocol, state, hasPeer);
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
    },
  };
}

function unixRow(file: LsofFile): Row {
  const match = /^(.*?)\s*(?:type=([A-Z]+))?\s*(?:\(([A-Z]+)\))?$/.exec(file.name);
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
    return lsofRow({
      type,
      protocol: parts[3] ?? '',
      name: parts[4] ?? '',
      state: null,
      device: parts[1] ?? '',
      owner: { pid: Number(pid), name: unescaped(command), user },
    });
  }

  gaps(): readonly Gap[] {
    return [processesOnly(this.#unreadable)];
  }
}

/** lsof lists what it finds in processes: what none of them shows is not there. */
const processesOnly = (unreadable: boolean): Gap => ({
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

/** `-F` and `-F0`: a letter a field. `p` begins a process, `f` an open file; what follows belongs to it. */
class LsofFields implements Reader {
  #process = new Map<string, string>();
  #file: Map<string, string> | null = null;
  #state: string | null = null;

  name(): string {
    return 'lsof -F';
  }

  row(line: string): Row {
    const rows: Row[] = [];
    const fields = line.includes('\0') ? line.split('\0') : [line];
    for (const field of fields) {
      if (field === '') continue;
      const row = this.#field(field);
      if (row.kind === 'unread') return UNREAD;
      if (row.kind !== 'skip') rows.push(row);
    }
    const [only] = rows;
    return only === undefined ? SKIP : rows.length === 1 ? only : { kind: 'many', rows };
  }

  #field(field: string): Row {
    const letter = field.charAt(0);
    const value = field.slice(1);
    if (!/^[A-Za-z0-9]$/.test(letter)) return UNREAD;
    if (letter === 'p') {
      if (!/^\d+$/.test(value)) return UNREAD;
      const done = this.#flush();
      this.#process = new Map([['p', value]]);
      return done;
    }
    if (!this.#process.has('p')) return UNREAD;
    if (letter === 'f') {
      const done = this.#flush();
      this.#file = new Map([['f', value]]);
      return done;
    }
    if (letter === 'T') {
      if (value.startsWith('ST=')) this.#state = value.slice(3);
    } else if (this.#file === null) this.#process.set(letter, value);
    else this.#file.set(letter, value);
    return SKIP;
  }

  #flush(): Row {
    const file = this.#file;
    const state = this.#state;
    this.#file = null;
    this.#state = null;
    if (file === null) return SKIP;
    const name = file.get('n');
    if (name === undefined) return SKIP;
    const pid = Number(this.#process.get('p') ?? 0);
    const command = this.#process.get('c');
    return lsofRow({
      type: file.get('t') ?? (file.has('P') ? 'inet' : ''),
      protocol: file.get('P') ?? file.get('i') ?? '',
      name,
      state,
      device: file.get('d') ?? '',
      owner: { pid, name: command === undefined ? null : unescaped(command), user: this.#process.get('L') ?? null },
    });
  }

  end(): readonly Row[] {
    return [this.#flush()];
  }

  gaps(): readonly Gap[] {
    return [processesOnly(false)];
  }
}

export const lsofFields: Dialect = {
  name: 'lsof -F and -F0',
  os: null,
  recognise: (line) => (/^p\d+(?:\0(?:[a-zA-Z][^\0]*\0)*)?$/.test(line) ? 'row' : 'no'),
  open: () => new LsofFields(),
};
