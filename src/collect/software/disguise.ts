import { baseName, scriptOf } from '../../lib/interpreters.js';
import type { Process } from '../../model/process.js';
import type { Disguise } from '../../model/software.js';
import type { Dpkg } from './dpkg.js';
import type { Root } from './root.js';

/** Largest file whose sum is made, and of all of one run together. */
const SUMMED_BYTES_MAX = 24 * 1024 * 1024;
const SUMMED_IN_ALL_MAX = 96 * 1024 * 1024;

/** What the bytes of one file tell. */
interface Bytes {
  /** MD5, lower-case hex, as Debian's packages give it. */
  readonly md5: string;
  /** Whether the file holds a word, in small letters, in capitals or with a capital. */
  readonly holds: (word: string) => boolean;
}

/** Reads and sums executables, within the limits of one run. */
export class Sums {
  #left = SUMMED_IN_ALL_MAX;
  readonly #made = new Map<string, string | null>();

  /** null: larger than is read, or not readable. `place` is a path as the host has it. */
  bytesOf(root: Root, place: string): Bytes | null {
    const file = root.host.sync.stat(place);
    if (!file.ok || file.value.size > Math.min(SUMMED_BYTES_MAX, this.#left)) return null;
    const read = root.host.sync.readBytes(place, SUMMED_BYTES_MAX);
    if (!read.ok) return null;
    this.#left -= read.value.length;
    const bytes = Buffer.from(read.value.buffer, read.value.byteOffset, read.value.byteLength);
    // Loaded only where something is to be summed: a small host does not pay for it.
    const { createHash } = process.getBuiltinModule('node:crypto');
    const spellings = (word: string): readonly string[] => [
      word,
      word.toUpperCase(),
      word.slice(0, 1).toUpperCase() + word.slice(1),
    ];
    return {
      md5: createHash('md5').update(bytes).digest('hex'),
      holds: (word) => spellings(word).some((spelling) => bytes.includes(spelling)),
    };
  }

  md5(root: Root, place: string): string | null {
    const there = this.#made.get(place);
    if (there !== undefined) return there;
    const sum = this.bytesOf(root, place)?.md5 ?? null;
    this.#made.set(place, sum);
    return sum;
  }
}

/** The part of a program's name that its own file would hold: without `in.`, a version, the `d` of a daemon. */
const stemOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/^(?:in|rpc)\./, '')
    .replace(/[-_.]?\d[\d.]*$/, '')
    .split(/[-_.]/)[0]
    ?.replace(/d$/, '') ?? '';

/**
 * What an executable really is that no package brought: the packaged file with the same bytes (it is a copy, a hard link, an anonymous file), or
 * something that merely bears a name.
 */
export function disguiseOf(root: Root, running: Process, dpkg: Dpkg, sums: Sums): Disguise | null {
  const bytes = sums.bytesOf(root, `/proc/${running.pid}/exe`);
  if (bytes === null) return null;
  const listed = dpkg.withMd5(bytes.md5);
  if (listed !== null) return { kind: 'same-bytes', path: `/${listed.path}`, package: dpkg.package(listed, null) };
  const stem = stemOf(baseName(running.exe ?? ''));
  return stem.length < 3 || bytes.holds(stem) ? null : { kind: 'name-only', path: running.exe ?? '', package: null };
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
