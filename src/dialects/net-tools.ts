import type { Gap } from '../model/gap.js';
import type { ShownOwner } from '../model/socket.js';
import { type CapturedSocket, type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';
import { cutPeer, type EndText, hasPeerOf, localOf, peerOf, splitEnd } from './endpoint.js';
import { ipProtocolOf } from './ip-protocols.js';
import { isStateWord, stateOf } from './states.js';

/** `tcp  0  0 LOCAL FOREIGN …`: net-tools, busybox and toybox alike. */
const ROW = /^\s*(tcp|udp|udpl|udplite|raw|sctp|dccp|mptcp)(4|6)?\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+)(?:\s+(.*))?$/;
const UNIX_ROW = /^\s*unix\s+\d+\s+\[([^\]]*)\]\s+([^\s\d]\S*)\s(?:\s*([^\s\d/-][^\s/]*))?\s*(\d+)(?:\s+(.*))?$/;
/** Table headings; the rest of the line is translated. */
const HEADING = /^\s*Proto\s/;
const TITLE =
  /^\s*Active (?:Internet connections|UNIX domain sockets) \((?:servers and established|only servers|w\/o servers)\)\s*$/;
const TIMER = /\s*\b(?:off|on|keepalive|timewait|probe|unkn-\d+) \([\d.]+\/\d+\/\d+\)/;

/** Characters of an `ADDRESS:PORT` column: a cut one fills it exactly (net-tools, inet_sk() with no -W; toybox). */
const COLUMN = 23;
/** … and in the packages of Red Hat Enterprise Linux 4 to 6 and their kin. */
const RED_HAT_COLUMN = 27;
/** Characters of the `PID/Program name` column before a unix socket's path. */
const PROGRAM_COLUMN = 20;
/** net-tools and busybox cut a program name there (PROGNAME_WIDTH less the end). */
const PROGRAM = /^(\d+)\/(.*)$/;

/** `system_u:system_r:sshd_t:s0`. */
const SECURITY_CONTEXT = /\s{2,}\w+:\w+:\w+:\S*$/;

interface Rest {
  readonly state: string;
  readonly uid: number | null;
  readonly user: string | null;
  readonly inode: number | null;
  /** null: the column is not there; `-`: hidden. */
  readonly program: string | null;
}

/** Whatever stands after the foreign address: `[State] [User Inode] [PID/Program name] [Timer]`, told by shape since titles are translated. */
function restOf(text: string, isStream: boolean): Rest {
  let rest = TIMER.test(text) ? text.replace(TIMER, '') : text;
  rest = rest.trim();
  let state = '';
  const owned = /^(\S+)\s+(\d+)(?:\s+(\d+\/.*|-.*))?$/;
  const first = /^\S+/.exec(rest)?.[0] ?? '';
  const stateless = PROGRAM.test(first) || first === '-' || first === '';
  const takesState = !stateless && (isStream || isStateWord(first) || !owned.test(rest));
  if (takesState) {
    state = first;
    rest = rest.slice(first.length).trim();
  }
  const match = PROGRAM.test(rest) ? null : owned.exec(rest);
  if (match === null) return { state, uid: null, user: null, inode: null, program: rest === '' ? null : rest };
  const user = match[1] ?? '';
  const numeric = /^\d+$/.test(user);
  return {
    state,
    uid: numeric ? Number(user) : null,
    user: numeric ? null : user,
    inode: Number(match[2]),
    program: match[3] ?? null,
  };
}

/** `745/sshd: /usr/sbin`: everything after the first slash is the program, blanks and all. */
function ownersOf(program: string | null): readonly ShownOwner[] {
  const match = program === null ? null : PROGRAM.exec(program.trim());
  if (match === null) return [];
  // -Z puts the SELinux context after the name.
  const name = (match[2] ?? '').replace(SECURITY_CONTEXT, '').trim().replace(/:$/, '');
  return [{ pid: Number(match[1]), name: name === '' ? null : name, user: null }];
}

const columnOf = (program: string | null): CapturedSocket['ownerColumn'] =>
  program === null ? 'absent' : PROGRAM.test(program.trim()) ? 'shown' : 'hidden';

/** Sockets under either title; which program printed them shows in small things. */
export class NetToolsSockets implements Reader {
  #title = '';
  #tables = 0;
  /** Of the column before the foreign address, as headings or padded rows show it. */
  #column: number = COLUMN;
  #widest = 0;
  /** Widest IPv6 end under a `tcp` without 6, as BusyBox and old net-tools write it. */
  #widestSix = 0;
  #program: 'net-tools' | 'busybox' | 'toybox' | null = null;
  /** The unix table has a PID/Program name column. */
  #programColumn = false;

