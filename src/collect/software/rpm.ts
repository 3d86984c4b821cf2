import type { Package } from '../../model/listener.js';
import type { Root } from './root.js';
import { Sqlite } from './sqlite.js';

/** Where distributions keep it: Fedora and RHEL 9 onwards, and older places of the same form. */
const DATABASES = ['/usr/lib/sysimage/rpm/rpmdb.sqlite', '/var/lib/rpm/rpmdb.sqlite'];

/** Files of one name that are looked at. */
const CANDIDATES_MAX = 50;
const STRINGS_MAX = 200_000;

/** Tags of a header (rpmtag.h). */
const NAME = 1000;
const VERSION = 1001;
const RELEASE = 1002;
const EPOCH = 1003;
const DIRINDEXES = 1116;
const BASENAMES = 1117;
const DIRNAMES = 1118;

/** One header: a count of entries, a count of bytes, entries of 16 bytes (tag, type, offset, count), then the data; all big-endian. */
class Header {
  readonly #bytes: Buffer;
  readonly #entries = new Map<number, { readonly offset: number; readonly count: number }>();
  readonly #data: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const count = bytes.length < 8 ? 0 : Math.min(this.#bytes.readUInt32BE(0), Math.floor((bytes.length - 8) / 16));
    this.#data = 8 + 16 * count;
    for (let i = 0; i < count; i++) {
      const at = 8 + 16 * i;
      this.#entries.set(this.#bytes.readUInt32BE(at), {
        offset: this.#data + this.#bytes.readUInt32BE(at + 8),
        count: this.#bytes.readUInt32BE(at + 12),
      });
    }
  }

  /** The text of a string array's element; null: there is none. */
  text(tag: number, index = 0): string | null {
    const entry = this.#entries.get(tag);
    if (entry === undefined || index >= Math.min(entry.count, STRINGS_MAX)) return null;
    let at = entry.offset;
    for (let i = 0; i < index; i++) {
      at = this.#bytes.indexOf(0, at) + 1;
      if (at === 0) return null;
    }
    const end = this.#bytes.indexOf(0, at);
    return end < 0 ? null : this.#bytes.toString('utf8', at, end);
  }

  number(tag: number, index = 0): number | null {
    const entry = this.#entries.get(tag);
    if (entry === undefined || index >= entry.count) return null;
    const at = entry.offset + 4 * index;
    return at + 4 > this.#bytes.length ? null : this.#bytes.readUInt32BE(at);
  }

  pathOf(index: number): string | null {
    const folder = this.number(DIRINDEXES, index);
    const parts = [folder === null ? null : this.text(DIRNAMES, folder), this.text(BASENAMES, index)];
    return parts.includes(null) ? null : parts.join('');
  }

  package(): Package | null {
    const name = this.text(NAME);
    const version = this.text(VERSION);
    if (name === null || version === null) return null;
    const epoch = this.number(EPOCH);
    const release = this.text(RELEASE);
    return {
      manager: 'rpm',
      name,
      version: `${epoch === null ? '' : `${epoch}:`}${version}${release === null ? '' : `-${release}`}`,
      modified: null,
    };
  }
}

function find(database: Sqlite, path: string): Package | null {
  const merged = path.startsWith('/usr/') ? path.slice(4) : path;
  const key = Buffer.from(path.slice(path.lastIndexOf('/') + 1));
  for (const rowId of database.rowsWith('Basenames_key_idx', key, CANDIDATES_MAX)) {
    const [, headerNumber, index] = database.row('Basenames', rowId) ?? [];
    if (typeof headerNumber !== 'number' || typeof index !== 'number') continue;
    const blob = database.row('Packages', headerNumber)?.[1];
    if (!(blob instanceof Uint8Array)) continue;
    const header = new Header(blob);
    const listed = header.pathOf(index);
    if (listed === path || listed === merged) return header.package();
  }
  return null;
}

/** Which RPM package brought each of the paths, from rpm's SQLite database. */
export function findInRpm(root: Root, paths: readonly string[]): ReadonlyMap<string, Package> {
  const found = new Map<string, Package>();
  for (const place of DATABASES) {
    const database = Sqlite.open(root, place);
    if (database === null) continue;
    for (const path of paths) {
      const brought = find(database, path);
      if (brought !== null) found.set(path, brought);
    }
    break;
  }
  return found;
}
