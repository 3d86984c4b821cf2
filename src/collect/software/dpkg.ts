import type { Package } from '../../model/listener.js';
import type { Root } from './root.js';

const INFO = '/var/lib/dpkg/info';
const LIST_BYTES_MAX = 16 * 1024 * 1024;
const STATUS_BYTES_MAX = 64 * 1024 * 1024;
/** Packages whose file lists are looked through. */
const PACKAGES_MAX = 20_000;

/** A file found in a package's list: the package, and the path as the list has it. */
export interface Listed {
  readonly package: string;
  readonly path: string;
}

/** A path as a list would hold it, with the line ends around it. */
interface Needle {
  readonly path: string;
  readonly bytes: Buffer;
}

/** Since /usr was merged a list may hold `/bin/nc` for what runs as `/usr/bin/nc`. */
const needlesOf = (path: string): readonly Needle[] =>
  (/^\/usr\/(?:bin|sbin|lib\w*)\//.test(path) ? [path, path.slice(4)] : [path]).map((spelling) => ({
    path: spelling,
    bytes: Buffer.from(`\n${spelling}\n`),
  }));

/** Where packages of Debian put programs (Debian Policy, section 9.1): no list needs to be read for other places. */
const OURS = /^\/(?:bin|sbin|lib\w*|opt|usr(?!\/local\/))\//;

/** How likely a package is to hold a program: those whose name holds the program's, or a part of it, are read first. */
function guesses(names: readonly string[], path: string): readonly string[] {
  const program = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const stem = program
    .replace(/^(?:in|rpc)\./, '')
    .replace(/[\d.]+$/, '')
    .replace(/d$/, '');
  const words = [program, stem, ...stem.split(/[-_.]/), ...path.split('/').slice(3, -1)].filter(
    (word) => word.length >= 3,
  );
  const short = stem.slice(0, 4);
  const scored = names
    .map((name) => ({
      name,
      score: words.filter((word) => name.includes(word)).length + (short.length >= 3 && name.includes(short) ? 1 : 0),
    }))
    .filter(({ score }) => score > 0);
  return scored.sort((a, b) => b.score - a.score).map(({ name }) => name);
}

/** Debian's database of one root, read where files ask for it. */
export class Dpkg {
  readonly #root: Root;
  readonly #names: readonly string[];
  readonly #lists = new Map<string, Buffer | null>();
  readonly #sums = new Map<string, Buffer | null>();
  #status: Buffer | null = null;

  private constructor(root: Root, names: readonly string[]) {
    this.#root = root;
    this.#names = names;
  }

  /** null: no such database here. */
  static of(root: Root): Dpkg | null {
    const names = root.list(INFO).filter((name) => name.endsWith('.list'));
    return names.length === 0 ? null : new Dpkg(root, names.map((name) => name.slice(0, -5)).slice(0, PACKAGES_MAX));
  }

  #list(name: string): Buffer | null {
    const there = this.#lists.get(name);
    if (there !== undefined) return there;
    const bytes = this.#root.readBytes(`${INFO}/${name}.list`, LIST_BYTES_MAX);
    const list = bytes.ok ? Buffer.from(bytes.value.buffer, bytes.value.byteOffset, bytes.value.byteLength) : null;
    this.#lists.set(name, list);
    return list;
  }

  /** Which package brought each of the paths; a path that none brought is absent. */
  find(paths: readonly string[]): ReadonlyMap<string, Listed> {
    const found = new Map<string, Listed>();
    const open = new Map<string, readonly Needle[]>();
    for (const path of paths) {
      if (!OURS.test(path) || path.includes('\n')) continue;
      const needles = needlesOf(path);
      const name = guesses(this.#names, path).find((guess) => this.#holds(guess, needles) !== null);
      const listed = name === undefined ? null : this.#holds(name, needles);
      if (listed === null) open.set(path, needles);
      else found.set(path, listed);
    }
    for (const name of open.size === 0 ? [] : this.#names)
      for (const [path, needles] of open) {
        const listed = this.#holds(name, needles);
        if (listed === null) continue;
        found.set(path, listed);
        open.delete(path);
      }
    return found;
  }

  #holds(name: string, needles: readonly Needle[]): Listed | null {
    const list = this.#list(name);
    if (list === null) return null;
    for (const { path, bytes } of needles) if (list.indexOf(bytes) >= 0) return { package: name, path };
    return null;
  }

  /** Name without architecture, and the version that status gives. */
  package(listed: Listed, modified: boolean | null): Package {
    const name = listed.package.split(':')[0] ?? listed.package;
    return { manager: 'dpkg', name, version: this.#version(name), modified };
  }

  #version(name: string): string | null {
    if (this.#status === null) {
      const bytes = this.#root.readBytes('/var/lib/dpkg/status', STATUS_BYTES_MAX);
      this.#status = bytes.ok
        ? Buffer.from(bytes.value.buffer, bytes.value.byteOffset, bytes.value.byteLength)
        : Buffer.alloc(0);
    }
    const key = `Package: ${name}\n`;
    const at = this.#status.subarray(0, key.length).toString() === key ? 0 : this.#status.indexOf(`\n${key}`);
    if (at < 0) return null;
    const end = this.#status.indexOf('\n\n', at);
    return /^Version: (.+)$/m.exec(this.#status.subarray(at, end < 0 ? undefined : end).toString('utf8'))?.[1] ?? null;
  }

  /** MD5 that the package gave for the file, lower-case hex; null: its list of sums does not hold it. */
  md5(listed: Listed): string | null {
    const sums = this.#root.readText(`${INFO}/${listed.package}.md5sums`, LIST_BYTES_MAX);
    if (!sums.ok) return null;
    const end = `  ${listed.path.slice(1)}`;
    for (const line of sums.value.split('\n'))
      if (line.endsWith(end) && line.length === 32 + end.length) return line.slice(0, 32);
    return null;
  }

  /** The packaged file that has this sum; null: none. */
  withMd5(sum: string): Listed | null {
    for (const name of this.#names) {
      const sums = this.#sumsOf(name);
      const at = sums === null ? -1 : sums.indexOf(`${sum}  `);
      if (sums === null || at < 0) continue;
      const end = sums.indexOf('\n', at);
      return { package: name, path: sums.subarray(at + sum.length + 2, end < 0 ? undefined : end).toString('utf8') };
    }
    return null;
  }

  #sumsOf(name: string): Buffer | null {
    const there = this.#sums.get(name);
    if (there !== undefined) return there;
    const bytes = this.#root.readBytes(`${INFO}/${name}.md5sums`, LIST_BYTES_MAX);
    const sums = bytes.ok ? Buffer.from(bytes.value.buffer, bytes.value.byteOffset, bytes.value.byteLength) : null;
    this.#sums.set(name, sums);
    return sums;
  }

  /** Where the list of a package lies: its change time is about that of the installation. */
  listPath(listed: Listed): string {
    return `${INFO}/${listed.package}.list`;
  }
}
