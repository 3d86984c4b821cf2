import { baseName, type Script, scriptOf } from '../../lib/interpreters.js';
import type { Package } from '../../model/package.js';
import type { Process } from '../../model/process.js';
import type { Disguise } from '../../model/software.js';
import { findInApk } from './apk.js';
import { calledAs, disguiseOf, Sums } from './disguise.js';
import { Dpkg, type Listed } from './dpkg.js';
import { mainClassOf } from './jar.js';
import { findByPath } from './languages.js';
import { findInPacman } from './pacman.js';
import { type Home, Root } from './root.js';
import { findInRpm } from './rpm.js';
import { filesOf, type Started } from './started.js';

/** What was installed at one time has change times this near to each other (an image is unpacked in a moment). */
const INSTALLATION_SECONDS = 60;

/** What the packages of the host say of executables and scripts, by pid as text. */
export interface Packages {
  readonly packages: Record<string, Package>;
  readonly scripts: Record<string, Package>;
  readonly disguises: Record<string, Disguise>;
  /** Of programs that others start for a connection: key is `PID:PATH`, of who starts it. */
  readonly started: Record<string, Package>;
  /** The class that a jar's manifest names. */
  readonly mainClasses: Record<string, string>;
}

/** Whether a file is not what its package brought: a sum is made only where it changed after the installation. */
function isModified(dpkg: Dpkg, listed: Listed, root: Root, holder: Process, sums: Sums): boolean | null {
  if (holder.exeState !== 'present') return null;
  const place = root.place(holder.exe ?? '');
  const list = root.place(dpkg.listPath(listed));
  const file = place === null ? null : root.host.sync.stat(place);
  const installed = list === null ? null : root.host.sync.stat(list);
  if (place === null || file?.ok !== true || installed?.ok !== true) return null;
  const running = root.host.sync.stat(`/proc/${holder.pid}/exe`);
  // Another file may be mounted over the path in the process's own mount namespace.
  const isAnother =
    running.ok && (running.value.inode !== file.value.inode || running.value.device !== file.value.device);
  if (!isAnother && file.value.ctime <= installed.value.ctime + INSTALLATION_SECONDS) return false;
  const given = dpkg.md5(listed);
  const sum = given === null ? null : sums.md5(root, isAnother ? `/proc/${holder.pid}/exe` : place);
  return sum === null ? null : sum !== given;
}

/** Folders where a command stands that only its title names. */
const COMMAND_FOLDERS = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin'];

/** Whether a file is a script: an interpreter that calls itself `nginx: master` does not run the machine code in /usr/sbin/nginx. */
function isScript(root: Root, path: string): boolean {
  const place = root.place(path);
  const start = place === null ? null : root.host.sync.readAt(place, 0, 2);
  return start?.ok === true && start.value[0] === 0x23 && start.value[1] === 0x21;
}

