import { solarisRoute } from './bsd-routes.js';
import { type CapturedSocket, type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';
import { hasNoPeer, localOf, peerOf, splitEnd } from './endpoint.js';
import { stateOf } from './states.js';

const SECTION = /^\s*(TCP|UDP|SCTP)(?:: IPv([46]))?\s*$/;
const ROUTES = /^\s*Routing Table: IPv([46])/;
const HEADING =
  /^\s*(?:Local Address\s+Remote Address|Address\s+Type\s+Vnode|Type\s+Local Address|Destination(?:\/Mask)?\s+Gateway)\b/;
const TCP_REST =
  /^(?:(\S+)\s+(\d+)\s+(\S.*?)\s+)?(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(?:\d+\/\d+\s+)?([A-Z][A-Z_0-9]*)(?:\s+(\S+))?\s*$/;
const UDP_REST =
  /^(?:(\S+)\s+(\d+)\s+(\S.*?)\s+)?(Idle|Unbound|Connected|Bound|Opening|Uninit\w*|Inval\w*|IDLE|UNBOUND)(?:\s+.*)?$/;
const UNIX = /^\s*(?:([0-9a-f]{8,16})\s+)?(stream-ord|stream|dgram|seqpacket)\s*(.*)$/;
const TCP_ROW =
  /^\s*\S+\.(?:\d+|\*|[\w-]+)\s+\S+\.(?:\d+|\*|[\w-]+)\s.*\d+\s+\d+\s+\d+\s+\d+\s+[A-Z][A-Z_0-9]*(?:\s+\S+)?\s*$/;

/** Oracle Solaris and illumos: no protocol column, the section's title carries it. */
class SolarisSockets implements Reader {
  #protocol: CapturedSocket['protocol'] | null = null;
  #family: 'ipv4' | 'ipv6' | null = null;
  #routes: 'ipv4' | 'ipv6' | null = null;
  #owners = false;

  name(): string {
    return 'Solaris or illumos netstat';
  }

  row(line: string): Row {
    const section = SECTION.exec(line);
    if (section !== null) {
      this.#protocol = (section[1] ?? '').toLowerCase() as CapturedSocket['protocol'];
      this.#family = section[2] === undefined ? null : section[2] === '4' ? 'ipv4' : 'ipv6';
      this.#routes = null;
      return SKIP;
    }
    const routes = ROUTES.exec(line);
    if (routes !== null) {
      this.#routes = routes[1] === '4' ? 'ipv4' : 'ipv6';
      return SKIP;
    }
    if (HEADING.test(line)) {
      if (/\bPid\b/.test(line)) this.#owners = true;
      if (/Swind/.test(line)) this.#protocol ??= 'tcp';
      else if (/Remote Address\s+State/.test(line)) this.#protocol ??= 'udp';
      return SKIP;
    }
    if (/^[\s-]*$/.test(line) || /^Active UNIX domain sockets/.test(line)) return SKIP;
    // An SCTP endpoint without an association: `0.0.0.0 0.0.0.0 … CLOSED`.
    if (/\s\d+\/\d+\s+CLOSED\s*$/.test(line)) return SKIP;
    if (this.#routes !== null) return solarisRoute(line, this.#routes);
    const unix = UNIX.exec(line);
    return unix === null ? this.#internet(line) : unixRow(unix);
  }

  #internet(line: string): Row {
    const match = /^\s*(\S+)\s+(\S.*?)\s*$/.exec(line);
    const local = splitEnd(match?.[1] ?? '', '.');
    if (match === null || local === null) return UNREAD;
    const after = match[2] ?? '';
    const second = /^(\S+)(?:\s+(.*))?$/.exec(after);
    const isUdp = this.#protocol === 'udp';
    const foreign =
      isUdp && UDP_REST.test(after) && !/^[\d:a-f*.%]+\.\d+\s|^\*\.\*\s/.test(after)
        ? null
        : splitEnd(second?.[1] ?? '', '.');
    const rest = foreign === null ? after : (second?.[2] ?? '');
    const tcp = isUdp ? null : TCP_REST.exec(rest);
    const udp = isUdp || this.#protocol === null ? UDP_REST.exec(rest) : null;
    const found = tcp ?? udp;
    if (found === null) return UNREAD;
    const protocol = this.#protocol ?? (tcp !== null ? 'tcp' : 'udp');
    const end = localOf(local, protocol, this.#family);
    if (end === null) return UNREAD;
    const noPeer = foreign === null || hasNoPeer(foreign);
    const word = (tcp === null ? udp?.[4] : tcp[8]) ?? '';
    const pid = found[2] === undefined ? null : Number(found[2]);
    return {
      kind: 'socket',
      socket: {
        protocol,
        family: end.family,
        ...stateOf(protocol, word, !noPeer),
        local: end.local,
        peer: noPeer || foreign === null ? null : peerOf(foreign, protocol, end.family),
        v6only: null,
        owners: pid === null ? [] : [{ pid, name: found[3] ?? null, user: found[1] ?? null }],
        ownerColumn: pid !== null ? 'shown' : this.#owners ? 'hidden' : 'absent',
        ...(tcp === null ? {} : { facts: { queues: { receive: Number(tcp[7]), send: Number(tcp[5]) } } }),
      },
    };
  }
}

function unixRow(match: RegExpExecArray): Row {
  const names = (match[3] ?? '').split(/\s{2,}|\s(?=\/|\()/).map((word) => word.trim());
  const path = names.find((word) => word.startsWith('/'));
  if (path === undefined) return SKIP;
  return {
    kind: 'socket',
    socket: {
      protocol: 'unix',
      family: null,
      state:
        match[2] === 'dgram'
          ? 'bound'
          : names.filter((word) => word.startsWith('/') || word.startsWith('(')).length > 1
            ? 'connected'
            : 'listen',
      established: false,
      local: { address: path, port: null, device: null, mapped: false },
      peer: null,
      v6only: null,
      owners: [],
      ownerColumn: 'absent',
      facts: { type: match[2] === 'dgram' ? 'dgram' : match[2] === 'seqpacket' ? 'seqpacket' : 'stream' },
    },
  };
}

export const solaris: Dialect = {
  name: 'netstat of Solaris and illumos',
  os: 'Solaris or illumos',
  recognise(line) {
    if (/^\s*(?:TCP|UDP|SCTP): IPv[46]\s*$/.test(line) || ROUTES.test(line)) return 'heading';
    if (/^\s*Local Address\s+Remote Address\s+(?:User\s|Swind|State)/.test(line)) return 'heading';
    return TCP_ROW.test(line) && !/->/.test(line) ? 'row' : 'no';
  },
  open: () => new SolarisSockets(),
};