  table(): number {
    return this.#tables;
  }

  name(): string {
    if (this.#isBusybox()) return 'BusyBox netstat';
    return this.#program === 'toybox' ? 'toybox netstat' : 'Linux net-tools netstat';
  }

  #isBusybox(): boolean {
    if (this.#column === RED_HAT_COLUMN || this.#program === 'toybox') return false;
    return this.#program === 'busybox' || this.#widestSix > COLUMN;
  }

  row(line: string): Row {
    const match = ROW.exec(line);
    if (match !== null) {
      if (/^\s*\w+\s+\d+\s+\d+ \S+\s{2,}\S/.test(line)) this.#measure(line, match[5] ?? '', match[6] ?? '');
      return this.#internet(match);
    }
    if (/^\s*unix\s/.test(line)) return this.#unix(line);
    if (TITLE.test(line)) {
      this.#title = line.trim();
      if (line.includes('Internet')) this.#tables++;
      return SKIP;
    }
    return HEADING.test(line) ? this.#heading(line) : this.#message(line);
  }

  /** A local address that leaves blanks in its column shows how wide that is. */
  #measure(line: string, local: string, foreign: string): void {
    const from = line.indexOf(` ${local} `) + 1;
    const width = line.indexOf(foreign, from + local.length) - from - 1;
    if (width === RED_HAT_COLUMN) this.#column = width;
  }

  #heading(line: string): Row {
    const [, between = ''] = /Local Address(\s+)Foreign Address/.exec(line) ?? [];
    if (between.length === RED_HAT_COLUMN + 1 - 'Local Address'.length) this.#column = RED_HAT_COLUMN;
    if (/State {7}$/.test(line) || (/I-Node Path\s*$/.test(line) && this.#tables === 0)) this.#program ??= 'busybox';
    if (/RefCnt/.test(line)) this.#programColumn = /PID\/Program/.test(line);
    return SKIP;
  }

  /** What netstat says of itself. */
  #message(line: string): Row {
    const missing =
      /^(?:busybox: |toybox: )?netstat: (.+): ((?:No such file|Permission denied|No support|not supported).*)$/.exec(
        line,
      );
    if (missing !== null)
      return {
        kind: 'gap',
        gap: {
          kind: 'protocol',
          what: `${missing[1]} of the captured host`,
          why: `netstat said: ${missing[2]}`,
          hides: 'sockets of that protocol',
          fix: 'capture again as root, or run earshot on the host',
          hidesListeners: true,
        },
      };
    return UNREAD;
  }

