import { baseName, scriptOf } from '../../lib/interpreters.js';
import type { Process } from '../../model/process.js';
import type { Disguise } from '../../model/software.js';
import type { Dpkg } from './dpkg.js';
import type { Root } from './root.js';

/** Largest file whose sum is made, and of all of one run together. */
const SUMMED_BYTES_MAX = 32 * 1024 * 1024;
const SUMMED_IN_ALL_MAX = 256 * 1024 * 1024;

/** MD5 sums, as Debian's packages give them, within the limits of one run. */
export class Sums {
  #left = SUMMED_IN_ALL_MAX;
  readonly #made = new Map<string, string | null>();

  /** Lower-case hex; null: larger than is summed, or not readable. `place` is a path as the host has it. */
  md5(root: Root, place: string): string | null {
    const there = this.#made.get(place);
    if (there !== undefined) return there;
    const sum = this.#sum(root, place);
    this.#made.set(place, sum);
    return sum;
  }

  #sum(root: Root, place: string): string | null {
    const file = root.host.sync.stat(place);
    if (!file.ok || file.value.size > Math.min(SUMMED_BYTES_MAX, this.#left)) return null;
    const bytes = root.host.sync.readBytes(place, SUMMED_BYTES_MAX);
    if (!bytes.ok) return null;
    this.#left -= bytes.value.length;
    // Loaded only where something is to be summed: a small host does not pay for it.
    const { createHash } = process.getBuiltinModule('node:crypto');
    return createHash('md5').update(bytes.value).digest('hex');
  }
}

/** The packaged file that has the same bytes as what runs, though it runs from elsewhere: a copy, a hard link, an anonymous file. */
export function sameBytes(root: Root, running: Process, dpkg: Dpkg, sums: Sums): Disguise | null {
  const sum = sums.md5(root, `/proc/${running.pid}/exe`);
  const listed = sum === null ? null : dpkg.withMd5(sum);
  return listed === null ? null : { kind: 'same-bytes', path: `/${listed.path}`, package: dpkg.package(listed, null) };
}

/** The name of a multi-call binary: its arguments begin with a link to it (`redis-server` is a link to `redis-check-rdb`). */
export function calledAs(root: Root, running: Process): Disguise | null {
  const exe = running.exe ?? '';
  const [first = ''] = (running.args[0] ?? '').split(' ');
  const name = baseName(first);
  if (!/^[\w.+-]{1,64}$/.test(name) || name === baseName(exe) || scriptOf(exe, running.args, running.name) !== null)
    return null;
  const place = root.place(exe);
  const file = place === null ? null : root.host.sync.stat(place);
  if (file?.ok !== true) return null;
  const folder = exe.slice(0, exe.lastIndexOf('/'));
  for (const path of new Set([
    ...(first.startsWith('/') ? [first] : []),
    `${folder}/${name}`,
    `/usr/bin/${name}`,
    `/usr/sbin/${name}`,
  ])) {
    const other = root.place(path);
    const linked = other === null ? null : root.host.sync.stat(other);
    if (linked?.ok === true && linked.value.inode === file.value.inode && linked.value.device === file.value.device)
      return { kind: 'called-as', path, package: null };
  }
  return null;
}
