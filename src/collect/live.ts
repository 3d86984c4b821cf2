import { CollectionError } from '../lib/errors.js';
import { VERSION } from '../lib/version.js';
import type { Vantage } from '../linux/vantage.js';
import type { IdentifiedListener } from '../model/listener.js';
import type { Network, NetworkNamespace } from '../model/network.js';
import type { Host as HostFacts, Snapshot } from '../model/snapshot.js';
import { NO_SOFTWARE } from '../model/software.js';
import type { NamespaceStatistics, Statistics } from '../model/statistics.js';
import { monotonicMs } from './clock.js';
import { type Host, unameOf } from './host.js';
import { answering } from './mounts.js';
import type { Door } from './namespaces/access.js';
import type { FoundNamespace } from './namespaces/found.js';
import { findNamespaces } from './namespaces/namespaces.js';
import { readNamespace } from './namespaces/read.js';
import { readStatistics } from './network/statistics.js';
import { findHolders, readProcesses, scanTasks } from './owners/owners.js';
import type { OwnersMethod, TaskScan } from './owners/scan.js';
import { Run } from './run.js';
import type { Draft } from './sockets/draft.js';
import { addSocketFiles } from './sockets/files.js';
import { addKernelOwners, type KernelEvidence } from './sockets/kernel.js';
import type { UnixFiles } from './sockets/others.js';
import type { Backend } from './sockets/sockets.js';
import { type UnlistedCount, unlistedGaps } from './sockets/unlisted.js';
import { unownedGaps } from './sockets/unowned.js';

/** What to read of the live host. */
export interface Wish {
  /** Deadline of the whole collection; what it cuts off is a gap. */
  readonly timeoutMs: number;
  readonly backend: Backend;
  readonly owners: OwnersMethod;
  /** Read what stands behind sockets: packages, units, containers, configurations. */
  readonly identity: boolean;
  /** Speak to this host's own listeners, with words that fit what this says they are; false: not a byte to anybody. */
  readonly probe: false | ((snapshot: Snapshot) => readonly IdentifiedListener[]);
  /**
   * `counters`: protocol counters and memberships, which rules judge (half a millisecond); true: masqueraded connections too, and a gap for each
   * namespace whose counters cannot be read.
   */
  readonly statistics: boolean | 'counters';
  /** Read the firewall; default true. */
  readonly firewall?: boolean;
}

const OS_RELEASE_BYTES_MAX = 65_536;

/** Part of the time that is left: probing ends by itself before the deadline cuts it off. */
const PROBING_SHARE = 0.8;

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

/** A namespace while it is being read; `door` null: `refused` says why it could not be opened. */
interface Visit {
  readonly namespace: FoundNamespace;
  readonly door: Door | null;
  readonly refused: string;
}

type Access = typeof import('./namespaces/access.js');

/** Why system calls cannot be made from here; null: they can. */
async function callsRefused(host: Host): Promise<string | null> {
  if (!host.live) return 'no system calls: the host is a recorded one';
  try {
    const { koffi } = await import('../linux/koffi.js');
    koffi();
    return null;
  } catch (error) {
    const [said] = (error instanceof Error ? error.message : String(error)).split('\n');
    return `no system calls from here: koffi does not load (${said})`;
  }
}

/** The way into namespaces, or why there is none. */
async function loadAccess(wish: Wish, refused: string | null): Promise<Access | string> {
  if (wish.backend === 'proc') return 'not asked: --backend proc';
  return refused ?? (await import('./namespaces/access.js'));
}

function openDoors(namespaces: readonly FoundNamespace[], access: Access | string): readonly Visit[] {
  return namespaces.map((namespace) => {
    if (typeof access === 'string') return { namespace, door: null, refused: access };
    const opened = access.openDoor(namespace);
    return { namespace, door: opened.ok ? opened.value : null, refused: opened.ok ? '' : opened.why };
  });
}

