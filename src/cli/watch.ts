import { liveHost } from '../collect/host.js';
import { bareSnapshot, collectLive, type Wish } from '../collect/live.js';
import { readProcesses } from '../collect/owners/owners.js';
import { draftOf, ipProtocolName, setAddress } from '../collect/sockets/draft.js';
import type { Descent } from '../exec/descent.js';
import { QUICK_PROTOCOLS } from '../exec/listening.js';
import { type Sighting, Sightings } from '../exec/sightings.js';
import { identify } from '../identify/identify.js';
import type { Gap } from '../model/gap.js';
import type { Process } from '../model/process.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Socket } from '../model/socket.js';
import type { Settings } from './settings.js';

/** A socket that was seen in passing, and is gone before the kernel could be asked more. */
function socketOf({ socket, holders }: Sighting): Socket {
  if (socket.kind === 'unix') {
    const draft = draftOf('unix', socket.namespace, 'proc');
    return { ...draft, state: 'listen', address: socket.name, type: socket.type, inode: socket.inode, holders };
  }
  const { protocol, family, address, port, uid, v6only, namespace, inode } = socket;
  const draft = draftOf(protocol, namespace, 'proc');
  setAddress(draft, family, address);
  const raw = protocol === 'raw';
  return {
    ...draft,
    state: protocol === 'tcp' ? 'listen' : 'bound',
    port: raw ? null : port,
    ...(raw ? { ipProtocol: ipProtocolName(port) } : {}),
    inode,
    uid,
    v6only,
    holders,
    holdersComplete: holders.length > 0,
  };
}

/** What /proc/net does not show of an IPv6 socket. */
const familyGap = ({ address, port }: Socket): Gap => ({
  kind: 'family',
  what: `whether the listener on [${address}]:${port} took IPv4 too`,
  why: 'it was closed again before the kernel could be asked, and /proc/net does not show it',
  hides: 'IPv4 sources that reached it',
  fix: 'keep it open a little longer, or use --until-port',
  hidesListeners: false,
});

/** What a command and its descendants opened, gathered while it runs. */
export class Watch {
  readonly #wish: Wish;
  readonly #isolated: boolean;
  readonly #descent: Descent;
  readonly #sightings: Sightings;
  readonly #processes = new Map<number, Process>();
  readonly #ports = new Set<number>();