  #internet(match: RegExpExecArray): Row {
    const word = match[1] ?? '';
    const local = splitEnd(match[5] ?? '', ':');
    const foreign = splitEnd(match[6] ?? '', ':');
    if (local === null || foreign === null) return UNREAD;
    const protocol = word === 'udpl' ? 'udplite' : word === 'mptcp' ? 'tcp' : (word as CapturedSocket['protocol']);
    const six = match[2] === '6' || local.host.includes(':');
    if (six && match[2] === undefined) this.#widestSix = Math.max(this.#widestSix, local.width);
    // net-tools prints the IPv4 address alone.
    if (match[2] === '6' && local.host.startsWith('::ffff:')) this.#program ??= 'toybox';
    this.#widest = Math.max(this.#widest, local.width, foreign.width);
    const rest = restOf(match[7] ?? '', protocol === 'tcp');
    const end = this.#local(local, protocol, six ? 'ipv6' : 'ipv4');
    if (end === null) return UNREAD;
    const noPeer = !hasPeerOf(protocol, foreign);
    const { state, established } = stateOf(protocol, rest.state, !noPeer);
    if (protocol === 'tcp' && rest.state === '' && !noPeer) return UNREAD;
    const receive = Number(match[3]);
    const send = Number(match[4]);
    const socket: CapturedSocket = {
      protocol,
      family: end.family,
      state,
      established,
      local: end.local,
      peer: noPeer ? null : peerOf(foreign, protocol, end.family),
      v6only: null,
      owners: ownersOf(rest.program),
      ownerColumn: columnOf(rest.program),
      facts: {
        queues: { receive, send },
        ...(state === 'listen' ? { queue: { used: receive, max: null } } : {}),
        ...(rest.inode === null || rest.inode === 0 ? {} : { inode: rest.inode }),
        ...(rest.uid === null ? {} : { uid: rest.uid }),
        ...(protocol === 'raw' ? { ipProtocol: ipProtocolOf(local.service) } : {}),
        ...(word === 'mptcp' ? { mptcp: true } : {}),
      },
      ...(mayBeCut(local) || mayBeCut(foreign)
        ? { open: `${mayBeCut(local) ? local.width : 0} ${mayBeCut(foreign) ? foreign.width : 0}` }
        : {}),
    };
    return { kind: 'socket', socket: withUser(socket, rest.user) };
  }

  #local(text: EndText, protocol: CapturedSocket['protocol'], family: 'ipv4' | 'ipv6') {
    if (protocol !== 'raw') return localOf(text, protocol, family);
    const end = localOf({ ...text, service: '*' }, protocol, family);
    return end === null ? null : { ...end, local: { ...end.local, port: null } };
  }

  #unix(line: string): Row {
    const match = UNIX_ROW.exec(line);
    if (match === null) return UNREAD;
    const rest = match[5] ?? '';
    const hasProgram = this.#programColumn || /^(?:\d+\/\S|-\s{10})/.test(rest);
    const program = hasProgram ? rest.slice(0, PROGRAM_COLUMN).trim() : null;
    const path = (hasProgram ? rest.slice(PROGRAM_COLUMN) : rest).trim();
    const listens = (match[1] ?? '').includes('ACC');
    const type = match[2] ?? '';
    const connected = !listens && type !== 'DGRAM' && (match[3] ?? '') !== '';
    const socket: CapturedSocket = {
      protocol: 'unix',
      family: null,
      state: listens ? 'listen' : connected ? 'connected' : 'bound',
      established: false,
      local: { address: path === '' ? null : path, port: null, device: null, mapped: false },
      peer: null,
      v6only: null,
      owners: ownersOf(program),
      ownerColumn: columnOf(program),
      facts: {
        inode: Number(match[4]),
        type: type === 'DGRAM' ? 'dgram' : /SEQ/.test(type) ? 'seqpacket' : 'stream',
      },
    };
    return { kind: 'socket', socket };
  }

  settle(socket: CapturedSocket): CapturedSocket {
    if (socket.open === undefined || this.#widest > this.#column || this.#isBusybox()) return socket;
    const [localWidth = 0, foreignWidth = 0] = socket.open.split(' ').map(Number);
    // Red Hat's columns are filled to the last character or to the one before it.
    const full = this.#column === RED_HAT_COLUMN ? RED_HAT_COLUMN - 1 : this.#column;
    const local = localWidth >= full ? { ...socket.local, cut: 'address' as const } : socket.local;
    const peer = foreignWidth >= full && socket.peer !== null ? cutPeer(socket.peer) : socket.peer;
    return { ...socket, local, peer };
  }

  connections(): boolean | null {
    if (/servers and established/.test(this.#title)) return true;
    return /only servers/.test(this.#title) ? false : null;
  }

  gaps(): readonly Gap[] {
    if (!/w\/o servers/.test(this.#title)) return [];
    return [
      {
        kind: 'protocol',
        what: 'listening sockets of the captured host',
        why: 'netstat was run without -a or -l',
        hides: 'every listener',
        fix: 'capture again with `netstat -an`',
        hidesListeners: true,
      },
    ];
  }
}

/** An IPv4 endpoint is at most 21 characters; what fills the column to the last one may have lost the end of its address. */
const mayBeCut = (end: EndText): boolean => end.width >= COLUMN && !/^\d+\.\d+\.\d+\.\d+$/.test(end.host);

/** A user name of the User column belongs to the socket; it stands with the owners where there are any. */
function withUser(socket: CapturedSocket, user: string | null): CapturedSocket {
  if (user === null) return socket;
  const owners =
    socket.owners.length > 0 ? socket.owners.map((owner) => ({ ...owner, user })) : [{ pid: null, name: null, user }];
  return { ...socket, owners };
}

const FIRST_ROW =
  /^\s*(?:tcp|udp|udpl|udplite|raw|sctp|dccp)[46]?\s+\d+\s+\d+\s+\S*:(?:[\w-]+|\*)\s+\S*:(?:[\w-]+|\*)(?:\s|$)/;

export const netTools: Dialect = {
  name: 'Linux netstat (net-tools, BusyBox, toybox)',
  os: 'Linux',
  recognise(line) {
    if (/^Proto RefCnt Flags {7}Type {7}\S/.test(line)) return 'heading';
    return FIRST_ROW.test(line) || UNIX_ROW.test(line) ? 'row' : 'no';
  },
  open: () => new NetToolsSockets(),
};
