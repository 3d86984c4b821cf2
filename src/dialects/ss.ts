import type { Gap } from '../model/gap.js';
import type { Protocol, ShownOwner } from '../model/socket.js';
import { type CapturedSocket, type Dialect, type LocalEnd, type Reader, type Row, SKIP, UNREAD } from './dialect.js';
import { type EndText, hasPeerOf, localOf, peerOf, splitEnd } from './endpoint.js';
import { ipProtocolOf } from './ip-protocols.js';
import { usersOf } from './ss-users.js';
import { stateOf } from './states.js';

const STATES =
  'LISTEN|ESTAB|UNCONN|SYN-SENT|SYN-RECV|NEW-SYN-RECV|FIN-WAIT-1|FIN-WAIT-2|TIME-WAIT|CLOSE-WAIT|LAST-ACK|CLOSING|CLOSED|BOUND|UNKNOWN';
const NETIDS =
  'nl|p_raw|p_dgr|u_str|u_seq|u_dgr|tcp|udp|udpl|raw|icmp6|sctp|dccp|mptcp|v_str|v_dgr|v_seq|ti_\\w+|xdp|\\?\\?\\?';
const ROW = new RegExp(`^\\s*(?:(${NETIDS})\\s+)?(${STATES})\\s+(\\d+)\\s+(\\d+)\\s+(\\S.*)$`);
const HEADING = /^\s*(?:Netid\s+)?State\s+Recv-Q\s+Send-Q\s*Local Address:Port\s*Peer Address:Port/;
/** With a filter of states (`ss state listening`) there is no State column. */
const STATELESS_HEADING = /^\s*(?:Netid\s+)?Recv-Q\s+Send-Q\s*Local Address:Port\s*Peer Address:Port/;
const STATELESS_ROW = new RegExp(`^\\s*(?:(${NETIDS})\\s+)?()(\\d+)\\s+(\\d+)\\s+(\\S.*)$`);
/** A state that this ss has no word for leaves its column blank. */
const STATE_BLANK = new RegExp(`^(?:${NETIDS})\\s{10,}\\d+\\s+\\d+\\s`);
const FILTERS: Readonly<Record<string, string>> = { listening: 'LISTEN', established: 'ESTAB', unconnected: 'UNCONN' };

/** `NAME INODE * PEER` and what follows; a name may hold blanks and numbers, and old releases name the peer. */
const UNIX_ENDS = /^(.*?\S)\s+(\d+)\s+(\*)\s+(\d+)\s*(users:.*|<.*|ino:.*|uid:.*|dev:.*|)$/;
const UNIX_NAMED_ENDS = /^(.*?\S)\s+(\d+)\s+(\S.*?)\s+(\d+)\s*(users:.*|<.*|ino:.*|uid:.*|dev:.*|)$/;

