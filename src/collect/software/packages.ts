import { baseName, type Script, scriptOf } from '../../lib/interpreters.js';
import type { Package } from '../../model/listener.js';
import type { Process } from '../../model/process.js';
import { findInApk } from './apk.js';
import { Dpkg, type Listed } from './dpkg.js';
import { findByPath } from './languages.js';
import { findInPacman } from './pacman.js';
import type { Home, Root } from './root.js';

/** Largest executable whose sum is made, and of all of one run together. */
const SUMMED_BYTES_MAX = 64 * 1024 * 1024;
const SUMMED_IN_ALL_MAX = 256 * 1024 * 1024;

/** What was installed at one time has change times this near to each other (an image is unpacked in a moment). */
const INSTALLATION_SECONDS = 60;

/** What the packages of the host say of executables and scripts, by pid as text. */
export interface Packages {
  readonly packages: Record<string, Package>;
  readonly scripts: Record<string, Package>;
}

/** Whether a file is not what its package brought; sums are made only of files that changed after the installation. */
class Changes {
  #left = SUMMED_IN_ALL_MAX;

  of(dpkg: Dpkg, listed: Listed, root: Root, holder: Process): boolean | null {
    if (holder.exeState !== 'present') return null;
    const place = root.place(holder.exe ?? '');
    const list = root.place(dpkg.listPath(listed));
    const file = place === null ? null : root.host.sync.stat(place);
    const installed = list === null ? null : root.host.sync.stat(list);
    if (place === null || file?.ok !== true || installed?.ok !== true) return null;
    if (file.value.ctime <= installed.value.ctime + INSTALLATION_SECONDS) return false;
    if (file.value.size > SUMMED_BYTES_MAX || file.value.size > this.#left) return null;
    const sum = dpkg.md5(listed);
    const bytes = sum === null ? null : root.host.sync.readBytes(place, SUMMED_BYTES_MAX);
    if (bytes?.ok !== true) return null;
    this.#left -= file.value.size;
    // Loaded only where a file changed after its installation: a small host does not pay for it.
    const { createHash } = process.getBuiltinModule('node:crypto');
    return createHash('md5').update(bytes.value).digest('hex') !== sum;
  }
}

/** Folders where a command stands that only its title names. */
const COMMAND_FOLDERS = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin'];

/** Where the file lies that an interpreter runs; null: no file, or not found. */
function scriptPath(root: Root, process: Process, script: Script): string | null {
  if (script.path !== null) {
    if (script.path.startsWith('/')) return script.path;
    return process.cwd === null || process.cwd.endsWith('(deleted)')
      ? null
      : `${process.cwd}/${script.path}`.replace(/\/\.\//g, '/');
  }
  if (script.kind === 'title')
    return COMMAND_FOLDERS.map((folder) => `${folder}/${script.name}`).find((path) => root.exists(path)) ?? null;
  if (script.kind !== 'module' || script.language !== 'python') return null;
  return pythonModule(root, process, script.name);
}

function pythonModule(root: Root, process: Process, name: string): string | null {
  if (!/^[\w.]+$/.test(name)) return null;
  const exe = process.exe ?? '';
  const minor = /python(3\.\d+)/.exec(baseName(exe))?.[1] ?? null;
  const prefix = exe.slice(0, Math.max(0, exe.lastIndexOf('/bin/')));
  const libraries =
    minor === null
      ? []
      : [
          `${prefix}/lib/python${minor}`,
          `${prefix}/lib/python${minor}/site-packages`,
          `/usr/local/lib/python${minor}/dist-packages`,
        ];
  const parts = name.replaceAll('.', '/');
  const top = name.split('.')[0] ?? '';
  for (const folder of ['/usr/lib/python3/dist-packages', ...libraries])
    for (const file of [`${parts}.py`, `${parts}/__init__.py`, `${parts}/__main__.py`, `${top}/__init__.py`])
      if (root.exists(`${folder}/${file}`)) return `${folder}/${file}`;
  return null;
}

/** A path without what the kernel adds to it. */
const clean = (path: string): string => path.replace(/ \(deleted\)$/, '');

/** One root: which of its files came with which package. */
function readHome(home: Home, changes: Changes, into: Packages): void {
  const { root } = home;
  const scripts = new Map<Process, string>();
  const paths = new Set<string>();
  for (const process of home.processes) {
    if (process.exe === null || process.kernelThread || process.exeState === 'memfd') continue;
    paths.add(clean(process.exe));
    const script = scriptOf(process.exe, process.args, process.name);
    const path = script === null ? null : scriptPath(root, process, script);
    if (path === null) continue;
    scripts.set(process, path);
    paths.add(path);
  }
  const find = finder(root, [...paths]);
  const cache = new Map<string, Package | null>();
  for (const process of home.processes) {
    if (process.exe === null) continue;
    const path = clean(process.exe);
    const key = `${path} ${process.exeState}`;
    let found = cache.get(key);
    if (found === undefined) {
      found = process.exeState === 'memfd' ? null : find(path, process, changes);
      cache.set(key, found);
    }
    if (found !== null) into.packages[String(process.pid)] = found;
    const script = scripts.get(process);
    const brought = script === undefined ? null : find(script, null, changes);
    if (brought !== null) into.scripts[String(process.pid)] = brought;
  }
}

/** Looks files up in whatever databases the root has. */
function finder(
  root: Root,
  paths: readonly string[],
): (path: string, process: Process | null, changes: Changes) => Package | null {
  const dpkg = Dpkg.of(root);
  const listed = dpkg?.find(paths) ?? new Map<string, Listed>();
  const rest = paths.filter((path) => !listed.has(path) && path.startsWith('/'));
  const others = new Map<string, Package>();
  if (rest.length > 0)
    for (const database of [findInApk, findInPacman])
      for (const [path, found] of database(root, rest)) others.set(path, found);
  return (path, process, changes) => {
    const entry = listed.get(path);
    if (dpkg !== null && entry !== undefined)
      return dpkg.package(entry, process === null ? null : changes.of(dpkg, entry, root, process));
    return others.get(path) ?? findByPath(root, path);
  };
}

/** Packages of the executables and scripts of these processes, each from the databases of its own root. */
export function readPackages(homes: readonly Home[]): Packages {
  const into: Packages = { packages: {}, scripts: {} };
  const changes = new Changes();
  for (const home of homes) readHome(home, changes, into);
  return into;
}
