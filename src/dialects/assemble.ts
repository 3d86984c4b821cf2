import { parseAddress } from '../lib/ip/address.js';
import { VERSION } from '../lib/version.js';
import type { Gap } from '../model/gap.js';
import type { Interface, InterfaceAddress, InterfaceCounters, Network, Route } from '../model/network.js';
import type { Process } from '../model/process.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Clients, ShownOwner, Socket } from '../model/socket.js';
import type { ProbeAnswer } from '../model/software.js';
import type { Membership } from '../model/statistics.js';
import { ClientBook } from './clients.js';
import type { CapturedAddress, CapturedInterface, CapturedRoute, CapturedSocket, Reader } from './dialect.js';
import { cutGaps, familyGaps, ownerGaps, portNameGaps, protocolGaps, whatCapturesLack } from './missing.js';

/** Listening and unconnected sockets of one capture that are kept. */
const LISTENERS_MAX = 200_000;
/** Connections that are kept one by one; the clients of listeners are counted over all of them. */
const CONNECTIONS_MAX = 50_000;
const ROUTES_MAX = 100_000;
const INTERFACES_MAX = 10_000;
const MEMBERSHIPS_MAX = 10_000;
const COUNTERS_MAX = 20_000;

interface Kept {
  socket: CapturedSocket;
  readonly reader: Reader;
}

const NO_COUNTERS: InterfaceCounters = {
  rxPackets: '0',
  txPackets: '0',
  rxBytes: '0',
  txBytes: '0',
  rxErrors: '0',
  txErrors: '0',
  rxDropped: '0',
  txDropped: '0',
  rxOverruns: '0',
  txOverruns: '0',
  rxFrame: '0',
  txCarrier: '0',
  multicast: '0',
  collisions: '0',
};

/** Everything captures say of one host, until it becomes a snapshot. */
export class HostDraft {
  hostname: string | null = null;
  readonly #kept: Kept[] = [];
  readonly #byKey = new Map<string, Kept>();
  readonly #clients = new ClientBook();
  #connections = 0;
  #dropped = 0;
  readonly #interfaces = new Map<string, CapturedInterface>();
  readonly #addresses = new Map<string, CapturedAddress>();
  readonly #routes: CapturedRoute[] = [];
  readonly #counters = new Map<string, Map<string, string>>();
  #counterCount = 0;
  readonly #memberships: Membership[] = [];
  readonly #gaps: Gap[] = [];
  readonly #readers = new Map<Reader, string | null>();
  readonly #probes: ProbeAnswer[] = [];

  /** Rows of that reader were taken: its name is part of the dialect's. */
  reads(reader: Reader, os: string | null): void {
    if (!this.#readers.has(reader)) this.#readers.set(reader, os);
  }

  /** Operating system that the dialects tell of; the first that tells one. */
  #os(): string {
    for (const [reader, os] of this.#readers) {
      const told = reader.os?.() ?? os;
      if (told !== null && told !== '') return told;
    }
    return 'unknown';
  }

