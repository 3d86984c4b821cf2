import { performance } from 'node:perf_hooks';
import { CollectionError } from '../lib/errors.js';
import { VERSION } from '../lib/version.js';
import type { Gap, Reading } from '../model/gap.js';
import type { Network, NetworkNamespace } from '../model/network.js';
import type { Host as HostFacts, Snapshot } from '../model/snapshot.js';
import type { Socket } from '../model/socket.js';
import type { Software } from '../model/software.js';
import { type Host, unameOf } from './host.js';
import type { KernelAccess } from './namespaces/access.js';
import { type FoundNamespace, findNamespaces } from './namespaces/namespaces.js';
import { peerFinder } from './namespaces/peers.js';
import { deviceNames, readLinks, readNetwork } from './network/network.js';
import { findHolders, readProcesses, scanTasks } from './owners/owners.js';
import type { OwnersMethod } from './owners/scan.js';
import type { Draft } from './sockets/draft.js';
import { type Backend, readSockets } from './sockets/sockets.js';

/** What to read of the live host. */
export interface Wish {
  /** Deadline of the whole collection; what it cuts off is a gap. */
  readonly timeoutMs: number;
  readonly backend: Backend;
  readonly owners: OwnersMethod;
  /** Read what stands behind sockets: packages, units, containers, configurations. */
  readonly identity: boolean;
  /** Speak to this host's own listeners. */
  readonly probe: boolean;
  /** Counters of interfaces and protocols, for netstat's views and the OSI table. */
  readonly statistics: boolean;
  /** Read the firewall; default true. */
  readonly firewall?: boolean;
  /** Connected sockets too, for `earshot netstat -a`; default false. */
  readonly allSockets?: boolean;
}

const NO_SOFTWARE: Software = {
  socketUnits: [],
  inetd: [],
  packages: {},
  containers: {},
  rpc: [],
  settings: [],
  probes: [],
};

const OS_RELEASE_BYTES_MAX = 65_536;

/** What the readers share while they run: the clock and the list of gaps. */
class Run {
  readonly gaps: Gap[] = [];
  readonly #endMs: number;

  constructor(timeoutMs: number) {
    this.#endMs = performance.now() + timeoutMs;
  }

