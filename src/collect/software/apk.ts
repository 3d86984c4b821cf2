import type { Package } from '../../model/package.js';
import type { Root } from './root.js';

const DATABASE = '/lib/apk/db/installed';
const BYTES_MAX = 64 * 1024 * 1024;

/** Which Alpine package brought each of the paths (apk-v2 database: P name, V version, F folder, R file). */
export function findInApk(root: Root, paths: readonly string[]): ReadonlyMap<string, Package> {
  const found = new Map<string, Package>();
  const wanted = new Map(paths.map((path) => [path.slice(1), path]));
  for (const path of paths) if (path.startsWith('/usr/')) wanted.set(path.slice(5), path);
  const text = root.readText(DATABASE, BYTES_MAX);
  if (!text.ok) return found;
  let name = '';
  let version: string | null = null;
  let folder = '';
  for (const line of text.value.split('\n')) {
    const value = line.slice(2);
    if (line.startsWith('P:')) name = value;
    else if (line.startsWith('V:')) version = value;
    else if (line.startsWith('F:')) folder = value;
    else if (line === '') version = null;
    else if (line.startsWith('R:')) {
      const path = wanted.get(folder === '' ? value : `${folder}/${value}`);
      if (path !== undefined) found.set(path, { manager: 'apk', name, version, modified: null });
    }
  }
  return found;
}
