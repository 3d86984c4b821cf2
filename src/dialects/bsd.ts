import type { Endpoint } from '../model/socket.js';
import { type BsdSystem, guessSystem, type Traits } from './bsd-systems.js';
import { type CapturedSocket, type Dialect, type LocalEnd, type Reader, type Row, SKIP, UNREAD } from './dialect.js';
import { cutPeer, type EndText, hasNoPeer, localOf, peerOf, splitEnd } from './endpoint.js';
import { processOf } from './macos-columns.js';
import { portsOfCutName } from './ports.js';
import { isStateWord, stateOf } from './states.js';

/** `[PCB [Flowhash]] proto [numbers] LOCAL FOREIGN …`; numbers are blank under UDP of -T. */
const ROW =
  /^\s*(?:([0-9a-f]{8,20})\s+(?:([0-9a-f]{1,8})\s+)?)?(tcp|udp|udplite|udpl|icm|icmp|ip|div|raw)(4|6|46|64|v6)?((?:\s+\d+){0,3})\s+(\S*\.\S+)\s+(\S*\.\S+)(?:\s+(.*))?$/;
/** FreeBSD puts one blank between Send-Q and the local address, the others two. */
const NARROW = /^tcp\S*\s+\d+\s+\d+ \S/;
const LISTEN_QUEUES = /^\s*(tcp)(4|6|46)?\s+(\d+)\/(\d+)\/(\d+)\s+(\S*\.\S+)\s*$/;
const SCTP = /^\s*sctp(4|6|46)?\s+1to[1N]\s+(\S*\.\S+)\s+(?:(\S*\.\S+)\s+)?([A-Z_]+)\s*$/;
const UNIX =
  /^\s*(?:0x)?[0-9a-f]{8,16}\s+(stream|dgram|seqpac|seqpkt|seqpacket|rdm|raw)\s+\d+\s+\d+\s+(?:0x)?([0-9a-f]+)\s+(?:0x)?([0-9a-f]+)\s+(?:0x)?[0-9a-f]+\s+(?:0x)?[0-9a-f]+(?:\s+(\S.*))?$/;
const TITLE =
  /^(?:Active (?:Internet6?|Multipath Internet|SCTP|LOCAL \(UNIX\)|UNIX|kernel)\b|Registered kernel control modules|Current listen queue sizes|Route Tree)/;
const HEADING =
  /^\s*(?:Tcpcb|Socket|kctlref|kcb|evtref|PCB\/ADDR|SADR\/PCB|PCB|Address\s+Type|Proto|id\s+flags|unit)\b/;
/** Rows of tables that hold no sockets of ours: macOS' kernel control and events, AIX' second line of a unix socket. */
const OTHER_ROW =
  /^\s*(?:(?:kctl|kevt|mptcp\d?|igmp|xdp)\b|[0-9a-f]{8,16}\s*$|(?:[0-9a-f]{1,16}\s+){1,3}(?:-?\d+\s+){3,5}com\.\S|[0-9a-f]{16}\s+(?:kctl|kevt)\b|\d+\s+[0-9a-f]+\s+\d+\s+\d+\s+\d+\s+\S)/;

/** Characters of the address columns: 18 with -A, else 22 (inetprint() of BSD's netstat/inet.c). */
const COLUMN_WITH_PCB = 18;
const COLUMN = 22;
/** Characters of an address or name before the port: `%.16s.` there. */
const HOST_COLUMN = 16;
/** Characters of a service name on OpenBSD (`%.8s`). */
const OPENBSD_NAME = 8;

interface Place {
  readonly column: number;
  readonly local: EndText;
  readonly foreign: EndText;
  readonly digit: string;
}