  get leftMs(): number {
    return Math.max(0, this.#endMs - performance.now());
  }

  /** Keeps the value of a reading, and its gaps. */
  keep<T>(reading: Reading<T>): T {
    for (const gap of reading.gaps) this.gaps.push(gap);
    return reading.value;
  }

  /** Calls a reader unless time is up. A mistake of ours in it costs its part only. */
  async read<T>(
    what: string,
    otherwise: T,
    hidesListeners: boolean,
    reader: () => Reading<T> | Promise<Reading<T>>,
  ): Promise<T> {
    if (this.leftMs === 0) {
      this.gaps.push({
        kind: 'timeout',
        what,
        why: 'the deadline of the audit had passed',
        hides: `everything that ${what} would have told`,
        fix: 'allow more time with --timeout SECONDS',
        hidesListeners,
      });
      return otherwise;
    }
    try {
      return this.keep(await reader());
    } catch (error) {
      this.gaps.push({
        kind: 'internal',
        what,
        why: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
        hides: `everything that ${what} would have told`,
        fix: 'this is a mistake in earshot: please report it',
        hidesListeners,
      });
      return otherwise;
    }
  }
}

function hostFacts(host: Host): HostFacts {
  const fields = new Map<string, string>();
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    const read = host.sync.readText(path, OS_RELEASE_BYTES_MAX);
    if (!read.ok) continue;
    for (const line of read.value.split('\n')) {
      const field = /^([A-Z_]+)=(["']?)(.*)\2$/.exec(line.trim());
      if (field !== null) fields.set(field[1] ?? '', field[3] ?? '');
    }
    break;
  }
  const platforms = `${fields.get('ID') ?? ''} ${fields.get('ID_LIKE') ?? ''}`.split(' ').filter(Boolean);
  return { ...unameOf(host), os: fields.get('PRETTY_NAME') ?? 'unknown', platforms };
}

/** A namespace while it is being read. */
interface Visit {
  readonly namespace: FoundNamespace;
  readonly kernel: KernelAccess | null;
  readonly refused: string | null;
}

async function visit(namespaces: readonly FoundNamespace[], wish: Wish): Promise<readonly Visit[]> {
  if (wish.backend === 'proc')
    return namespaces.map((namespace) => ({ namespace, kernel: null, refused: 'not asked: --backend proc' }));
  const { openKernelAccess } = await import('./namespaces/access.js');
  return namespaces.map((namespace) => {
    try {
      const opened = openKernelAccess(namespace);
      return { namespace, kernel: opened.ok ? opened.value : null, refused: opened.ok ? null : opened.why };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { namespace, kernel: null, refused: `system calls cannot be made from here: ${why}` };
    }
  });
}

interface Read {
  readonly sockets: Draft[];
  readonly networks: Network[];
  readonly namespaces: NetworkNamespace[];
  answered: boolean;
}

function readNamespace(one: Visit, visits: readonly Visit[], wish: Wish, read: Read): Reading<null> {
  const { namespace, kernel } = one;
  const gaps: Gap[] = [];
  const links = kernel === null ? [] : readLinks(kernel.route, wish.statistics);
  const found = typeof links === 'string' ? [] : links;
  const sockets = readSockets(
    { id: namespace.id, name: namespace.name, kernel, kernelRefused: one.refused, proc: null },
    deviceNames(found),
    wish.backend,
  );
  gaps.push(...sockets.gaps);
  for (const socket of sockets.sockets) read.sockets.push(socket);
  read.answered ||= sockets.answered;
  if (kernel !== null) {
    const known = visits.flatMap((other) =>
      other.kernel === null ? [] : [{ id: other.namespace.id, descriptor: other.kernel.descriptor }],
    );
    const network = readNetwork(namespace, kernel.route, found, peerFinder(kernel.route, known));
    gaps.push(...network.gaps);
    read.networks.push(network.value);
  }
  read.namespaces.push({
    id: namespace.id,
    name: namespace.name,
    foundBy: kernel?.foundBy ?? namespace.entrances[0]?.foundBy ?? 'self',
    entered: kernel !== null,
  });
  return { value: null, gaps };
}

/**
 * Reads this host. What could not be read is a gap in the snapshot.
 * @throws CollectionError where no listener of any kind could be listed.
 */
export async function collectLive(host: Host, wish: Wish): Promise<Snapshot> {
  const startedAt = new Date();
  const startMs = performance.now();
  const run = new Run(wish.timeoutMs);
  const scan = await scanTasks(host, { method: wish.owners });
  const namespaces = run.keep(await findNamespaces(host, scan));
  const visits = await visit(namespaces, wish);
  const read: Read = { sockets: [], networks: [], namespaces: [], answered: false };
  try {
    for (const one of visits)
      await run.read(`namespace ${one.namespace.name}`, null, true, () => readNamespace(one, visits, wish, read));
  } finally {
    for (const { kernel } of visits) kernel?.close();
  }
  if (!read.answered)
    throw new CollectionError(
      `no listener could be listed: ${run.gaps.find((gap) => gap.kind === 'protocol')?.why ?? visits[0]?.refused ?? 'no network namespace was found'}`,
    );
  const wanted = new Set(read.sockets.flatMap((socket) => (socket.inode === null ? [] : [socket.inode])));
  const found = await run.read('owners', null, false, async () =>
    findHolders(host, scan, { method: wish.owners, wanted }),
  );
  const pids = new Set<number>();
  for (const socket of read.sockets) {
    const holders = socket.inode === null ? undefined : found?.holders.get(socket.inode);
    socket.holders = holders?.pids ?? [];
    socket.holdersComplete = found?.complete ?? false;
    for (const pid of socket.holders) pids.add(pid);
  }
  const processes = await run.read('processes', [], false, () => readProcesses(host, pids));
  return {
    schema: 'earshot.snapshot/1',
    tool: { name: 'earshot', version: VERSION },
    host: hostFacts(host),
    collection: {
      source: 'live',
      startedAt: startedAt.toISOString(),
      durationMs: Math.round(performance.now() - startMs),
      dialect: null,
      uid: process.geteuid?.() ?? null,
      gaps: run.gaps,
    },
    namespaces: read.namespaces,
    sockets: read.sockets as readonly Socket[],
    processes,
    networks: read.networks,
    software: NO_SOFTWARE,
    statistics: null,
  };
}
