import type { Package } from '../../model/package.js';
import { Status } from './dpkg-status.js';
import type { Root } from './root.js';

const INFO = '/var/lib/dpkg/info';
const LIST_BYTES_MAX = 16 * 1024 * 1024;
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

/** Packages that carry what runs on most hosts, where their names do not say so. */
const CARRIERS: Readonly<Record<string, string>> = {
  agetty: 'util-linux',
  apache2: 'apache2-bin',
  'beam.smp': 'erlang-base',
  dockerd: 'docker.io',
  exim4: 'exim4-daemon-light',
  mariadbd: 'mariadb-server-core',
  named: 'bind9',
  node: 'nodejs',
  perl: 'perl-base',
  sshd: 'openssh-server',
};

const programOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1).toLowerCase();

/** `in.telnetd` is about telnet, `atd` about at, `python3.11` about python. */
const stemOf = (program: string): string =>
  program
    .replace(/^(?:in|rpc)\./, '')
    .replace(/[\d.]+$/, '')
    .replace(/d$/, '');

/** Packages to look into before all their names are read: most programs lie in one of their own name. */
function firstGuesses(path: string): ReadonlySet<string> {
  const program = programOf(path);
  const known = CARRIERS[program];
  const stem = stemOf(program);
  const [head = ''] = program.split('-');
  return new Set(
    [...(known === undefined ? [] : [known]), program, stem, head, `${program}-minimal`].filter((name) =>
      NAME.test(name),
    ),
  );
}

/** A package's name (Debian Policy, section 5.6.7). */
const NAME = /^[a-z0-9][a-z0-9+.-]+$/;

/** How likely a package is to hold a program: those whose name holds the program's, or a part of it, are read first. */
function guesses(names: readonly string[], path: string): readonly string[] {
  const program = programOf(path);
  const stem = stemOf(program);
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
  #known: readonly string[] | null = null;
  readonly #lists = new Map<string, Buffer | null>();
  readonly #sums = new Map<string, Buffer | null>();
  readonly #status: Status;

  private constructor(root: Root) {
    this.#root = root;
    this.#status = new Status(root);
  }

  /** null: no such database here. */
  static of(root: Root): Dpkg | null {
    return root.exists(INFO) ? new Dpkg(root) : null;
  }

  /** True: the folder is there (another system has Debian's tools), but no package. */
  isEmpty(): boolean {
    // Thousands of names are not listed where one file says as much.
    return this.#lists.size === 0 && this.#status.isEmpty() && this.#names().length === 0;
  }

  /** Names of all packages. The folder holds thousands of files: it is listed only where no guess was right. */
  #names(): readonly string[] {
    this.#known ??= this.#root
      .list(INFO)
      .filter((name) => name.endsWith('.list'))
      .slice(0, PACKAGES_MAX)
      .map((name) => name.slice(0, -5));
    return this.#known;
  }

  #list(name: string): Buffer | null {
    const there = this.#lists.get(name);
    if (there !== undefined) return there;
    const bytes = this.#root.readBytes(`${INFO}/${name}.list`, LIST_BYTES_MAX);
    if (!bytes.ok && bytes.code === 'ENOENT') return null;
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
      const listed = this.#among(firstGuesses(path), needles) ?? this.#among(guesses(this.#names(), path), needles);
      if (listed === null) open.set(path, needles);
      else found.set(path, listed);
    }
    for (const name of open.size === 0 ? [] : this.#names())
      for (const [path, needles] of open) {
        const listed = this.#holds(name, needles);
        if (listed === null) continue;
        found.set(path, listed);
        open.delete(path);
      }
    return found;
  }

  #among(names: Iterable<string>, needles: readonly Needle[]): Listed | null {
    for (const name of names) {
      const listed = this.#holds(name, needles);
      if (listed !== null) return listed;
    }
    return null;
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
    return { manager: 'dpkg', name, version: this.#status.versionOf(name), modified };
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
    for (const name of this.#names()) {
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