/** Sockets as the netstat of the BSDs, macOS, AIX, HP-UX and QNX lists them: a dot stands before the port. */
class BsdSockets implements Reader {
  readonly #traits: Traits = {
    heading: '',
    titles: '',
    digitless: false,
    digits: false,
    both: false,
    six: false,
    rhiwat: false,
    narrow: false,
  };
  #widest = 0;
  #stateless = false;

  name(): string {
    return `${this.#system()} netstat`;
  }

  os(): string {
    return this.#system();
  }

  #system(): BsdSystem {
    return guessSystem(this.#traits);
  }

  row(line: string): Row {
    const match = ROW.exec(line);
    if (match !== null) {
      if (NARROW.test(line)) this.#traits.narrow = true;
      return this.#internet(match);
    }
    const other = this.#unix(line) ?? this.#queues(line) ?? this.#sctp(line);
    if (other !== null) return other;
    if (TITLE.test(line)) {
      this.#traits.titles += `${line}\n`;
      return SKIP;
    }
    if (HEADING.test(line)) {
      this.#traits.heading += `${line}\n`;
      if (/rhiwat/.test(line)) this.#traits.rhiwat = true;
      if (/Rexmit|R-MBUF/i.test(line)) this.#stateless = true;
      return SKIP;
    }
    return OTHER_ROW.test(line) || line === '' ? SKIP : UNREAD;
  }

  #internet(match: RegExpExecArray): Row {
    const [, pcb, , word = '', digit = '', numbers = '', localText = '', foreignText = '', rest = ''] = match;
    const local = splitEnd(localText, '.');
    const foreign = splitEnd(foreignText, '.');
    if (local === null || foreign === null) return UNREAD;
    const kind = word === 'udpl' ? 'udplite' : word;
    const protocol = (
      kind === 'tcp' || kind === 'udp' || kind === 'udplite' ? kind : 'raw'
    ) as CapturedSocket['protocol'];
    const first = /^\S+/.exec(rest)?.[0] ?? '';
    const takesState = protocol === 'tcp' ? first !== '' && !/^\d/.test(first) && first !== '-' : isStateWord(first);
    const noPeer = hasNoPeer(foreign);
    if (protocol === 'tcp' && !takesState && !noPeer && !this.#stateless) return UNREAD;
    this.#note(digit, pcb, local, foreign, word);
    const family = digit === '' || digit === '46' || digit === '64' ? null : digit === '4' ? 'ipv4' : 'ipv6';
    const end = localOf(
      protocol === 'raw' ? { ...local, service: '*' } : local,
      protocol,
      family ?? (digit === '' ? null : 'ipv6'),
    );
    if (end === null) return UNREAD;
    const { state, established } = stateOf(protocol, takesState ? first : '', !noPeer);
    const owner = processOf(takesState ? rest.slice(first.length) : rest);
    const counts = numbers.trim().split(/\s+/).map(Number);
    const place = `${localText} ${foreignText} ${digit} ${pcb === undefined ? '' : 'A'}`;
    return {
      kind: 'socket',
      socket: {
        protocol,
        family: end.family,
        state: local.service === '*' && protocol !== 'raw' && noPeer ? 'bound' : state,
        established,
        local: protocol === 'raw' ? { ...end.local, port: null } : end.local,
        peer: noPeer || protocol === 'raw' ? null : peerOf(foreign, protocol, end.family),
        v6only: digit === '46' || digit === '64' ? false : null,
        owners: owner === null ? [] : [owner],
        ownerColumn: owner !== null ? 'shown' : this.#traits.rhiwat ? 'hidden' : 'absent',
        facts: {
          ...(counts.length === 2 ? { queues: { receive: counts[0] ?? 0, send: counts[1] ?? 0 } } : {}),
          ...(protocol === 'raw' ? { ipProtocol: rawProtocol(word, digit) } : {}),
        },
        ...(interesting(local, foreign, digit) ? { open: place } : {}),
      },
    };
  }

  #note(digit: string, pcb: string | undefined, local: EndText, foreign: EndText, word: string): void {
    const traits = this.#traits;
    if (digit === '' && (word === 'tcp' || word === 'udp')) traits.digitless = true;
    if (digit === '4') traits.digits = true;
    if (digit === '6') traits.six = true;
    if (digit === '46' || digit === '64') traits.both = true;
    if (pcb?.startsWith('f1000') === true) traits.heading += 'aix pcb\n';
    this.#widest = Math.max(this.#widest, local.width, foreign.width);
  }

  #unix(line: string): Row | null {
    const match = UNIX.exec(line);
    if (match === null) return null;
    const zero = (text: string | undefined): boolean => /^0*$/.test(text ?? '');
    const dgram = match[1] === 'dgram';
    const connected = !zero(match[3]) && zero(match[2]);
    const path = match[4]?.trim() ?? '';
    return {
      kind: 'socket',
      socket: {
        protocol: 'unix',
        family: null,
        state: connected ? 'connected' : dgram || zero(match[2]) ? 'bound' : 'listen',
        established: false,
        local: { address: path === '' ? null : path, port: null, device: null, mapped: false },
        peer: null,
        v6only: null,
        owners: [],
        ownerColumn: 'absent',
        facts: { type: dgram ? 'dgram' : match[1]?.startsWith('seq') === true ? 'seqpacket' : 'stream' },
      },
    };
  }

  /** `netstat -L` of FreeBSD and macOS: `queue/incomplete/maximum LOCAL`. */
  #queues(line: string): Row | null {
    const match = LISTEN_QUEUES.exec(line);
    const local = splitEnd(match?.[6] ?? '', '.');
    if (match === null || local === null) return null;
    const six = match[2] === '6' || match[2] === '46';
    const end = localOf(local, 'tcp', six ? 'ipv6' : 'ipv4');
    if (end === null) return null;
    return {
      kind: 'socket',
      socket: {
        protocol: 'tcp',
        family: end.family,
        state: 'listen',
        established: false,
        local: end.local,
        peer: null,
        v6only: match[2] === '46' ? false : null,
        owners: [],
        ownerColumn: 'absent',
        facts: { queue: { used: Number(match[3]), max: Number(match[5]) } },
      },
    };
  }

  #sctp(line: string): Row | null {
    const match = SCTP.exec(line);
    const local = splitEnd(match?.[2] ?? '', '.');
    if (match === null || local === null) return null;
    const end = localOf(local, 'sctp', match[1] === '6' || match[1] === '46' ? 'ipv6' : 'ipv4');
    const foreign = match[3] === undefined ? null : splitEnd(match[3], '.');
    if (end === null) return null;
    const peer = foreign === null || hasNoPeer(foreign) ? null : peerOf(foreign, 'sctp', end.family);
    return {
      kind: 'socket',
      socket: {
        protocol: 'sctp',
        family: end.family,
        ...stateOf('sctp', match[4] ?? '', peer !== null),
        local: end.local,
        peer,
        v6only: match[1] === '46' ? false : null,
        owners: [],
        ownerColumn: 'absent',
      },
    };
  }

  settle(socket: CapturedSocket): CapturedSocket {
    const place = socket.open === undefined ? null : placeOf(socket.open);
    if (place === null) return socket;
    const system = this.#system();
    const settled = socket.protocol === 'raw' ? socket : withFamily(socket, place, system);
    if (system === 'AIX' || this.#widest > COLUMN) return openbsdName(settled, place, system);
    const local = cutLocal(settled.local, place.local, place.column, socket.protocol, system);
    const foreign = cutKind(place.foreign, place.column);
    const peer = settled.peer === null ? null : cutForeign(settled.peer, place.foreign, foreign);
    return { ...settled, local, peer };
  }
}

