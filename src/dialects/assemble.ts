import { VERSION } from '../lib/version.js';
import type { Gap } from '../model/gap.js';
import type { Snapshot } from '../model/snapshot.js';
import type { ShownOwner } from '../model/socket.js';
import type { ProbeAnswer } from '../model/software.js';
import type { Membership } from '../model/statistics.js';
import { ClientBook } from './clients.js';
import type { CapturedAddress, CapturedInterface, CapturedRoute, CapturedSocket, Reader } from './dialect.js';
import { cutGaps, deviceGaps, familyGaps, ownerGaps, portNameGaps, protocolGaps, whatCapturesLack } from './missing.js';
import { networkOf } from './snapshot-network.js';
import { clientsOf, processesOf, socketOf, wildcardsOf } from './snapshot-sockets.js';

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
  readonly table: number;
}

/** Everything captures say of one host, until it becomes a snapshot. */
export class HostDraft {
  hostname: string | null = null;
  kernel: string | null = null;
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
      (socket.state === 'connected' ||
        socket.facts?.inode != null ||
        there.reader !== reader ||
        there.table !== (reader.table?.() ?? 0))
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
    const kept = { socket, reader, table: reader.table?.() ?? 0 };
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
    const counted = this.#dropped > 0 ? this.#clients : clientsOf(settled);
    const clients = this.#showsConnections(settled) ? counted : null;
    return {
      schema: 'earshot.snapshot/1',
      tool: { name: 'earshot', version: VERSION },
      host: { hostname: this.hostname ?? 'unknown', os: this.#os(), kernel: this.kernel ?? 'unknown', platforms: [] },
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
      networks: [networkOf([...this.#interfaces.values()], [...this.#addresses.values()], this.#routes)],
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

  /** A listing without one connection may be of a host without any, or one of listeners alone. */
  #showsConnections(sockets: readonly CapturedSocket[]): boolean {
    if (sockets.some((socket) => socket.protocol === 'tcp' && socket.state === 'connected')) return true;
    return [...this.#readers.keys()].some((reader) => reader.connections?.() === true);
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
      ...deviceGaps(dialect, this.#os(), sockets),
      ...whatCapturesLack(dialect),
    ];
    const seen = new Set<string>();
    return all.filter((gap) => !seen.has(gap.what) && seen.add(gap.what));
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
