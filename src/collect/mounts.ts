import type { Gap } from '../model/gap.js';
import type { Host } from './host.js';
import { type Look, refused } from './look.js';

const MOUNTS_BYTES_MAX = 8 * 1024 * 1024;
/** File systems that one host asks whether they answer, at most; what comes after is left alone. */
const ASKED_MAX = 32;
/** As many as the kernel follows (path_resolution(7)). */
const LINKS_MAX = 40;
const CACHE_MAX = 100_000;

/** File systems whose answers come from another machine or another program: a path that leads there waits for as long as those want. */
const REMOTE =
  /^(?:nfs\d?|cifs|smb3|smbfs|ncpfs|fuse(?:\..*|blk)?|9p|virtiofs|ceph|afs|kafs|lustre|orangefs|davfs|autofs)$/;

/** Places of remote file systems in one mount namespace, and the type of each. */
type Mounts = ReadonlyMap<string, string>;

const NO_MOUNTS: Mounts = new Map();

/** proc_pid_mountinfo(5): bytes that would break the line stand in octal. */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** What is mounted later covers what was mounted at the same place before. */
export function remoteMounts(mountinfo: string): Mounts {
  const found = new Map<string, string>();
  for (const line of mountinfo.split('\n')) {
    const [, , , , place] = line.split(' ', 5);
    const dash = line.indexOf(' - ');
    if (place === undefined || dash < 0) continue;
    const type = line.slice(dash + 3).split(' ', 1)[0] ?? '';
    if (REMOTE.test(type)) found.set(unescaped(place), type);
    else found.delete(unescaped(place));
  }
  return found;
}

const PROCESS_ROOT = /^\/proc\/\d+\/root(?=\/|$)/;
/** Links of /proc that lead to where a process has something open. */
const PROCESS_LINK = /^\/proc\/\d+\/(?:exe|cwd|fd\/\d+)$/;

/** Leaves alone what lies on file systems that do not answer, so that the rest is looked at. */
class Guard {
  readonly #host: Host;
  readonly #own: Mounts;
  readonly #others = new Map<string, Mounts>();
  /** Why a place is left alone, by its path as the host sees it; null: it answers. */
  readonly #silent = new Map<string, string | null>();
  readonly #resolved = new Map<string, string>();

  constructor(host: Host) {
    this.#host = host;
    this.#own = this.#read('/proc/self/mountinfo');
  }