/** What the namespaces gave together. */
interface Seen {
  readonly sockets: Draft[];
  readonly networks: Network[];
  readonly namespaces: NetworkNamespace[];
  readonly files: UnixFiles;
  readonly evidence: KernelEvidence[];
  answered: boolean;
  vsockUnread: boolean;
  readonly unlisted: UnlistedCount[];
}

function seeNamespace(
  host: Host,
  visit: Visit,
  visits: readonly Visit[],
  access: Access | string,
  wish: Wish,
  seen: Seen,
  run: Run,
): void {
  const { namespace, door } = visit;
  let vantage: Vantage | null = null;
  let { refused } = visit;
  if (typeof access !== 'string' && door !== null) {
    const opened = access.vantageIn(namespace, door);
    if (opened.ok) vantage = opened.value;
    else refused = opened.why;
  }
  try {
    const known = visits.flatMap((other) =>
      other.door === null ? [] : [{ id: other.namespace.id, descriptor: other.door.descriptor }],
    );
    const reading = readNamespace({ host, namespace, vantage, refused, backend: wish.backend, known });
    run.gaps.push(...reading.gaps.map((gap) => ({ ...gap, namespace: namespace.id })));
    for (const socket of reading.sockets.sockets) seen.sockets.push(socket);
    for (const [socket, file] of reading.sockets.files) seen.files.set(socket, file);
    if (reading.network !== null) seen.networks.push(reading.network);
    seen.evidence.push(...reading.evidence);
    seen.answered ||= reading.sockets.answered;
    seen.vsockUnread ||= reading.sockets.vsockUnread;
    seen.unlisted.push(...reading.sockets.unlisted);
  } finally {
    vantage?.close();
    seen.namespaces.push({
      id: namespace.id,
      name: namespace.name,
      foundBy: door?.foundBy ?? namespace.entrances[0]?.foundBy ?? `/proc/net of ${namespace.procNet}`,
      entered: vantage !== null,
    });
  }
}

/** Who holds the sockets, what their files are, and which are the kernel's own. The process ids of all holders. */
async function addOwners(host: Host, wish: Wish, scan: TaskScan, seen: Seen, run: Run): Promise<ReadonlySet<number>> {
  const wanted = new Set<number>();
  for (const { inode } of seen.sockets) if (inode !== null) wanted.add(inode);
  const found = await run.read('owners of sockets', null, false, () =>
    findHolders(host, scan, { method: wish.owners, wanted }),
  );
  const pids = new Set<number>();
  for (const socket of seen.sockets) {
    const holders = socket.inode === null ? undefined : found?.holders.get(socket.inode);
    socket.holders = holders?.pids ?? [];
    socket.holdersComplete = found?.complete ?? false;
    for (const pid of socket.holders) pids.add(pid);
  }
  await run.read('files of unix sockets', null, false, async () => {
    await addSocketFiles(host, seen.sockets, seen.files);
    return { value: null, gaps: [] };
  });
  run.readNow('sockets of the kernel itself', null, false, () => {
    const hostNamespace = seen.namespaces.find((one) => one.name === 'host')?.id ?? 0;
    addKernelOwners(host, seen.sockets, seen.networks, hostNamespace, seen.evidence);
    return { value: null, gaps: unownedGaps(seen.sockets, seen.namespaces, found) };
  });
  if (seen.vsockUnread || seen.unlisted.length > 0)
    await run.read('sockets that no list shows', null, true, async () => ({
      value: null,
      gaps: await unlistedGaps(host, scan, wanted, { vsock: seen.vsockUnread, counted: seen.unlisted }),
    }));
  return pids;
}

