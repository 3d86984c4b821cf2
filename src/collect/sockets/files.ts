import type { AccessList } from '../../linux/access-list.js';
import type { SocketFile } from '../../model/socket.js';
import type { FileFacts, Host } from '../host.js';
import { UserNames } from '../owners/users.js';
import type { Draft } from './draft.js';
import type { UnixFiles } from './others.js';

const SEARCH_BY_OTHERS = 0o001;
const WRITE_BY_GROUP = 0o020;
const WRITE_BY_OTHERS = 0o002;
/** Workers that share a socket see the same files. */
const HOLDERS_ASKED_MAX = 4;

/** How a process sees paths. */
interface Root {
  /** What to put before a path of it: nothing where its root and mounts are ours. */
  readonly prefix: string;
  /** False: it left the root of its mounts (chroot(2)), perhaps after it bound the socket. */
  readonly whole: boolean;
}

/** A file, and where we found it. */
interface Found {
  readonly file: SocketFile;
  readonly place: string;
}

const GONE: SocketFile = { mode: 0, uid: 0, gid: 0, user: null, group: null, pathOpen: false, present: false };

/** Looks at the files of unix sockets as their holders see them. */
class SocketFiles {
  readonly #host: Host;
  readonly #users: UserNames;
  readonly #groups: UserNames;
  /** Whether everybody may search a folder, by its path as we open it. */
  readonly #open = new Map<string, boolean>();
  readonly #roots = new Map<number, Root>();

  constructor(host: Host) {
    this.#host = host;
    this.#users = new UserNames(host);
    this.#groups = new UserNames(host, '/etc/group');
  }

  #rootOf(pid: number): Root {
    const known = this.#roots.get(pid);
    if (known !== undefined) return known;
    const { sync } = this.#host;
    const ours = sync.readLink('/proc/self/ns/mnt');
    const its = sync.readLink(`/proc/${pid}/ns/mnt`);
    const root = sync.readLink(`/proc/${pid}/root`);
    const whole = root.ok && root.value === '/';
    const same = ours.ok && its.ok && ours.value === its.value && whole;
    const found = { prefix: same ? '' : `/proc/${pid}/root`, whole };
    this.#roots.set(pid, found);
    return found;
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

  /** The file at this place, if it is the one that was bound. */
  #fileAt(prefix: string, path: string, inode: number | null): Found | 'another' | 'refused' {
    const facts = this.#host.sync.lstat(prefix + path);
    if (!facts.ok) return facts.code === 'ENOENT' || facts.code === 'ENOTDIR' ? 'another' : 'refused';
    const isIt = facts.value.kind === 'socket' && (inode === null || inode === facts.value.inode % 2 ** 32);
    return isIt ? { file: this.#fileOf(prefix, path, facts.value), place: prefix + path } : 'another';
  }

  #fileOf(prefix: string, path: string, { mode, uid, gid }: FileFacts): SocketFile {
    return {
      mode: mode & 0o777,
      uid,
      gid,
      user: this.#users.name(uid),
      group: this.#groups.name(gid),
      pathOpen: this.#pathOpen(prefix, path),
      present: true,
    };
  }

  /**
   * The file of a socket; null: it could not be looked at (no privilege, no holder is known and ours is another file, a relative path that
   * its holders have left). `inode`: of the file that was bound; null: not told.
   */
  look(draft: Draft, inode: number | null): Found | 'gone' | null {
    const path = draft.address ?? '';
    const holders = draft.holders.slice(0, HOLDERS_ASKED_MAX);
    if (!path.startsWith('/')) return inode === null ? null : this.#lookBesideHolders(holders, path, inode);
    let gone = false;
    const asked = new Set<string>();
    for (const pid of holders) {
      const root = this.#rootOf(pid);
      if (asked.has(root.prefix)) continue;
      asked.add(root.prefix);
      const found = this.#fileAt(root.prefix, path, inode);
      if (typeof found !== 'string') return found;
      gone ||= found === 'another' && root.whole && (inode !== null || root.prefix === '');
    }
    const ours = asked.has('') || (inode === null && holders.length > 0) ? null : this.#fileAt('', path, inode);
    if (ours !== null && typeof ours !== 'string') return ours;
    return gone ? 'gone' : null;
  }

  /** A name without a folder, bound where the process stood: most stand there still. */
  #lookBesideHolders(holders: readonly number[], name: string, inode: number): Found | null {
    if (name.includes('/')) return null;
    for (const pid of holders) {
      const folder = this.#host.sync.readLink(`/proc/${pid}/cwd`);
      if (!folder.ok || !folder.value.startsWith('/')) continue;
      const found = this.#fileAt(this.#rootOf(pid).prefix, `${folder.value}/${name}`, inode);
      if (typeof found !== 'string') return found;
    }
    return null;
  }

  /** As the file's access control list has it, whose mask stands in place of the group's permissions. */
  withAccessList(file: SocketFile, list: AccessList | null): SocketFile {
    if (list === null) return file;
    const mode = list.group ? file.mode : file.mode & ~WRITE_BY_GROUP;
    const users = list.uids.map((uid) => this.#users.name(uid));
    return { ...file, mode, accessList: { users, groups: list.gids.map((gid) => this.#groups.name(gid)) } };
  }
}

/** Adds the file to every unix socket that has a path. Holders must be known. */
export async function addSocketFiles(host: Host, sockets: readonly Draft[], files: UnixFiles): Promise<void> {
  const seen = new SocketFiles(host);
  const mayHaveList: { readonly socket: Draft; readonly found: Found }[] = [];
  for (const socket of sockets) {
    if (socket.protocol !== 'unix' || socket.address === null || socket.address.startsWith('@')) continue;
    const found = seen.look(socket, files.get(socket)?.inode ?? null);
    socket.file = found === 'gone' ? GONE : (found?.file ?? null);
    if (found === null || found === 'gone') continue;
    if ((found.file.mode & (WRITE_BY_GROUP | WRITE_BY_OTHERS)) === WRITE_BY_GROUP) mayHaveList.push({ socket, found });
  }
  if (!host.live || mayHaveList.length === 0) return;
  const { accessListOf } = await import('../../linux/access-list.js');
  for (const { socket, found } of mayHaveList) socket.file = seen.withAccessList(found.file, accessListOf(found.place));
}
