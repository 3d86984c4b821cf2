import type { Package } from '../../model/package.js';
import type { Root } from './root.js';

const LOCAL = '/var/lib/pacman/local';
const FILES_BYTES_MAX = 16 * 1024 * 1024;
const PACKAGES_MAX = 20_000;

/** Which Arch package brought each of the paths: folders `NAME-VERSION-RELEASE` with a file `files`. */
export function findInPacman(root: Root, paths: readonly string[]): ReadonlyMap<string, Package> {
  const found = new Map<string, Package>();
  const open = new Set(paths);
  for (const folder of root.list(LOCAL).slice(0, PACKAGES_MAX)) {
    if (open.size === 0) break;
    const [, name, version] = /^(.+)-([^-]+-[^-]+)$/.exec(folder) ?? [];
    if (name === undefined || version === undefined) continue;
    const text = root.readText(`${LOCAL}/${folder}/files`, FILES_BYTES_MAX);
    if (!text.ok) continue;
    for (const path of open)
      if (text.value.includes(`\n${path.slice(1)}\n`)) {
        found.set(path, { manager: 'pacman', name, version, modified: null });
        open.delete(path);
      }
  }
  return found;
}