/** The firewall of each namespace, by its own tools. */
async function addFirewalls(host: Host, wish: Wish, visits: readonly Visit[], seen: Seen, run: Run): Promise<void> {
  if (wish.firewall === false) return;
  const { readFirewall } = await import('./firewall/firewall.js');
  const { withTcx } = await import('./firewall/beside.js');
  for (const [index, network] of seen.networks.entries()) {
    const visit = visits.find((one) => one.namespace.id === network.namespace);
    if (visit === undefined) continue;
    const { namespace, door } = visit;
    const place = {
      name: namespace.name,
      descriptor: door?.descriptor ?? null,
      own: namespace.own,
      procNet: namespace.procNet,
    };
    const firewall = await run.read(`firewall of namespace ${namespace.name}`, network.firewall, false, async () => {
      const { value, gaps } = await readFirewall(host, place);
      return { value, gaps: gaps.map((gap) => ({ ...gap, namespace: namespace.id })) };
    });
    const what = `programs at the devices of namespace ${namespace.name}`;
    const interfaces = run.readNow(what, network.interfaces, false, () => {
      const { value, gaps } = withTcx(host, place, network.interfaces);
      return { value, gaps: gaps.map((gap) => ({ ...gap, namespace: namespace.id })) };
    });
    seen.networks[index] = { ...network, firewall, interfaces };
  }
}

/** A collection that is so far beyond its deadline hangs in the kernel, and is ended. */
const HANGS_MS = 30_000;

/**
 * Reads this host. What could not be read is a gap in the snapshot.
 * @throws CollectionError where no listener of any kind could be listed.
 */
export async function collectLive(host: Host, wish: Wish): Promise<Snapshot> {
  if (!host.live) return collect(host, wish);
  const { host: guarded, gaps } = answering(host);
  const snapshot = await collectInTime(guarded, wish);
  const silent = gaps();
  if (silent.length === 0) return snapshot;
  const { collection } = snapshot;
  return { ...snapshot, collection: { ...collection, gaps: [...collection.gaps, ...silent] } };
}

async function collectInTime(host: Host, wish: Wish): Promise<Snapshot> {
  if ((await callsRefused(host)) !== null) return collect(host, wish);
  const { armAlarm, disarmAlarm } = await import('../linux/alarm.js');
  armAlarm(wish.timeoutMs + HANGS_MS);
  try {
    return await collect(host, wish);
  } finally {
    disarmAlarm();
  }
}

async function collect(host: Host, wish: Wish): Promise<Snapshot> {
  const startedAt = new Date().toISOString();
  const startMs = monotonicMs();
  const run = new Run(wish.timeoutMs);
  const scan = await scanTasks(host, { method: wish.owners });
  const refused = await callsRefused(host);
  const access = await loadAccess(wish, refused);
  const found = run.keep(await findNamespaces(host, scan, refused === null));
  const visits = openDoors(found, access);
  const seen: Seen = {
    sockets: [],
    networks: [],
    namespaces: [],
    files: new Map(),
    evidence: [],
    answered: false,
    vsockUnread: false,
    unlisted: [],
  };
  let pids: ReadonlySet<number>;
  try {
    for (const visit of visits)
      run.readNow(`namespace ${visit.namespace.name}`, null, true, () => {
        seeNamespace(host, visit, visits, access, wish, seen, run);
        return { value: null, gaps: [] };
      });
    if (!seen.answered) throw new CollectionError(failure(run, visits));
    // Owners first: on a host with many namespaces their firewalls may take all the time there is.
    pids = await addOwners(host, wish, scan, seen, run);
    await addFirewalls(host, wish, visits, seen, run);
  } finally {
    if (typeof access !== 'string') for (const { door } of visits) if (door !== null) access.closeDoor(door);
  }
  const processes = run.readNow('processes', [], false, () => readProcesses(host, pids));
  const { sockets, namespaces } = seen;
  const software = await run.read('software behind the sockets', NO_SOFTWARE, false, async () => {
    if (!wish.identity) return { value: NO_SOFTWARE, gaps: [] };
    const { readSoftware } = await import('./software/software.js');
    return readSoftware(host, { sockets, processes, namespaces }, { identity: true });
  });
  const snapshot: Snapshot = {
    schema: 'earshot.snapshot/1',
    tool: { name: 'earshot', version: VERSION },
    host: hostFacts(host),
    collection: {
      source: 'live',
      startedAt,
      durationMs: Math.round(monotonicMs() - startMs),
      dialect: null,
      uid: process.geteuid?.() ?? null,
      gaps: run.gaps,
    },
    namespaces: seen.namespaces,
    sockets,
    processes,
    networks: seen.networks,
    software,
    statistics: wish.statistics === false ? null : allStatistics(host, found, wish.statistics === true, run),
  };
  return wish.probe === false ? snapshot : withAnswers(snapshot, wish.probe, found, access, run, startMs);
}