/** Only ends that a column may have cut, and wildcards whose family the system decides, are looked at again. */
function interesting(local: EndText, foreign: EndText, digit: string): boolean {
  const open = (digit === '' || digit === '6') && (local.host === '*' || local.host === '');
  return open || mayBeCut(local) || mayBeCut(foreign);
}

const mayBeCut = (end: EndText): boolean =>
  end.width >= COLUMN_WITH_PCB ||
  end.width - end.service.length - 1 === HOST_COLUMN ||
  (end.service.length === OPENBSD_NAME && !/^\d+$/.test(end.service));

/** What `open` holds: both ends as they were written, the digit after the protocol, and whether -A narrowed the columns. */
function placeOf(open: string): Place | null {
  const [localText = '', foreignText = '', digit = '', narrow = ''] = open.split(' ');
  const local = splitEnd(localText, '.');
  const foreign = splitEnd(foreignText, '.');
  return local === null || foreign === null
    ? null
    : { column: narrow === 'A' ? COLUMN_WITH_PCB : COLUMN, local, foreign, digit };
}

/** What no digit after `tcp` means: both families on AIX, IPv4 elsewhere. `tcp6` takes IPv6 only where the system says so by tcp46 or by its nature. */
function withFamily(socket: CapturedSocket, place: Place, system: BsdSystem): CapturedSocket {
  const wildcard = place.local.host === '*' || place.local.host === '';
  if (!wildcard) return socket;
  if (place.digit === '' && system === 'AIX')
    return { ...socket, family: 'ipv6', v6only: false, local: { ...socket.local, address: '::' } };
  const onlySix = system === 'FreeBSD' || system === 'macOS' || system === 'OpenBSD' || system === 'AIX';
  return place.digit === '6' ? { ...socket, v6only: onlySix ? true : null } : socket;
}

