import type { Descent } from './descent.js';
import { QuickLook, type QuickSocket, socketsHeldBy } from './listening.js';

/** A socket whose holder was not found at once may be a moment older than its process in our list: it is looked for again. */
const LOOKS_PER_SOCKET = 5;

/** A listening socket of the command's, and who held it when it was seen. */
export interface Sighting {
  readonly socket: QuickSocket;
  /** Empty: a process of another user's holds it, whose descriptors cannot be read. */
  readonly holders: readonly number[];
}

/** Quick looks at what the command and its descendants listen on: a listener that lives for a moment is seen too. */
export class Sightings {
  readonly #descent: Descent;
  readonly #ours: number;
  readonly #quick = new QuickLook();
  readonly #before: ReadonlySet<number>;
  readonly #settled = new Map<number, number>();
  readonly #sighted = new Map<number, Sighting>();
  #count = 0;

  /** To be made before the command starts: what listens then, and what this process itself holds, is not the command's. */
  constructor(ours: number, descent: Descent) {
    this.#ours = ours;
    this.#descent = descent;
    this.#before = new Set([...this.#quick.around([ours]).keys(), ...(socketsHeldBy(ours) ?? [])]);
  }

  /** True for a socket that was there before the command. */
  wasThere(inode: number): boolean {
    return this.#before.has(inode);
  }

  /** True where something could not be looked at. */
  get blind(): boolean {
    return this.#quick.blind;
  }

  /** Inodes of the network namespaces in which the command or this process was seen. */
  get namespaces(): ReadonlySet<number> {
    return this.#quick.namespaces;
  }

  get all(): readonly Sighting[] {
    return [...this.#sighted.values()];
  }

  of(inode: number): Sighting | undefined {
    return this.#sighted.get(inode);
  }

  /** Looks once. Gives what is new, and whether anything began or ceased to listen since the last look. */
  look(): { readonly fresh: readonly Sighting[]; readonly changed: boolean } {
    const live = this.#descent.look();
    const now = this.#quick.around([this.#ours, ...live]);
    const open = [...now.values()].filter(({ inode }) => this.#isOpen(inode));
    const held = open.length === 0 ? new Map<number, readonly number[]>() : holdersAmong(live, open);
    const fresh: Sighting[] = [];
    for (const socket of open) {
      const holders = held.get(socket.inode);
      this.#settled.set(socket.inode, (this.#settled.get(socket.inode) ?? 0) + 1);
      if (holders === undefined) continue;
      const sighting = { socket, holders };
      this.#sighted.set(socket.inode, sighting);
      fresh.push(sighting);
    }
    const ours = [...this.#sighted.keys()].filter((inode) => now.has(inode)).length;
    const changed = fresh.length > 0 || ours !== this.#count;
    this.#count = ours;
    return { fresh, changed };
  }

  close(): void {
    this.#quick.close();
  }

  #isOpen(inode: number): boolean {
    return !this.#before.has(inode) && !this.#sighted.has(inode) && (this.#settled.get(inode) ?? 0) < LOOKS_PER_SOCKET;
  }
}

/** Which of the processes hold which of the sockets. Where a process cannot be searched, a socket without a holder may be its. */
function holdersAmong(
  pids: readonly number[],
  sockets: readonly QuickSocket[],
): ReadonlyMap<number, readonly number[]> {
  const wanted = new Map<number, number[]>(sockets.map(({ inode }) => [inode, []]));
  let closed = false;
  for (const pid of pids) {
    const held = socketsHeldBy(pid);
    if (held === null) closed = true;
    else for (const [inode, holders] of wanted) if (held.has(inode)) holders.push(pid);
  }
  return new Map([...wanted].filter(([, holders]) => holders.length > 0 || closed));
}
