import type { Process } from '../../model/process.js';
import type { Host, Look, Reader } from '../host.js';

/** Links that are followed for one path, as many as the kernel follows (path_resolution(7)). */
const LINKS_MAX = 40;

/** Parts of one path that are walked. */
const PARTS_MAX = 256;

/**
 * The file system as one process sees it. For the host's own root paths are as they are; for another one they stand under /proc/PID/root, and
 * links are followed inside it: an absolute link of a container would else lead to the host's files.
 */
export class Root {
  readonly host: Host;
  /** Empty for the host's own root, else `/proc/PID/root`. */
  readonly prefix: string;
  /** Whoever must be allowed to read what is read here; null: nobody is asked. */
  readonly #reader: Reader | null;

  constructor(host: Host, prefix: string, reader: Reader | null = null) {
    this.host = host;
    this.prefix = prefix;
    this.#reader = reader;
  }

  /** Where a path of this root stands for the host; null: it does not exist, or its links lead nowhere. */
  place(path: string): string | null {
    if (this.prefix === '') return path;
    let todo = path.split('/').filter(Boolean);
    let done: string[] = [];
    let links = 0;
    for (let steps = 0; todo.length > 0; steps++) {
      if (steps > PARTS_MAX) return null;
      const [name = '', ...rest] = todo;
      todo = rest;
      if (name === '.') continue;
      if (name === '..') {
        done.pop();
        continue;
      }
      const target = this.host.sync.readLink(`${this.prefix}/${[...done, name].join('/')}`);
      if (!target.ok) {
        done.push(name);
        continue;
      }
      if (++links > LINKS_MAX) return null;
      if (target.value.startsWith('/')) done = [];
      todo = [...target.value.split('/').filter(Boolean), ...todo];
    }
    return `${this.prefix}/${done.join('/')}`;
  }

  readText(path: string, bytesMax: number): Look<string> {
    if (this.#reader !== null) return this.host.sync.readText(`${this.prefix}${path}`, bytesMax, this.#reader);
    const place = this.place(path);
    return place === null
      ? { ok: false, code: 'ELOOP', why: `ELOOP: ${path}` }
      : this.host.sync.readText(place, bytesMax);
  }

  readBytes(path: string, bytesMax: number): Look<Uint8Array> {
    const place = this.place(path);
    return place === null
      ? { ok: false, code: 'ELOOP', why: `ELOOP: ${path}` }
      : this.host.sync.readBytes(place, bytesMax);
  }

  /** Names in a folder; empty where there is none. */
  list(folder: string): readonly string[] {
    const place = this.#reader !== null ? `${this.prefix}${folder}` : this.place(folder);
    const names = place === null ? null : this.host.sync.list(place, this.#reader);
    return names?.ok === true ? names.value : [];
  }

  /** What a link in a folder says, as it stands; null: it is none. */
  linkOf(folder: string, name: string): string | null {
    const place = this.place(folder);
    const target = place === null ? null : this.host.sync.readLink(`${place}/${name}`);
    return target?.ok === true ? target.value : null;
  }

  exists(path: string): boolean {
    const place = this.place(path);
    return place !== null && this.host.sync.stat(place).ok;
  }
}

/**
 * The root for the files that one process itself names: in a mount namespace of its own (PrivateTmp, `ip netns exec`) other files may stand at the
 * same paths, though its root is the host's. The home's root where that cannot be looked into.
 */
export function rootFor(home: Root, process: Process, hostMount: number | null): Root {
  const { mnt } = process.namespaces;
  if (process.ownRoot || mnt === null || mnt === hostMount || hostMount === null) return home;
  const own = new Root(home.host, `/proc/${process.pid}/root`);
  return home.host.sync.stat(`${own.prefix}/etc`).ok ? own : home;
}

const STATUS_BYTES_MAX = 65_536;

/**
 * The same root, read as the process itself could: for files that its arguments or its environment name. Anybody may start a program under
 * any name with any file, and root must not read for him what he may not. What root started with other rights than it has now may be
 * unreadable to it; then it is not read.
 */
export function namedBy(root: Root, process: Process): Root {
  if (!root.host.live || process.uid === 0) return root;
  const status = root.host.sync.readText(`/proc/${process.pid}/status`, STATUS_BYTES_MAX);
  const numbers = (field: string): readonly number[] => {
    const line = status.ok ? new RegExp(`^${field}:\t(.*)$`, 'm').exec(status.value)?.[1] : undefined;
    return (line ?? '').split(/\s+/).filter(Boolean).map(Number);
  };
  // Real, effective, saved, and that of the file system, which is the one asked (proc_pid_status(5)). 65534: nobody, where it was not seen.
  const [uid = 65_534, gid = 65_534] = [numbers('Uid')[3], numbers('Gid')[3]];
  return uid === 0 ? root : new Root(root.host, root.prefix, { uid, groups: new Set([gid, ...numbers('Groups')]) });
}

/** Mount namespace of pid 1; null: not seen. */
export const hostMountOf = (processes: readonly Process[]): number | null =>
  processes.find((process) => process.pid === 1)?.namespaces.mnt ?? null;

/** Roots of other mount namespaces that are read, at most: a node of Kubernetes has a few hundred containers. */
export const ROOTS_MAX = 512;

/** A root and the processes that live in it. */
export interface Home {
  readonly root: Root;
  readonly processes: readonly Process[];
}

/** Processes by the root they see. Two in one mount namespace with roots of their own (chroot) stay apart. */
export function homesOf(host: Host, processes: readonly Process[], hostMount: number | null): readonly Home[] {
  const homes = new Map<string, { prefix: string; processes: Process[] }>();
  for (const process of processes) {
    const { mnt } = process.namespaces;
    const key = !process.ownRoot ? 'host' : mnt === null || mnt === hostMount ? `pid ${process.pid}` : `mnt ${mnt}`;
    const home = homes.get(key);
    if (home !== undefined) home.processes.push(process);
    else homes.set(key, { prefix: process.ownRoot ? `/proc/${process.pid}/root` : '', processes: [process] });
  }
  return [...homes.values()].map((home) => ({ root: new Root(host, home.prefix), processes: home.processes }));
}