/** Where the file lies that an interpreter runs; null: no file, or not found. */
function scriptPath(root: Root, process: Process, script: Script): string | null {
  if (script.path !== null && script.kind === 'title') return isScript(root, script.path) ? script.path : null;
  if (script.path !== null) {
    if (script.path.startsWith('/')) return script.path;
    return process.cwd === null || process.cwd.endsWith('(deleted)')
      ? null
      : `${process.cwd}/${script.path}`.replace(/\/\.\//g, '/');
  }
  if (script.kind === 'title')
    return (
      COMMAND_FOLDERS.map((folder) => `${folder}/${script.name}`).find(
        (path) => root.exists(path) && isScript(root, path),
      ) ?? null
    );
  if (script.kind !== 'module' || script.language !== 'python') return null;
  return pythonModule(root, process, script.name);
}

function pythonModule(root: Root, process: Process, name: string): string | null {
  if (!/^[\w.]+$/.test(name)) return null;
  const exe = process.exe ?? '';
  const minor = /python(3\.\d+)/.exec(baseName(exe))?.[1] ?? null;
  // A virtual environment's interpreter is a link: only the first argument tells where it was started.
  const [first = ''] = process.args;
  const prefixOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/bin/')));
  const prefixes = [...new Set([prefixOf(exe), ...(first.startsWith('/') ? [prefixOf(first)] : [])])];
  const libraries =
    minor === null
      ? []
      : [
          ...prefixes.flatMap((prefix) => [
            `${prefix}/lib/python${minor}`,
            `${prefix}/lib/python${minor}/site-packages`,
          ]),
          `/usr/local/lib/python${minor}/dist-packages`,
        ];
  const parts = name.replaceAll('.', '/');
  const top = name.split('.')[0] ?? '';
  for (const folder of ['/usr/lib/python3/dist-packages', ...libraries])
    for (const file of [`${parts}.py`, `${parts}/__init__.py`, `${parts}/__main__.py`, `${top}/__init__.py`])
      if (root.exists(`${folder}/${file}`)) return `${folder}/${file}`;
  return null;
}

/** Links that are followed from a command to the file of a package: `.bin/serve` → `../serve/main.js`. */
const COMMAND_LINKS_MAX = 8;

/** The path that a link stands for, one link after another; the path itself where it is none. */
function linked(root: Root, path: string): string {
  let here = path;
  for (let links = 0; links < COMMAND_LINKS_MAX; links++) {
    const slash = here.lastIndexOf('/');
    const target = root.linkOf(here.slice(0, slash), here.slice(slash + 1));
    if (target === null) break;
    const parts: string[] = [];
    for (const part of (target.startsWith('/') ? target : `${here.slice(0, slash)}/${target}`).split('/'))
      if (part === '..') parts.pop();
      else if (part !== '' && part !== '.') parts.push(part);
    here = `/${parts.join('/')}`;
  }
  return here;
}

/** A path without what the kernel adds to it. */
const clean = (path: string): string => path.replace(/ \(deleted\)$/, '');

/** What one executable is: its package, and what it really is. */
interface Known {
  readonly package: Package | null;
  readonly disguise: Disguise | null;
}

/** Whoever starts programs of this root: its processes, and the host's service manager, which need not have been seen. */
const startersOf = (root: Root, processes: readonly Process[]): readonly number[] => [
  ...new Set([...(root.prefix === '' ? [1] : []), ...processes.map(({ pid }) => pid)]),
];

/** One root: which of its files came with which package. */
function readHome({ root, processes }: Home, commands: Started, sums: Sums, into: Packages): void {
  const scripts = new Map<Process, string>();
  const called = new Map<Process, Disguise>();
  const paths = new Set<string>();
  const runs = processes.filter((one) => one.exe !== null && !one.kernelThread);
  for (const one of runs) {
    if (one.exeState !== 'memfd') paths.add(clean(one.exe ?? ''));
    const link = one.exeState === 'present' ? calledAs(root, one) : null;
    if (link !== null) {
      called.set(one, link);
      paths.add(link.path);
    }
    const script = scriptOf(one.exe, one.args, one.name);
    const path = script === null ? null : scriptPath(root, one, script);
    if (path === null) continue;
    scripts.set(one, path);
    paths.add(path);
    paths.add(linked(root, path));
    const main = script?.language === 'java' && script.kind === 'file' ? mainClassOf(root, one, path) : null;
    if (main !== null) into.mainClasses[String(one.pid)] = main;
  }
  const starts = startersOf(root, processes).flatMap((pid) =>
    (commands.get(pid) ?? []).flatMap((words) => filesOf(root, words).map((path) => ({ pid, path }))),
  );
  for (const { path } of starts) paths.add(path);
  const library = new Library(root, [...paths], sums);
  for (const { pid, path } of starts) {
    const brought = library.packageOf(path, null);
    if (brought !== null) into.started[`${pid}:${path}`] = brought;
  }
  const cache = new Map<string, Known>();
  for (const one of runs) {
    const pid = String(one.pid);
    const link = called.get(one);
    const key =
      one.exeState === 'memfd'
        ? `memfd ${pid}`
        : `${one.exe} ${one.exeState} ${one.exeFile?.inode ?? ''} ${link?.path ?? ''}`;
    const known = cache.get(key) ?? library.knownOf(one, link ?? null);
    cache.set(key, known);
    if (known.package !== null) into.packages[pid] = known.package;
    if (known.disguise !== null) into.disguises[pid] = known.disguise;
    const script = scripts.get(one);
    const brought =
      script === undefined ? null : (library.packageOf(script, null) ?? library.packageOf(linked(root, script), null));
    if (brought !== null) into.scripts[pid] = brought;
  }
}

/** Whatever databases a root has, asked for a set of paths. */
class Library {
  readonly #root: Root;
  readonly #sums: Sums;
  readonly #dpkg: Dpkg | null;
  readonly #listed: ReadonlyMap<string, Listed>;
  readonly #others = new Map<string, Package>();

  constructor(root: Root, paths: readonly string[], sums: Sums) {
    this.#root = root;
    this.#sums = sums;
    this.#dpkg = Dpkg.of(root);
    this.#listed = this.#dpkg?.find(paths) ?? new Map<string, Listed>();
    const rest = paths.filter((path) => !this.#listed.has(path) && path.startsWith('/'));
    if (rest.length > 0 && (this.#dpkg === null || this.#dpkg.isEmpty()))
      for (const database of DATABASES) for (const [path, found] of database(root, rest)) this.#others.set(path, found);
  }

  /** Package that brought the file at a path; `holder` runs it, and a change of it since is looked for. */
  packageOf(path: string, holder: Process | null): Package | null {
    const entry = this.#listed.get(path);
    if (this.#dpkg !== null && entry !== undefined)
      return this.#dpkg.package(
        entry,
        holder === null ? null : isModified(this.#dpkg, entry, this.#root, holder, this.#sums),
      );
    return this.#others.get(path) ?? findByPath(this.#root, path);
  }

  knownOf(holder: Process, link: Disguise | null): Known {
    const own = holder.exeState === 'memfd' ? null : this.packageOf(clean(holder.exe ?? ''), holder);
    if (link !== null) {
      const entry = this.#listed.get(link.path);
      return {
        package: this.#dpkg !== null && entry !== undefined ? this.#dpkg.package(entry, own?.modified ?? null) : own,
        disguise: link,
      };
    }
    const isElsewhere = own === null || own.modified === true;
    const disguise = isElsewhere && this.#dpkg !== null ? disguiseOf(this.#root, holder, this.#dpkg, this.#sums) : null;
    return { package: own, disguise };
  }
}

const DATABASES: readonly ((root: Root, paths: readonly string[]) => ReadonlyMap<string, Package>)[] = [
  findInApk,
  findInPacman,
  findInRpm,
];

/** Daemons that confined themselves to a folder count to the host's root: their files came from its packages. */
function withConfined(homes: readonly Home[]): readonly Home[] {
  const confined = homes.flatMap(({ processes }) => processes.filter((one) => one.exeOutside === true));
  const [first] = homes;
  if (first === undefined || confined.length === 0) return homes;
  const rest = homes.map(({ root, processes }) => ({
    root,
    processes: processes.filter((one) => one.exeOutside !== true),
  }));
  const host = rest.find(({ root }) => root.prefix === '');
  const root = host?.root ?? new Root(first.root.host, '');
  return [
    { root, processes: [...(host?.processes ?? []), ...confined] },
    ...rest.filter((home) => home !== host && home.processes.length > 0),
  ];
}

/** Packages of the executables and scripts of these processes, and of what they start (`commands`), each from the databases of its own root. */
export function readPackages(homes: readonly Home[], commands: Started): Packages {
  const into: Packages = { packages: {}, scripts: {}, disguises: {}, started: {}, mainClasses: {} };
  const sums = new Sums();
  for (const home of withConfined(homes)) readHome(home, commands, sums, into);
  return into;
}