/** What of an endpoint its column may have cut off. */
function cutKind(end: EndText, column: number): 'address' | 'port' | null {
  const host = end.width - end.service.length - 1;
  const whole = end.host === '*' || /^\d+\.\d+\.\d+\.\d+$/.test(end.host);
  if (end.width === column && !(host === HOST_COLUMN && /^\d{5}$/.test(end.service)))
    return end.service === '*' ? null : 'port';
  return host === HOST_COLUMN && !whole ? 'address' : null;
}

/** An IPv6 address or a name that fills its own part of the column. */
const cutsHost = (end: EndText): boolean =>
  end.width - end.service.length - 1 === HOST_COLUMN && !/^\d+\.\d+\.\d+\.\d+$/.test(end.host);

function cutForeign(peer: Endpoint, end: EndText, kind: 'address' | 'port' | null): Endpoint {
  const named = kind === 'address' || (kind === 'port' && cutsHost(end)) ? cutPeer(peer) : peer;
  return kind === 'port' ? { ...named, port: null } : named;
}

function cutLocal(local: LocalEnd, end: EndText, column: number, protocol: string, system: BsdSystem): LocalEnd {
  const kind = cutKind(end, column);
  if (kind === 'address') return { ...local, cut: 'address' };
  const named = !/^(?:\d+|\*)$/.test(end.service);
  if (kind === null)
    return system === 'OpenBSD' && named && end.service.length === OPENBSD_NAME
      ? cutName(local, end.service, protocol)
      : local;
  const both = cutsHost(end) && local.address !== null ? { ...local, address: `${local.address}…` } : local;
  if (named) return { ...cutName(both, end.service, protocol), port: null, cut: 'port' };
  return { ...both, port: null, portName: `${end.service}…`, cut: 'port' };
}

/** A name of eight letters on OpenBSD is whole only where no longer one begins with it. */
function cutName(local: LocalEnd, name: string, protocol: string): LocalEnd {
  const ports = portsOfCutName(name, protocol);
  const [only] = ports;
  if (ports.length === 1 && only !== undefined && local.port === only) return local;
  return { ...local, port: null, portName: `${name}…`, portCandidates: ports, cut: 'port' };
}

function openbsdName(socket: CapturedSocket, place: Place, system: BsdSystem): CapturedSocket {
  const { service } = place.local;
  if (system !== 'OpenBSD' || service.length !== OPENBSD_NAME || /^\d+$/.test(service)) return socket;
  return { ...socket, local: cutName(socket.local, service, socket.protocol) };
}

const rawProtocol = (word: string, digit: string): string =>
  word.startsWith('icm') ? (digit === '6' ? 'ipv6-icmp' : 'icmp') : word === 'div' ? 'divert' : 'ip';

const FIRST_ROW =
  /^\s*(?:[0-9a-f]{8,20}\s+(?:[0-9a-f]{1,8}\s+)?)?(?:tcp|udp|udplite|icm|icmp)(?:4|6|46)?(?:\s+\d+){0,3}\s+\S*\.(?:\*|[\w-]+)\s+\S*\.(?:\*|[\w-]+)(?:\s|$)/;

export const bsd: Dialect = {
  name: 'netstat of FreeBSD, OpenBSD, NetBSD, macOS, AIX, HP-UX and QNX',
  os: null,
  recognise(line) {
    if (
      /^\s*(?:Tcpcb|Socket\s+Flowhash|PCB\/ADDR|SADR\/PCB)\b|rhiwat|TCP-State|Active Internet6 |Active Multipath|Active LOCAL|Rexmit OOORcv/i.test(
        line,
      )
    )
      return 'heading';
    if (/^Current listen queue sizes|^Active SCTP/.test(line) || LISTEN_QUEUES.test(line)) return 'heading';
    return FIRST_ROW.test(line) || UNIX.test(line) ? 'row' : 'no';
  },
  open: () => new BsdSockets(),
};