  #read(path: string): Mounts {
    const text = this.#host.sync.readText(path, MOUNTS_BYTES_MAX);
    return text.ok ? remoteMounts(text.value) : NO_MOUNTS;
  }

  #mountsBelow(root: string): Mounts {
    const there = this.#others.get(root);
    if (there !== undefined) return there;
    const read = this.#read(`${root.slice(0, -'/root'.length)}/mountinfo`);
    this.#others.set(root, read);
    return read;
  }

  /** Why the file system at a place is left alone; null: it answers. */
  #whySilent(place: string, type: string): string | null {
    const there = this.#silent.get(place);
    if (there !== undefined) return there;
    const why =
      type === 'autofs'
        ? 'to look there would mount it'
        : this.#silent.size >= ASKED_MAX
          ? `more than ${ASKED_MAX} file systems of other machines or programs`
          : this.#host.answers(place)
            ? null
            : `its file system (${type}) does not answer`;
    this.#silent.set(place, why);
    return why;
  }

  /**
   * Where a path leads within its root, links followed one by one, each looked at only when what lies above it answers.
   * @throws Silent where something on the way does not.
   */
  #walk(root: string, mounts: Mounts, path: string, links: number): string {
    if (path === '/' || path === '') return '/';
    const known = this.#resolved.get(root + path);
    if (known !== undefined) return known;
    if (links > LINKS_MAX) return path;
    const slash = path.lastIndexOf('/');
    const above = this.#walk(root, mounts, path.slice(0, slash), links);
    const name = path.slice(slash + 1);
    if (name === '' || name === '.') return above;
    if (name === '..') return above.slice(0, Math.max(above.lastIndexOf('/'), 0)) || '/';
    const here = above === '/' ? `/${name}` : `${above}/${name}`;
    const type = mounts.get(here);
    const why = type === undefined ? null : this.#whySilent(`${root}${here}`, type);
    if (why !== null) throw new Silent(why);
    const target = this.#host.sync.readLink(`${root}${here}`);
    const at = !target.ok
      ? here
      : this.#walk(root, mounts, target.value.startsWith('/') ? target.value : `${above}/${target.value}`, links + 1);
    if (this.#resolved.size < CACHE_MAX) this.#resolved.set(root + path, at);
    return at;
  }

  /** Why a path is not looked at; null: it may be. */
  why(path: string, follows: boolean): string | null {
    if (this.#own.size === 0 && !path.includes('/root/')) return null;
    const [root = ''] = PROCESS_ROOT.exec(path) ?? [];
    if (root === '' && /^\/(?:proc|sys|dev)\//.test(path) && !(follows && PROCESS_LINK.test(path))) return null;
    const mounts = root === '' ? this.#own : this.#mountsBelow(root);
    if (mounts.size === 0) return null;
    const rest = path.slice(root.length);
    try {
      if (root === '' && PROCESS_LINK.test(path)) {
        const target = this.#host.sync.readLink(path);
        if (target.ok && target.value.startsWith('/')) this.#walk('', mounts, target.value, 0);
      } else this.#walk(root, mounts, follows ? rest : rest.slice(0, Math.max(rest.lastIndexOf('/'), 0)), 0);
      return null;
    } catch (error) {
      if (error instanceof Silent) return error.message;
      throw error;
    }
  }

  /** What was left alone. */
  gaps(): readonly Gap[] {
    return [...this.#silent].flatMap(([place, why]) =>
      why === null
        ? []
        : [
            {
              kind: 'software' as const,
              what: `files below ${place}`,
              why,
              hides: 'programs, packages and configurations that lie there',
              fix: 'see that what serves it runs, or unmount it (umount -l)',
              hidesListeners: false,
            },
          ],
    );
  }
}

class Silent extends Error {}

/** The same host; what lies on file systems that do not answer is `EHOSTDOWN`. `gaps` tells what was left alone. */
export function answering(host: Host): { readonly host: Host; readonly gaps: () => readonly Gap[] } {
  const guard = new Guard(host);
  const or = <T>(path: string, follows: boolean, look: () => Look<T>): Look<T> => {
    const why = guard.why(path, follows);
    return why === null ? look() : refused('EHOSTDOWN', `${path}: ${why}`);
  };
  const orLater = async <T>(path: string, follows: boolean, look: () => Promise<Look<T>>): Promise<Look<T>> => {
    const why = guard.why(path, follows);
    return why === null ? look() : refused('EHOSTDOWN', `${path}: ${why}`);
  };
  const { sync } = host;
  return {
    gaps: () => guard.gaps(),
    host: {
      ...host,
      sync: {
        readText: (path, bytesMax, reader) => or(path, true, () => sync.readText(path, bytesMax, reader)),
        readBytes: (path, bytesMax) => or(path, true, () => sync.readBytes(path, bytesMax)),
        readAt: (path, at, bytes) => or(path, true, () => sync.readAt(path, at, bytes)),
        list: (folder, reader) => or(folder, true, () => sync.list(folder, reader)),
        stat: (path) => or(path, true, () => sync.stat(path)),
        lstat: (path) => or(path, true, () => sync.lstat(path)),
        readLink: (path) => or(path, false, () => sync.readLink(path)),
      },
      readText: (path, bytesMax) => orLater(path, true, () => host.readText(path, bytesMax)),
      readBytes: (path, bytesMax) => orLater(path, true, () => host.readBytes(path, bytesMax)),
      readHead: (path, bytes) => orLater(path, true, () => host.readHead(path, bytes)),
      list: (folder) => orLater(folder, true, () => host.list(folder)),
      stat: (path) => orLater(path, true, () => host.stat(path)),
      lstat: (path) => orLater(path, true, () => host.lstat(path)),
      readLink: (path) => orLater(path, false, () => host.readLink(path)),
    },
  };
}