/** The snapshot with what its listeners said themselves. The doors are opened again: readers wait for disks in between, and probing may not begin before. */
async function withAnswers(
  snapshot: Snapshot,
  identify: Exclude<Wish['probe'], false>,
  found: readonly FoundNamespace[],
  access: Access | string,
  run: Run,
  startMs: number,
): Promise<Snapshot> {
  const visits = openDoors(found, access);
  try {
    const probes = await run.read('what the listeners say themselves', [], false, async () => {
      const { probeListeners } = await import('./probe/probe.js');
      const { PROBE_LIMITS } = await import('./probe/limits.js');
      const entries = visits.flatMap(({ namespace, door }) =>
        door === null ? [] : [{ id: namespace.id, descriptor: namespace.own ? null : door.descriptor }],
      );
      const totalMs = Math.min(PROBE_LIMITS.totalMs, run.leftMs * PROBING_SHARE);
      return probeListeners(snapshot, identify(snapshot), entries, { ...PROBE_LIMITS, totalMs });
    });
    return {
      ...snapshot,
      collection: {
        ...snapshot.collection,
        durationMs: Math.round(monotonicMs() - startMs),
        gaps: run.gaps,
      },
      software: { ...snapshot.software, probes },
    };
  } finally {
    if (typeof access !== 'string') for (const { door } of visits) if (door !== null) access.closeDoor(door);
  }
}

/** This host without anything on it: for a question to which "nothing" is known to be the answer. */
export function bareSnapshot(host: Host): Snapshot {
  return {
    schema: 'earshot.snapshot/1',
    tool: { name: 'earshot', version: VERSION },
    host: hostFacts(host),
    collection: {
      source: 'live',
      startedAt: new Date().toISOString(),
      durationMs: 0,
      dialect: null,
      uid: process.geteuid?.() ?? null,
      gaps: [],
    },
    namespaces: [],
    sockets: [],
    processes: [],
    networks: [],
    software: NO_SOFTWARE,
    statistics: null,
  };
}

/** A namespace in which no process lives has no /proc/PID/net; where only counters were asked for, it is left out. */
function allStatistics(host: Host, found: readonly FoundNamespace[], whole: boolean, run: Run): Statistics {
  const empty = (id: number): NamespaceStatistics => ({
    namespace: id,
    counters: {},
    memberships: [],
    masqueraded: [],
  });
  return {
    namespaces: found
      .filter((namespace) => whole || namespace.procNet !== null)
      .map((namespace) =>
        run.readNow(`counters of namespace ${namespace.name}`, empty(namespace.id), false, () => {
          const { value, gaps } = readStatistics(host, namespace, whole);
          return { value, gaps: gaps.map((gap) => ({ ...gap, namespace: namespace.id })) };
        }),
      ),
  };
}

function failure(run: Run, visits: readonly Visit[]): string {
  const of = (kinds: readonly string[]): string | undefined => {
    const gap = run.gaps.find((one) => kinds.includes(one.kind));
    return gap === undefined || gap.fix === '' ? gap?.why : `${gap.why}. What to do: ${gap.fix}`;
  };
  const why =
    of(['timeout']) ??
    of(['protocol', 'internal', 'namespace']) ??
    visits[0]?.refused ??
    'no network namespace was found; is /proc mounted?';
  return `no listener could be listed, so there is nothing to audit: ${why}`;
}