/** `ss -s`: sums, no sockets. */
const SUMMARY =
  /^(?:Total: \d+|TCP:\s+\d+ \(estab|Transport\s+Total\s+IP\s+IPv6|(?:\*|RAW|UDP|TCP|INET|FRAG)\s+(?:\d+|-)\s+(?:\d+|-)\s+(?:\d+|-)\s*$)/;

/** Which way of writing wildcards this ss has: older than 4.15 `*:22` is IPv4, since then it is an IPv6 socket that takes both. */
type Writing = 'old' | 'new' | 'unknown';

const STAR = 'star';
const NO_NETID = 'no netid';

/** Sockets as ss of iproute2 lists them. */
class SsSockets implements Reader {
  #writing: Writing = 'unknown';
  /** Rows without a Netid column are of one protocol, told by the command or by the states among them. */
  #sole: Protocol | null;
  #soleStates = new Set<string>();
  #portMax = 0;
  #summary = false;
  #stateless = false;
  /** The one state that the command asked for; empty: not known. */
  readonly #filter: string;
  #rows = 0;

  constructor(command: string) {
    const options = /\bss\s+(.*)$/.exec(command)?.[1] ?? '';
    this.#filter = FILTERS[/\bstate\s+(\w+)/.exec(options)?.[1] ?? ''] ?? '';
    const letters = [...options.matchAll(/(?:^|\s)-([A-Za-z0-9]+)/g)].map((match) => match[1] ?? '').join('');
    const asked = [...'tuwxSdM'].filter((letter) => letters.includes(letter));
    this.#sole = asked.length === 1 ? (PROTOCOL_OF_OPTION[asked[0] ?? ''] ?? null) : null;
  }

  name(): string {
    return 'Linux ss';
  }

  row(line: string): Row {
    // Continuation of the row above (-i, -m, -o without -O).
    if (line.startsWith('\t')) return SKIP;
    const match = ROW.exec(line);
    if (match !== null) return this.#socket(match);
    const stateless = this.#stateless || STATE_BLANK.test(line) ? STATELESS_ROW.exec(line) : null;
    if (stateless !== null) {
      stateless[2] = this.#filter;
      return this.#socket(stateless);
    }
    if (STATELESS_HEADING.test(line)) this.#stateless = true;
    if (HEADING.test(line) || STATELESS_HEADING.test(line)) {
      if (/Process\s*$/.test(line)) this.#writing = 'new';
      return SKIP;
    }
    if (SUMMARY.test(line)) {
      this.#summary = true;
      return SKIP;
    }
    return /^(?:RTNETLINK answers: |Failed to open cgroup2|Cannot open netlink|ss: )/.test(line) ? SKIP : UNREAD;
  }

  #socket(match: RegExpExecArray): Row {
    const netid = match[1];
    this.#rows++;
    if (netid?.startsWith('u_')) return this.#unix(match);
    if (netid?.startsWith('p_')) return this.#packet(match);
    if (netid === 'nl' || netid === 'xdp' || netid === '???' || netid?.startsWith('ti_')) return SKIP;
    if (netid?.startsWith('v_')) return this.#vsock(match);
    return this.#internet(match, netid ?? null);
  }

  #internet(match: RegExpExecArray, netid: string | null): Row {
    const word = match[2] ?? '';
    const parts = /^(\S+)\s+(\S+)\s*(.*)$/.exec(match[5] ?? '');
    const localText = splitEnd(parts?.[1] ?? '', ':');
    const peerText = splitEnd(parts?.[2] ?? '', ':');
    if (parts === null || localText === null || peerText === null) return UNREAD;
    this.#learn(localText, peerText);
    const protocol = netid === null ? (this.#sole ?? (word === 'UNCONN' ? 'udp' : 'tcp')) : protocolOf(netid);
    const asked = protocol === 'raw' ? { ...localText, service: '*' } : localText;
    const end = localOf(asked, protocol, localText.host === '*' ? 'ipv6' : null);
    if (end === null) return UNREAD;
    const extras = extrasOf(parts[3] ?? '');
    const noPeer = !hasPeerOf(protocol, peerText);
    const { state, established } = stateOf(protocol, word, !noPeer);
    if (netid === null) {
      this.#soleStates.add(word);
      this.#portMax = Math.max(this.#portMax, Number(localText.service) || 0);
    }
    const socket: CapturedSocket = {
      protocol,
      family: end.family,
      state,
      established,
      local: protocol === 'raw' ? { ...end.local, port: null } : end.local,
      peer: noPeer ? null : peerOf(peerText, protocol, end.family),
      v6only: extras.v6only ?? (localText.host === '::' && localText.bracketed ? true : null),
      owners: extras.owners,
      ownerColumn: extras.owners.length > 0 ? 'shown' : extras.refused ? 'hidden' : 'absent',
      facts: {
        ...extras.facts,
        ...queuesOf(match, state === 'listen'),
        ...(protocol === 'raw' ? { ipProtocol: ipProtocolOf(netid === 'icmp6' ? 'icmp6' : localText.service) } : {}),
        ...(netid === 'mptcp' ? { mptcp: true } : {}),
      },
      open: `${localText.host === '*' ? STAR : localText.host === '::' && extras.v6only === null ? 'zero' : ''} ${netid === null && this.#sole === null ? NO_NETID : ''}`,
    };
    return { kind: 'socket', socket };
  }

  /** The shape of any row tells which writing the whole capture has. */
  #learn(local: EndText, peer: EndText): void {
    if (local.host === '0.0.0.0' || peer.host === '0.0.0.0') this.#writing = 'new';
    else if (this.#writing !== 'new') {
      const unbracketed =
        (!local.bracketed && local.host.includes(':')) || (!peer.bracketed && peer.host.includes(':'));
      const v4WithStar = /^\d+\.\d+\.\d+\.\d+$/.test(local.host) && peer.host === '*';
      const sixWithoutDual = local.bracketed && local.host === '::' && peer.bracketed;
      if (unbracketed || v4WithStar) this.#writing = 'old';
      else if (sixWithoutDual && this.#writing === 'unknown') this.#sawBracketed = true;
    }
  }

  #sawBracketed = false;

  #unix(match: RegExpExecArray): Row {
    const parts = UNIX_ENDS.exec(match[5] ?? '') ?? UNIX_NAMED_ENDS.exec(match[5] ?? '');
    if (parts === null) return UNREAD;
    const extras = extrasOf(parts[5] ?? '');
    const name = parts[1] ?? '';
    const peer = Number(parts[4]);
    const listens = match[2] === 'LISTEN';
    const socket: CapturedSocket = {
      protocol: 'unix',
      family: null,
      // A datagram socket is ESTAB also where somebody is connected to it (Linux 5.15); its peer column tells.
      state: listens ? 'listen' : peer !== 0 || (match[2] === 'ESTAB' && match[1] !== 'u_dgr') ? 'connected' : 'bound',
      established: false,
      local: { address: name === '*' ? null : name, port: null, device: null, mapped: false },
      peer: null,
      v6only: null,
      owners: extras.owners,
      ownerColumn: extras.owners.length > 0 ? 'shown' : 'absent',
      facts: {
        ...extras.facts,
        inode: Number(parts[2]),
        type: match[1] === 'u_dgr' ? 'dgram' : match[1] === 'u_seq' ? 'seqpacket' : 'stream',
        ...queuesOf(match, listens),
      },
    };
    return { kind: 'socket', socket };
  }

  #packet(match: RegExpExecArray): Row {
    const parts = /^(\S+):(\S+)\s+\*\s*(.*)$/.exec(match[5] ?? '');
    if (parts === null) return UNREAD;
    const extras = extrasOf(parts[3] ?? '');
    const device = parts[2] === '*' ? null : (parts[2] ?? null);
    const socket: CapturedSocket = {
      protocol: 'packet',
      family: null,
      state: 'bound',
      established: false,
      local: { address: null, port: null, device, mapped: false },
      peer: null,
      v6only: null,
      owners: extras.owners,
      ownerColumn: extras.owners.length > 0 ? 'shown' : 'absent',
      facts: {
        ...extras.facts,
        ...queuesOf(match, false),
        etherType: etherTypeOf(parts[1] ?? '*'),
        type: match[1] === 'p_dgr' ? 'dgram' : 'raw',
      },
    };
    return { kind: 'socket', socket };
  }

  #vsock(match: RegExpExecArray): Row {
    const parts = /^(\S+):(\S+)\s+(\S+):(\S+)\s*(.*)$/.exec(match[5] ?? '');
    if (parts === null) return UNREAD;
    const extras = extrasOf(parts[5] ?? '');
    const listens = match[2] === 'LISTEN';
    const noPeer = parts[4] === '*';
    const local: LocalEnd = {
      address: parts[1] === '*' ? 'any' : (parts[1] ?? 'any'),
      port: /^\d+$/.test(parts[2] ?? '') ? Number(parts[2]) : null,
      device: null,
      mapped: false,
    };
    const socket: CapturedSocket = {
      protocol: 'vsock',
      family: null,
      state: listens ? 'listen' : noPeer ? 'bound' : 'connected',
      established: match[2] === 'ESTAB',
      local,
      peer: noPeer ? null : { address: parts[3] ?? '', port: /^\d+$/.test(parts[4] ?? '') ? Number(parts[4]) : null },
      v6only: null,
      owners: extras.owners,
      ownerColumn: extras.owners.length > 0 ? 'shown' : 'absent',
      facts: { ...extras.facts, type: match[1] === 'v_dgr' ? 'dgram' : 'stream', ...queuesOf(match, listens) },
    };
    return { kind: 'socket', socket };
  }

  settle(socket: CapturedSocket): CapturedSocket {
    if (socket.open === undefined) return socket;
    let settled = socket;
    if (socket.open.includes(NO_NETID) && this.#soleStates.has('UNCONN') && !this.#soleStates.has('LISTEN'))
      settled = { ...settled, protocol: 'udp', established: false };
    // iproute2 of 2013 (RHEL 7) called UDP sockets tcp; a TCP socket that neither listens nor talks is in none of the kernel's lists.
    if (
      this.#writing === 'old' &&
      socket.protocol === 'tcp' &&
      socket.state === 'bound' &&
      socket.facts?.mptcp !== true
    )
      settled = { ...settled, protocol: 'udp' };
    if (this.#writing === 'old' && socket.open.startsWith(STAR))
      return { ...settled, family: 'ipv4', v6only: null, local: { ...settled.local, address: '0.0.0.0' } };
    if (socket.open.startsWith(STAR))
      return {
        ...settled,
        v6only: this.#writing === 'new' || this.#sawBracketed ? (settled.v6only ?? false) : settled.v6only,
      };
    // Before 4.15 brackets around the zero address said nothing of v6only.
    if (this.#writing === 'old' && socket.open.startsWith('zero')) return { ...settled, v6only: null };
    return settled;
  }

  gaps(): readonly Gap[] {
    if (this.#sole === null && this.#soleStates.has('UNCONN') && !this.#soleStates.has('LISTEN') && this.#portMax < 256)
      return [
        {
          kind: 'protocol',
          what: 'whether the sockets are UDP or raw',
          why: 'ss leaves the Netid column out where one protocol was asked for, and no command stands before it: they are taken for UDP',
          hides: 'their protocol',
          fix: 'capture `ss -anp`, or paste the command along',
          hidesListeners: false,
        },
      ];
    if (!this.#summary || this.#rows > 0) return [];
    return [
      {
        kind: 'protocol',
        what: 'sockets of the captured host',
        why: 'ss -s prints sums only',
        hides: 'every listener',
        fix: 'capture again with `ss -anp`',
        hidesListeners: true,
      },
    ];
  }
}

const PROTOCOL_OF_OPTION: Readonly<Record<string, Protocol>> = {
  t: 'tcp',
  u: 'udp',
  w: 'raw',
  S: 'sctp',
  d: 'dccp',
  M: 'tcp',
};

const NETID_PROTOCOLS: Readonly<Record<string, Protocol>> = {
  tcp: 'tcp',
  mptcp: 'tcp',
  udp: 'udp',
  udpl: 'udplite',
  raw: 'raw',
  icmp6: 'raw',
  sctp: 'sctp',
  dccp: 'dccp',
};
const protocolOf = (netid: string): Protocol => NETID_PROTOCOLS[netid] ?? 'tcp';

/** Of a listener: connections waiting and the backlog; of others: bytes. */
function queuesOf(match: RegExpExecArray, listens: boolean): NonNullable<CapturedSocket['facts']> {
  const receive = Number(match[3]);
  const send = Number(match[4]);
  return listens ? { queue: { used: receive, max: send }, queues: { receive, send } } : { queues: { receive, send } };
}

/** ll_proto_n2a() of iproute2: names for a few, `[number]` for the rest. */
function etherTypeOf(text: string): string {
  const named: Readonly<Record<string, string>> = {
    '*': 'all',
    all: 'all',
    ip: '0x0800',
    ipv4: '0x0800',
    arp: '0x0806',
    ipv6: '0x86dd',
  };
  const known = named[text.toLowerCase()];
  if (known !== undefined) return known;
  const number = /^\[(\d+)\]$/.exec(text)?.[1];
  return number === undefined ? text : `0x${Number(number).toString(16).padStart(4, '0')}`;
}

interface Extras {
  readonly owners: readonly ShownOwner[];
  readonly refused: boolean;
  readonly v6only: boolean | null;
  readonly facts: NonNullable<CapturedSocket['facts']>;
}

/** `users:((…)) uid:33 ino:1 sk:2 cgroup:/… v6only:1 <->`: the order of ss.c; a cgroup path may hold anything, so what follows it is taken last. */
function extrasOf(text: string): Extras {
  if (text === '') return { owners: [], refused: false, v6only: null, facts: {} };
  const { owners, refused, rest } = usersOf(text);
  const inode = /(?:^|\s)ino:(\d+)/.exec(rest)?.[1];
  const uid = /(?:^|\s)uid:(\d+)/.exec(rest)?.[1];
  const cookie = /(?:^|\s)sk:([0-9a-f]+)/.exec(rest)?.[1];
  const mark = /(?:^|\s)fwmark:(0x[0-9a-f]+)/.exec(rest)?.[1];
  const v6only = /\sv6only:([01])(?:\s|$)(?!.*\sv6only:)/.exec(rest)?.[1];
  const unit = /(?:^|\s)cgroup:(?:\S.*?)?\/([^/]+\.(?:service|socket))(?=\s|\/|$)/.exec(rest)?.[1] ?? null;
  return {
    owners: unit === null ? owners : owners.map((owner) => ({ ...owner, unit })),
    refused,
    v6only: v6only === undefined ? null : v6only === '1',
    facts: {
      ...(inode === undefined ? {} : { inode: Number(inode), uid: Number(uid ?? 0) }),
      ...(cookie === undefined || cookie.length > 16 ? {} : { cookie: BigInt(`0x${cookie}`).toString() }),
      ...(mark === undefined ? {} : { mark: Number(mark) }),
    },
  };
}

export const ss: Dialect = {
  name: 'Linux ss (iproute2)',
  os: 'Linux',
  recognise(line) {
    if (HEADING.test(line) || STATELESS_HEADING.test(line) || /^Total: \d+( \(kernel \d+\))?$/.test(line))
      return 'heading';
    return ROW.test(line) ? 'row' : 'no';
  },
  open: (command) => new SsSockets(command),
};
