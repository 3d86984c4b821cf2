import type { Package } from '../../model/package.js';
import { Berkeley } from './berkeley.js';
import type { Root } from './root.js';
import { Header } from './rpm-header.js';
import { type Blob, blobsOfNdb } from './rpm-ndb.js';
import { Sqlite } from './sqlite.js';

/** Folders where distributions keep it; the last is that of images that are updated as a whole (rpm-ostree). */
const FOLDERS = ['/usr/lib/sysimage/rpm', '/var/lib/rpm', '/usr/share/rpm'];

/** Files of one name that are looked at. */
const CANDIDATES_MAX = 50;

const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** `/usr/sbin/x` as packages of another time list it: without `/usr`, or in the folder that the two have become. */
function spellings(path: string): ReadonlySet<string> {
  const merged = path.startsWith('/usr/') ? path.slice(4) : `/usr${path}`;
  const swapped = path.replace(
    /^(\/usr)?\/(s?)bin\//,
    (_, usr: string | undefined, s: string) => `${usr ?? ''}/${s === '' ? 's' : ''}bin/`,
  );
  return new Set([path, merged, swapped]);
}

/** Headers and places in them of files with a name. */
type Candidates = (name: string) => Iterable<{ readonly header: Header; readonly index: number }>;

function* inSqlite(database: Sqlite, name: string): ReturnType<Candidates> {
  for (const rowId of database.rowsWith('Basenames_key_idx', Buffer.from(name), CANDIDATES_MAX)) {
    const [, headerNumber, index] = database.row('Basenames', rowId) ?? [];
    if (typeof headerNumber !== 'number' || typeof index !== 'number') continue;
    const blob = database.row('Packages', headerNumber)?.[1];
    if (blob instanceof Uint8Array) yield { header: new Header(blob), index };
  }
}

/** rpm before 4.16: an index from names to pairs of numbers, of a header and of a file in it. */
function* inBerkeley(packages: Berkeley, names: Berkeley, name: string): ReturnType<Candidates> {
  const pairs = names.get(Buffer.from(name));
  for (let at = 0; pairs !== null && at + 8 <= Math.min(pairs.length, 8 * CANDIDATES_MAX); at += 8) {
    const blob = packages.get(packages.key(names.u32(pairs, at)));
    if (blob !== null) yield { header: new Header(blob), index: names.u32(pairs, at + 4) };
  }
}

function byIndex(candidates: Candidates, paths: readonly string[]): ReadonlyMap<string, Package> {
  const found = new Map<string, Package>();
  for (const path of paths) {
    const listed = spellings(path);
    for (const { header, index } of candidates(baseOf(path))) {
      const brought = listed.has(header.pathOf(index) ?? '') ? header.package() : null;
      if (brought === null) continue;
      found.set(path, brought);
      break;
    }
  }
  return found;
}

/** Bytes in which the entries of nearly every header stand. */
const ENTRIES_BYTES = 4_096;

/** The header, where it lists a file of one of the names; the names alone are looked at first. */
function holding(blob: Blob, names: readonly Buffer[]): Header | null {
  const start = blob.read(0, ENTRIES_BYTES);
  const listed = start === null ? null : new Header(start).namesAt();
  const place = listed === null ? null : blob.read(listed.at, listed.bytes ?? blob.length);
  if (place === null || !names.some((name) => place.includes(name))) return null;
  const whole = blob.read(0, blob.length);
  return whole === null ? null : new Header(whole);
}

/** ndb: its index is not read; every header is looked at once. Null: no package at all. */
function byHeaders(blobs: Iterable<Blob>, paths: readonly string[]): ReadonlyMap<string, Package> | null {
  const names = new Set(paths.map(baseOf));
  const bytes = [...names].map((name) => Buffer.from(`${name}\0`));
  const wanted = new Map(paths.flatMap((path) => [...spellings(path)].map((spelling) => [spelling, path])));
  const found = new Map<string, Package>();
  let count = 0;
  for (const blob of blobs) {
    count++;
    const header = holding(blob, bytes);
    for (const listed of header?.pathsNamed(names) ?? []) {
      const path = wanted.get(listed);
      const brought = path === undefined || found.has(path) ? null : (header?.package() ?? null);
      if (path !== undefined && brought !== null) found.set(path, brought);
    }
  }
  return count === 0 ? null : found;
}

/** Which RPM package brought each of the paths, from rpm's database of any of its forms: SQLite, ndb, Berkeley DB. */
export function findInRpm(root: Root, paths: readonly string[]): ReadonlyMap<string, Package> {
  for (const folder of FOLDERS) {
    const sqlite = Sqlite.open(root, `${folder}/rpmdb.sqlite`);
    if (sqlite !== null) return byIndex((name) => inSqlite(sqlite, name), paths);
    const inNdb = byHeaders(blobsOfNdb(root, `${folder}/Packages.db`), paths);
    if (inNdb !== null) return inNdb;
    const packages = Berkeley.open(root, `${folder}/Packages`);
    const names = packages === null ? null : Berkeley.open(root, `${folder}/Basenames`);
    if (packages !== null && names !== null) return byIndex((name) => inBerkeley(packages, names, name), paths);
  }
  return new Map();
}
