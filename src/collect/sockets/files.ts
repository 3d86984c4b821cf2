import type { SocketFile } from '../../model/socket.js';
import type { Host } from '../host.js';
import { UserNames } from '../owners/users.js';
import type { Draft } from './draft.js';
import type { UnixFiles } from './others.js';

const SEARCH_BY_OTHERS = 0o001;

/** Looks at the files of unix sockets as their holders see them. */
class SocketFiles {
  readonly #host: Host;
  readonly #users: UserNames;
  readonly #groups: UserNames;
  /** Whether everybody may search a folder, by its path as we open it. */
  readonly #open = new Map<string, boolean>();
  readonly #roots = new Map<number, string>();

  constructor(host: Host) {
    this.#host = host;
    this.#users = new UserNames(host);
    this.#groups = new UserNames(host, '/etc/group');
  }

  /** What to put before a path of the process: nothing where its root and mounts are ours. */
  #rootOf(pid: number): string {
    const known = this.#roots.get(pid);
    if (known !== undefined) return known;
    const { sync } = this.#host;
    const ours = sync.readLink('/proc/self/ns/mnt');
    const its = sync.readLink(`/proc/${pid}/ns/mnt`);
    const root = sync.readLink(`/proc/${pid}/root`);
    const same = ours.ok && its.ok && ours.value === its.value && root.ok && root.value === '/';
    const prefix = same ? '' : `/proc/${pid}/root`;
    this.#roots.set(pid, prefix);
    return prefix;
  }

  /** True where everybody may search all folders on the way to the file. */
  #pathOpen(root: string, path: string): boolean {
    let open = true;
    for (let end = path.lastIndexOf('/'); end > 0 && open; end = path.lastIndexOf('/', end - 1)) {
      const folder = root + path.slice(0, end);
      let searchable = this.#open.get(folder);
      if (searchable === undefined) {
        const facts = this.#host.sync.stat(folder);
        searchable = !facts.ok || (facts.value.mode & SEARCH_BY_OTHERS) !== 0;
        this.#open.set(folder, searchable);
      }
      open = searchable;
    }
    return open;
  }

  /** null: it could not be looked at (no holder is known and no file of ours has that path, or no privilege). */
  look(draft: Draft, inode: number | null): SocketFile | null {
    const path = draft.address;
    if (path === null || !path.startsWith('/')) return null;
    const [pid] = draft.holders;
    const root = pid === undefined ? '' : this.#rootOf(pid);
    const facts = this.#host.sync.lstat(root + path);
    if (!facts.ok) {
      const gone = facts.code === 'ENOENT' || facts.code === 'ENOTDIR';
      if (!gone || pid === undefined) return null;
      return { mode: 0, uid: 0, gid: 0, user: null, group: null, pathOpen: false, present: false };
    }
    const { mode, uid, gid, kind } = facts.value;
    return {
      mode: mode & 0o777,
      uid,
      gid,
      user: this.#users.name(uid),
      group: this.#groups.name(gid),
      pathOpen: this.#pathOpen(root, path),
      present: kind === 'socket' && (inode === null || inode === facts.value.inode % 2 ** 32),
    };
  }
}

/** Adds the file to every unix socket that has a path. Holders must be known. */
export function addSocketFiles(host: Host, sockets: readonly Draft[], files: UnixFiles): void {
  const seen = new SocketFiles(host);
  for (const socket of sockets) {
    if (socket.protocol !== 'unix' || socket.address === null || socket.address.startsWith('@')) continue;
    socket.file = seen.look(socket, files.get(socket)?.inode ?? null);
  }
}