  probe(probe: ProbeAnswer): void {
    if (this.#probes.length < LISTENERS_MAX) this.#probes.push(probe);
  }

  socket(socket: CapturedSocket, reader: Reader): void {
    if (socket.state === 'connected' && this.#connections >= CONNECTIONS_MAX) {
      if (socket.established) this.#clients.add(socket);
      this.#dropped++;
      return;
    }
    const nameless = socket.protocol === 'unix' && socket.local.address === null && socket.facts?.inode === undefined;
    const key = nameless ? `nameless ${this.#kept.length}` : keyOf(socket);
    const there = this.#byKey.get(key);
    if (
      there !== undefined &&
      (socket.state === 'connected' || socket.facts?.inode != null || there.reader !== reader)
    ) {
      there.socket = merged(there.socket, socket);
      return;
    }
    if (socket.state === 'connected') {
      if (socket.established) this.#clients.add(socket);
      this.#connections++;
    } else if (this.#kept.length - this.#connections >= LISTENERS_MAX) {
      this.#listenersDropped++;
      return;
    }
    const kept = { socket, reader };
    this.#kept.push(kept);
    this.#byKey.set(key, kept);
    this.#last = kept;
  }

  #listenersDropped = 0;
  #last: Kept | null = null;

  /** What a line below a socket's row says of its owner (Windows -b). */
  owner(owner: Partial<ShownOwner>): void {
    const last = this.#last;
    if (last === null) return;
    const [first] = last.socket.owners;
    const whole: ShownOwner = { pid: null, name: null, user: null, ...first, ...owner };
    last.socket = { ...last.socket, owners: [whole], ownerColumn: 'shown' };
  }

  interface(shown: CapturedInterface): void {
    const there = this.#interfaces.get(shown.name);
    if (there === undefined && this.#interfaces.size >= INTERFACES_MAX) return;
    const counters = { ...there?.counters, ...shown.counters };
    this.#interfaces.set(shown.name, { ...there, ...shown, ...(Object.keys(counters).length > 0 ? { counters } : {}) });
  }

  address(address: CapturedAddress): void {
    if (address.prefixLength === null)
      this.gap({
        kind: 'interface',
        what: 'prefix lengths of some interface addresses',
        why: 'the capture does not show them, or cut them off',
        hides: 'which sources are on-link',
        fix: 'capture `ifconfig -a` too',
        hidesListeners: false,
      });
    if (this.#addresses.size < INTERFACES_MAX) this.#addresses.set(`${address.interface} ${address.address}`, address);
  }

  route(route: CapturedRoute): void {
    if (this.#routes.length < ROUTES_MAX) this.#routes.push(route);
  }

  counter(group: string, name: string, value: string): void {
    if (this.#counterCount >= COUNTERS_MAX) return;
    this.#counterCount++;
    const there = this.#counters.get(group);
    if (there === undefined) this.#counters.set(group, new Map([[name, value]]));
    else there.set(name, value);
  }

  membership(membership: Membership): void {
    if (this.#memberships.length < MEMBERSHIPS_MAX) this.#memberships.push(membership);
  }

  gap(gap: Gap): void {
    if (!this.#gaps.some((there) => there.what === gap.what)) this.#gaps.push(gap);
  }

  /** Names of the dialects that were read, in words. */
  dialect(): string {
    return [...new Set([...this.#readers.keys()].map((reader) => reader.name()))].join(', ');
  }

  snapshot(readAt: string): Snapshot {
    const settled = this.#kept.map(({ socket, reader }) => reader.settle?.(socket) ?? socket);
    const dialect = this.dialect();
    const wildcards = wildcardsOf(settled);
    const clients = this.#dropped > 0 ? this.#clients : clientsOf(settled);
    return {
      schema: 'earshot.snapshot/1',
      tool: { name: 'earshot', version: VERSION },
      host: { hostname: this.hostname ?? 'unknown', os: this.#os(), kernel: 'unknown', platforms: [] },
      collection: {
        source: 'capture',
        startedAt: readAt,
        durationMs: 0,
        dialect,
        uid: null,
        gaps: this.#allGaps(dialect, settled),
      },
      namespaces: [{ id: 0, name: 'host', foundBy: 'capture', entered: false }],
      sockets: settled.map((socket) => socketOf(socket, clients, wildcards)),
      processes: processesOf(settled),
      networks: [this.#network()],
      software: {
        socketUnits: [],
        inetd: [],
        packages: {},
        containers: {},
        rpc: [],
        settings: [],
        probes: this.#probes,
      },
      statistics: this.#statistics(),
    };
  }

  #allGaps(dialect: string, sockets: readonly CapturedSocket[]): readonly Gap[] {
    const own = [...this.#readers.keys()].flatMap((reader) => reader.gaps?.() ?? []);
    const limits: Gap[] = [];
    if (this.#listenersDropped > 0)
      limits.push(limitGap(`${this.#listenersDropped} sockets`, `more than ${LISTENERS_MAX} listen`, true));
    if (this.#dropped > 0)
      limits.push(
        limitGap(
          `${this.#dropped} connections one by one`,
          `more than ${CONNECTIONS_MAX}; clients are counted over all`,
          false,
        ),
      );
    const all = [
      ...this.#gaps,
      ...own,
      ...limits,
      ...cutGaps(sockets),
      ...portNameGaps(sockets),
      ...protocolGaps(dialect, sockets),
      ...ownerGaps(dialect, sockets),
      ...familyGaps(sockets),
      ...whatCapturesLack(dialect),
    ];
    const seen = new Set<string>();
    return all.filter((gap) => !seen.has(gap.what) && seen.add(gap.what));
  }

  #network(): Network {
    const interfaces: Interface[] = [...this.#interfaces.values()].map((shown, at) => ({
      index: shown.index ?? at + 1,
      name: shown.name,
      kind: shown.flags?.includes('LOOPBACK') === true || /^lo\d*$/.test(shown.name) ? 'loopback' : null,
      flags: shown.flags ?? [],
      mtu: shown.mtu ?? 0,
      mac: shown.mac ?? null,
      link: null,
      linkNamespace: null,
      linkUnseen: false,
      master: null,
      group: 0,
      counters: shown.counters === undefined ? null : { ...NO_COUNTERS, ...shown.counters },
      promiscuity: shown.flags?.includes('PROMISC') === true ? 1 : 0,
      xdp: false,
      tc: [],
      options: {},
    }));
    const indexes = new Map(interfaces.map((one) => [one.name, one.index]));
    const addresses = [...this.#addresses.values()].map((shown) => addressOf(shown, indexes.get(shown.interface) ?? 0));
    return {
      namespace: 0,
      interfaces,
      addresses,
      routes: this.#routes.map((route) => routeOf(route, indexes)),
      policyRules: [],
      sysctls: {},
      firewall: { read: false, rulesets: [], unreadTables: [] },
    };
  }

  #statistics(): Snapshot['statistics'] {
    if (this.#counters.size === 0 && this.#memberships.length === 0) return null;
    const counters = Object.fromEntries(
      [...this.#counters].map(([group, names]) => [group, Object.fromEntries(names)]),
    );
    return { namespaces: [{ namespace: 0, counters, memberships: this.#memberships, masqueraded: [] }] };
  }
}

const limitGap = (what: string, why: string, hidesListeners: boolean): Gap => ({
  kind: 'capture',
  what,
  why,
  hides: hidesListeners ? 'the listeners among them' : 'those rows',
  fix: 'capture listeners only',
  hidesListeners,
});

function keyOf(socket: CapturedSocket): string {
  const { local, peer, facts } = socket;
  const inode = socket.state === 'connected' ? '' : (facts?.inode ?? '');
  return `${socket.protocol} ${socket.family} ${local.address} ${local.port ?? local.portName} ${local.device} ${facts?.ipProtocol ?? facts?.etherType ?? ''} ${peer === null ? '' : `${peer.address} ${peer.port}`} ${inode} ${socket.state === 'connected'}`;
}

/** One socket shown twice: by two processes, or by two captures. */
function merged(a: CapturedSocket, b: CapturedSocket): CapturedSocket {
  const owners = [...a.owners];
  for (const owner of b.owners)
    if (!owners.some((there) => there.pid === owner.pid && (there.name === owner.name || owner.pid !== null)))
      owners.push(owner);
  const named = owners.some((owner) => owner.pid !== null) ? owners.filter((owner) => owner.pid !== null) : owners;
  return {
    ...a,
    v6only: a.v6only ?? b.v6only,
    owners: named,
    ownerColumn: a.ownerColumn === 'shown' ? 'shown' : b.ownerColumn === 'absent' ? a.ownerColumn : b.ownerColumn,
    facts: { ...b.facts, ...a.facts },
  };
}

/** Clients counted anew, now that it is known which addresses were cut. */
function clientsOf(sockets: readonly CapturedSocket[]): ClientBook {
  const clients = new ClientBook();
  for (const socket of sockets) if (socket.state === 'connected' && socket.established) clients.add(socket);
  return clients;
}

/** `ADDRESS PORT` of every TCP wildcard that listens. */
function wildcardsOf(sockets: readonly CapturedSocket[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { protocol, state, local } of sockets)
    if (protocol === 'tcp' && state === 'listen' && (local.address === '::' || local.address === '0.0.0.0'))
      found.add(`${local.address} ${local.port ?? local.portName}`);
  return found;
}

function socketOf(socket: CapturedSocket, clients: ClientBook, wildcards: ReadonlySet<string>): Socket {
  const { local, facts } = socket;
  const other = `${local.address === '::' ? '0.0.0.0' : '::'} ${local.port ?? local.portName}`;
  const counted: Clients | null =
    socket.protocol === 'tcp' && socket.state === 'listen' ? clients.of(socket, wildcards.has(other)) : null;
  return {
    protocol: socket.protocol,
    family: socket.family,
    state: socket.state,
    namespace: 0,
    address: local.address,
    port: local.port,
    ...(local.portCandidates === undefined ? {} : { portCandidates: local.portCandidates }),
    ...(local.port === null && local.portName !== undefined ? { portName: local.portName } : {}),
    ...(local.cut === undefined ? {} : { cut: local.cut }),
    peer: socket.peer,
    device: local.device,
    ...(facts?.deviceIndex === undefined ? {} : { deviceIndex: facts.deviceIndex }),
    ...(local.mapped ? { mapped: true } : {}),
    v6only: socket.v6only,
    inode: facts?.inode ?? null,
    cookie: facts?.cookie ?? null,
    uid: facts?.uid ?? null,
    mark: facts?.mark ?? null,
    cgroupId: null,
    queue: facts?.queue ?? null,
    ...(facts?.queues === undefined ? {} : { queues: facts.queues }),
    ...(facts?.mptcp === true ? { mptcp: true } : {}),
    ...(facts?.ipProtocol === undefined ? {} : { ipProtocol: facts.ipProtocol }),
    ...(facts?.etherType === undefined ? {} : { etherType: facts.etherType }),
    ...(facts?.type === undefined ? {} : { type: facts.type }),
    clients: counted,
    holders: [],
    holdersComplete: false,
    ...(socket.owners.length > 0 ? { shown: socket.owners } : {}),
    source: 'capture',
  };
}

/** Processes whose number and name a capture shows, ascending. */
function processesOf(sockets: readonly CapturedSocket[]): readonly Process[] {
  const byPid = new Map<number, Process>();
  for (const socket of sockets)
    for (const owner of socket.owners) {
      if (owner.pid === null || owner.name === null || byPid.has(owner.pid)) continue;
      byPid.set(owner.pid, processOf(owner.pid, owner.name, owner));
    }
  return [...byPid.values()].sort((a, b) => a.pid - b.pid);
}

const processOf = (pid: number, name: string, owner: ShownOwner): Process => ({
  pid,
  ppid: null,
  name,
  exe: owner.exe ?? null,
  exeState: 'unreadable',
  exeFile: null,
  args: [],
  uid: null,
  user: owner.user,
  startTicks: null,
  cgroup: null,
  unit: owner.unit ?? null,
  ancestors: [],
  namespaces: { net: null, pid: null, mnt: null, user: null },
  ownRoot: false,
  capEff: null,
  seccomp: null,
  noNewPrivs: null,
  kernelThread: false,
  cwd: null,
});

function addressOf(shown: CapturedAddress, index: number): InterfaceAddress {
  const family = shown.address.includes(':') ? 'ipv6' : 'ipv4';
  return {
    interface: shown.interface,
    index,
    family,
    address: shown.address,
    prefixLength: shown.prefixLength ?? (family === 'ipv4' ? 32 : 128),
    peer: shown.peer ?? null,
    broadcast: shown.broadcast ?? null,
    scope: scopeOf(shown.address),
    flags: [],
  };
}

function scopeOf(text: string): string {
  const address = parseAddress(text);
  if (address === null) return 'global';
  if (text === '::1' || text.startsWith('127.')) return 'host';
  return /^fe[89ab]/i.test(text) || text.startsWith('169.254.') ? 'link' : 'global';
}

function routeOf(route: CapturedRoute, indexes: ReadonlyMap<string, number>): Route {
  const index = route.interface === null ? null : (indexes.get(route.interface) ?? null);
  return {
    table: 254,
    type: 'unicast',
    source: null,
    index,
    preferredSource: null,
    metric: 0,
    protocol: 'unspec',
    scope: route.gateway === null ? 'link' : 'global',
    flags: [],
    tos: 0,
    nextHops: [],
    ...route,
  };
}
