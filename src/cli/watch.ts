import { liveHost } from '../collect/host.js';
import { collectLive, type Wish } from '../collect/live.js';
import type { Descent } from '../exec/descent.js';
import { listeningAround } from '../exec/listening.js';
import type { Process } from '../model/process.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Socket } from '../model/socket.js';
import type { Settings } from './settings.js';

const keyOf = (socket: Socket): string => `${socket.namespace}/${socket.inode ?? ''}/${socket.cookie ?? ''}`;

/** What a command and its descendants opened, gathered while it runs. */
export class Watch {
  readonly #wish: Wish;
  readonly #isolated: boolean;
  readonly #before: ReadonlySet<string>;
  #quick: ReadonlySet<string>;
  #descent: Descent | null = null;
  readonly #sockets = new Map<string, Socket>();
  readonly #processes = new Map<number, Process>();
  readonly #ports = new Set<number>();

  private constructor(wish: Wish, isolated: boolean, before: Snapshot) {
    this.#wish = wish;
    this.#isolated = isolated;
    this.#before = new Set(before.sockets.map(keyOf));
    this.#quick = new Set(listeningAround([process.pid]).map((socket) => socket.inode));
  }

  /** Remembers what listens before the command starts. */
  static async start(settings: Settings, isolated: boolean): Promise<Watch> {
    const { timeoutMs, backend, owners } = settings;
    const wish: Wish = {
      timeoutMs,
      backend,
      owners,
      identity: settings.identity,
      probe: settings.probe,
      statistics: false,
    };
    return new Watch(wish, isolated, await collectLive(liveHost(), { ...wish, identity: false, firewall: false }));
  }

  follow(descent: Descent): void {
    this.#descent = descent;
  }

  /** A quick look; where something new listens, a whole one. True: something changed. */
  async look(): Promise<boolean> {
    const live = this.#descent?.look() ?? [];
    const now = listeningAround([process.pid, ...live]);
    const fresh = now.filter((socket) => !this.#quick.has(socket.inode));
    const gone = this.#quick.size !== now.length - fresh.length;
    this.#quick = new Set(now.map((socket) => socket.inode));
    if (fresh.length > 0)
      this.#keep(await collectLive(liveHost(), { ...this.#wish, identity: false, firewall: false }));
    return fresh.length > 0 || gone;
  }

  /** True when a descendant has opened this port at any time. */
  opened(port: number): boolean {
    return this.#ports.has(port);
  }

  /** Sockets that were not there before and are held by a descendant, or by nobody that could be seen. */
  #keep(snapshot: Snapshot): void {
    this.#descent?.look();
    const processes = new Map(snapshot.processes.map((process) => [process.pid, process]));
    const ours = (pid: number): boolean => this.#descent?.has(pid, processes.get(pid)?.startTicks ?? null) ?? false;
    for (const socket of snapshot.sockets) {
      if (socket.state === 'connected' || this.#before.has(keyOf(socket))) continue;
      if (socket.holders.length > 0 ? !socket.holders.some(ours) : socket.holdersComplete || socket.kernel) continue;
      this.#sockets.set(keyOf(socket), socket);
      if (socket.port !== null) this.#ports.add(socket.port);
      for (const pid of socket.holders) {
        const process = processes.get(pid);
        if (process !== undefined) this.#processes.set(pid, process);
      }
    }
  }

  /** The snapshot of everything that was ever open, with what stands behind it as far as it still runs. */
  async finish(): Promise<Snapshot> {
    const last = await collectLive(liveHost(), { ...this.#wish, firewall: !this.#isolated });
    this.#keep(last);
    const sockets = [...this.#sockets.values()];
    const inodes = sockets.map((socket) => String(socket.inode));
    const processes = new Map([
      ...this.#processes,
      ...last.processes.map((process) => [process.pid, process] as const),
    ]);
    const holders = new Set(sockets.flatMap((socket) => socket.holders));
    return {
      ...last,
      collection: {
        ...last.collection,
        source: 'exec',
        gaps: last.collection.gaps.filter(
          (gap) => gap.kind !== 'owner' || inodes.some((inode) => gap.what.includes(inode)),
        ),
      },
      sockets,
      processes: [...processes.values()].filter((process) => holders.has(process.pid)).sort((a, b) => a.pid - b.pid),
      networks: this.#isolated
        ? last.networks.map((network) => ({ ...network, firewall: { read: false, rulesets: [], unreadTables: [] } }))
        : last.networks,
    };
  }
}