  /** To be made before the command starts. */
  constructor(settings: Settings, isolated: boolean, descent: Descent) {
    const { timeoutMs, backend, owners, identity } = settings;
    this.#wish = {
      timeoutMs,
      backend,
      owners,
      identity,
      probe: settings.probe ? (seen) => this.#ownListeners(seen) : false,
      statistics: false,
    };
    this.#isolated = isolated;
    this.#descent = descent;
    this.#sightings = new Sightings(process.pid, descent);
  }

  /** A quick look. True: something of the command's began or ceased to listen. */
  look(): boolean {
    const { fresh, changed } = this.#sightings.look();
    for (const { socket } of fresh)
      if (socket.kind === 'inet' && socket.protocol !== 'raw') this.#ports.add(socket.port);
    const holders = fresh.flatMap((sighting) => sighting.holders);
    if (holders.length > 0)
      for (const found of readProcesses(liveHost(), holders).value) this.#processes.set(found.pid, found);
    return changed;
  }

  /** True when a descendant has opened this port at any time. */
  opened(port: number): boolean {
    return this.#ports.has(port);
  }

  /** True while the command or something that descends from it runs. */
  get alive(): boolean {
    return this.#descent.look().some((pid) => this.#descent.lives(pid));
  }

  /** True when a descendant has opened anything. */
  get heard(): boolean {
    return this.#sightings.all.length > 0;
  }

  /** Sockets held by a descendant, or by nobody that could be seen but told by a quick look, or of an unseen kind. */
  #isOurs(socket: Socket, processes: ReadonlyMap<number, Process>): boolean {
    if (socket.state === 'connected' || (socket.inode !== null && this.#sightings.wasThere(socket.inode))) return false;
    if (socket.inode !== null && this.#sightings.of(socket.inode) !== undefined) return true;
    if (socket.holders.length > 0)
      return socket.holders.some((pid) => this.#descent.has(pid, processes.get(pid)?.startTicks ?? null));
    // Whoever's it is: a socket that nobody is seen to hold is only ours where a quick look could have told it from older ones.
    return (
      !socket.holdersComplete &&
      (socket.kernel ?? null) === null &&
      QUICK_PROTOCOLS.includes(socket.protocol) &&
      socket.uid === (process.geteuid?.() ?? null) &&
      socket.uid !== 0
    );
  }

  /** What is spoken to: of all that listens on this host only what the command opened. */
  #ownListeners(snapshot: Snapshot): ReturnType<typeof identify> {
    this.#descent.look();
    const processes = new Map(snapshot.processes.map((each) => [each.pid, each]));
    return identify({ ...snapshot, sockets: snapshot.sockets.filter((socket) => this.#isOurs(socket, processes)) });
  }

  /** The snapshot of everything that was ever open, with what stands behind it as far as it still runs. */
  async finish(): Promise<Snapshot> {
    this.look();
    // Nothing of the command's is left, and nothing of it was ever seen: what else listens here is not the question.
    const nothing = !this.alive && !this.heard && !this.#sightings.blind;
    const last = nothing
      ? bareSnapshot(liveHost())
      : await collectLive(liveHost(), { ...this.#wish, firewall: !this.#isolated });
    this.#descent.look();
    this.#sightings.close();
    const seen = new Map(last.processes.map((each) => [each.pid, each]));
    const open = last.sockets.filter((socket) => this.#isOurs(socket, seen));
    const inodes = new Set(open.map((socket) => socket.inode));
    const passed = this.#sightings.all.filter(({ socket }) => !inodes.has(socket.inode)).map(socketOf);
    return this.#snapshot(last, open, passed, new Map([...this.#processes, ...seen]));
  }

  #snapshot(
    last: Snapshot,
    open: readonly Socket[],
    passed: readonly Socket[],
    processes: ReadonlyMap<number, Process>,
  ): Snapshot {
    const sockets = [...open, ...passed];
    const inodes = sockets.map((socket) => String(socket.inode));
    const holders = new Set(sockets.flatMap((socket) => socket.holders));
    // What could not be seen of namespaces in which the command never stood hides nothing of it.
    const elsewhere = last.namespaces.filter(({ id }) => !this.#sightings.namespaces.has(id)).map(({ name }) => name);
    const known = new Set(last.namespaces.map(({ id }) => id));
    const homeless = [...new Set(passed.map(({ namespace }) => namespace))].filter((id) => !known.has(id));
    return {
      ...last,
      collection: {
        ...last.collection,
        source: 'exec',
        gaps: [
          ...last.collection.gaps.filter(
            (gap) =>
              (gap.kind !== 'owner' || inodes.some((inode) => gap.what.includes(inode))) &&
              !elsewhere.some((name) => gap.what.endsWith(`namespace ${name}`)),
          ),
          ...passed.filter((socket) => socket.family === 'ipv6' && socket.v6only === null).map(familyGap),
        ],
      },
      // The command's own namespace is called `exec`, so that a finding keeps its fingerprint; of one that has ended only the number is left.
      namespaces: [
        ...last.namespaces.map((each) =>
          this.#isolated && each.name !== 'host' && sockets.some(({ namespace }) => namespace === each.id)
            ? { ...each, name: 'exec' }
            : each,
        ),
        ...homeless.map((id) => ({ id, name: 'exec', foundBy: 'a quick look', entered: false })),
      ],
      sockets,
      processes: [...processes.values()].filter(({ pid }) => holders.has(pid)).sort((a, b) => a.pid - b.pid),
      networks: this.#isolated
        ? last.networks.map((network) => ({ ...network, firewall: { read: false, rulesets: [], unreadTables: [] } }))
        : last.networks,
    };
  }
}
