import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Kinds of files that open ports, by their names. */
const KINDS = [
  { kind: 'compose', name: /^(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml$/ },
  { kind: 'dockerfile', name: /^(?:Dockerfile|Containerfile)(?:\.[\w.-]+)?$|\.(?:Dockerfile|dockerfile)$/ },
  { kind: 'unit', name: /\.(?:service|socket|container)$/ },
  { kind: 'inetd', name: /^(?:x?inetd\.conf|.*\.xinetd)$/ },
] as const;

const DEPTH_MAX = 5;
const ENTRIES_MAX = 20_000;
const FILES_MAX = 300;
const FILE_BYTES_MAX = 262_144;
const NOT_OURS: ReadonlySet<string> = new Set(['node_modules', 'vendor', 'target', 'dist', 'build', '__pycache__']);

interface Found {
  readonly path: string;
  readonly kind: (typeof KINDS)[number]['kind'];
  readonly text: string;
}

/** Root of the working tree around a folder; null: there is none. */
function rootOf(folder: string): string | null {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return null;
  }
}

function readSmall(file: string): string | null {
  try {
    const stats = statSync(file);
    return stats.isFile() && stats.size <= FILE_BYTES_MAX ? readFileSync(file, 'utf8') : null;
  } catch {
    return null;
  }
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

/** Breadth first: what opens a port stands near the root. Links are not followed. */
function filesBelow(root: string): readonly Found[] {
  const files: Found[] = [];
  const folders = [{ path: '', depth: 0 }];
  let entries = 0;
  for (let at = folders.shift(); at !== undefined; at = folders.shift())
    for (const entry of entriesOf(join(root, at.path))) {
      if (++entries > ENTRIES_MAX || files.length >= FILES_MAX) return files;
      const path = at.path === '' ? entry.name : `${at.path}/${entry.name}`;
      if (entry.isDirectory()) {
        if (at.depth < DEPTH_MAX && entry.name !== '.git' && !NOT_OURS.has(entry.name))
          folders.push({ path, depth: at.depth + 1 });
        continue;
      }
      const kind = entry.isFile() ? KINDS.find(({ name }) => name.test(entry.name))?.kind : undefined;
      const text = kind === undefined ? null : readSmall(join(root, path));
      if (kind !== undefined && text !== null) files.push({ path, kind, text });
    }
  return files;
}

/** The repository around a folder, with its files that can open ports; null: the folder is in none. */
export function findRepository(folder: string): { root: string; folder: string; files: readonly Found[] } | null {
  const root = rootOf(folder);
  return root === null ? null : { root, folder: resolve(folder), files: filesBelow(root) };
}
