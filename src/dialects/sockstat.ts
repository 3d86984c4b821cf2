import { type CapturedSocket, type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';
import { hasNoPeer, localOf, peerOf, splitEnd } from './endpoint.js';
import { stateOf } from './states.js';

const TRANSPORTS = '(tcp|udp|sctp|udplite|divert|stream|dgram|seqpac|seqpack|icmp6?)(4|6|46)?(?:\\s+(\\S.*))?$';
/** `USER COMMAND PID FD PROTO LOCAL FOREIGN …`; a command may hold blanks. */
const ROW = new RegExp(`^(\\S+)\\s+(\\S.*?)\\s+(\\d+|\\?\\??)\\s+(?:\\d+|\\?\\??|-)\\s+${TRANSPORTS}`);
/** Where the user's name overflows its column, COMMAND and PID run together: where one ends and the other begins cannot be told. */
const SQUEEZED = new RegExp(`^(\\S+)\\s+(\\S*[^\\s\\d]\\S*\\d)()\\s+(?:\\d+)\\s+${TRANSPORTS}`);
const HEADING = /^\s*(?:JID\s+)?USER\s+COMMAND\s+PID\s+FD\s+PROTO\s+LOCAL ADDRESS\s+FOREIGN ADDRESS/;
class Sockstat implements Reader {
  /** NetBSD writes a dot before the port, FreeBSD a colon. */
  #separator: '.' | ':' | null = null;
  /** The jail's number stands before the user. */
  #jails = false;

  name(): string {
    return `${this.os()} sockstat`;
  }

  os(): string {
    return this.#separator === '.' ? 'NetBSD' : 'FreeBSD';
  }

  row(line: string): Row {
    if (HEADING.test(line)) {
      this.#jails = /^\s*JID\s/.test(line);
      return SKIP;
    }
    if (line === '') return SKIP;
    const plain = this.#jails ? line.replace(/^\s*\d+\s+/, '') : line;
    const match = ROW.exec(plain) ?? SQUEEZED.exec(plain);
    if (match === null) return UNREAD;
    const [, user = '', command = '', pid = '', word = '', digit = '', rest = ''] = match;
    const owners = pid.startsWith('?') ? [] : [{ pid: pid === '' ? null : Number(pid), name: command, user }];
    if (word === 'stream' || word === 'dgram' || word.startsWith('seqpac')) return unixRow(word, rest, owners);
    const [localText = '', foreignText = '', ...more] = rest.split(/\s+/);
    this.#separator ??= /[*\d\]a-f]:(?:\d+|\*)$/.test(localText) ? ':' : '.';
    const local = splitEnd(localText, this.#separator);
    const foreign = splitEnd(foreignText, this.#separator);
    if (local === null || foreign === null) return UNREAD;
    const raw = word.startsWith('icmp') || word === 'divert';
    const protocol = (raw ? 'raw' : word) as CapturedSocket['protocol'];
    const family = digit === '' ? (local.host.includes(':') ? 'ipv6' : 'ipv4') : digit === '4' ? 'ipv4' : 'ipv6';
    const end = localOf(raw ? { ...local, service: '*' } : local, protocol, family);
    if (end === null) return UNREAD;
    const noPeer = hasNoPeer(foreign);
    const stateWord = more.find((one) => /^[A-Z][A-Z_0-9]+$/.test(one)) ?? '';
    return {
      kind: 'socket',
      socket: {
        protocol,
        family: end.family,
        ...stateOf(protocol, stateWord, !noPeer),
        local: raw ? { ...end.local, port: null } : end.local,
        peer: noPeer || raw ? null : peerOf(foreign, protocol, end.family),
        v6only: digit === '46' ? false : digit === '6' && this.#separator === ':' ? true : null,
        owners,
        ownerColumn: owners.length > 0 ? 'shown' : 'hidden',
        ...(raw ? { facts: { ipProtocol: word === 'icmp6' ? 'ipv6-icmp' : word } } : {}),
      },
    };
  }
}

function unixRow(word: string, rest: string, owners: CapturedSocket['owners']): Row {
  const peer = /^(?:->|<-)\s*(.*)$/.exec(rest);
  return {
    kind: 'socket',
    socket: {
      protocol: 'unix',
      family: null,
      state:
        peer !== null
          ? 'connected'
          : word === 'dgram' || rest.trim() === '' || rest.includes('??')
            ? 'bound'
            : 'listen',
      established: false,
      local: {
        address:
          peer !== null || rest.trim() === '' || rest.startsWith('??') ? null : (rest.trim().split(/\s+/)[0] ?? null),
        port: null,
        device: null,
        mapped: false,
      },
      peer: null,
      v6only: null,
      owners,
      ownerColumn: owners.length > 0 ? 'shown' : 'hidden',
      facts: { type: word === 'dgram' ? 'dgram' : word === 'stream' ? 'stream' : 'seqpacket' },
    },
  };
}

export const sockstat: Dialect = {
  name: 'sockstat of FreeBSD and NetBSD',
  os: null,
  recognise: (line) => {
    if (HEADING.test(line)) return 'heading';
    return /^\S+\s+\S.*\s(?:\d+|\?\??)\s+(?:tcp|udp)(?:4|6|46)?\s+\S+[.:](?:\d+|\*)\s+\S+[.:](?:\d+|\*)(?:\s|$)/.test(
      line,
    )
      ? 'row'
      : 'no';
  },
  open: () => new Sockstat(),
};
