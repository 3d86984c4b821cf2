import type { Package } from '../../model/package.js';

const STRINGS_MAX = 200_000;
const ENTRY_BYTES = 16;
/** Bytes before the entries: their number, and that of the data. */
const LEAD_BYTES = 8;
/** Entries of one header; rpm itself takes no more (header.c). */
const ENTRIES_MAX = 65_535;

/** Tags of a header (rpmtag.h). */
const NAME = 1000;
const VERSION = 1001;
const RELEASE = 1002;
const EPOCH = 1003;
const DIRINDEXES = 1116;
const BASENAMES = 1117;
const DIRNAMES = 1118;

/** One header: a count of entries, a count of bytes, entries of 16 bytes (tag, type, offset, count), then the data; all big-endian. */
export class Header {
  readonly #bytes: Buffer;
  readonly #entries = new Map<number, { readonly offset: number; readonly count: number }>();
  readonly #data: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const count =
      bytes.length < LEAD_BYTES
        ? 0
        : Math.min(this.#bytes.readUInt32BE(0), Math.floor((bytes.length - LEAD_BYTES) / ENTRY_BYTES), ENTRIES_MAX);
    this.#data = LEAD_BYTES + ENTRY_BYTES * count;
    for (let i = 0; i < count; i++) {
      const at = LEAD_BYTES + ENTRY_BYTES * i;
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

  /** Paths of its files whose last part is one of the names. */
  pathsNamed(names: ReadonlySet<string>): readonly string[] {
    const entry = this.#entries.get(BASENAMES);
    const paths: string[] = [];
    if (entry === undefined) return paths;
    for (let i = 0, at = entry.offset; i < Math.min(entry.count, STRINGS_MAX); i++) {
      const end = this.#bytes.indexOf(0, at);
      if (end < 0) break;
      const name = this.#bytes.toString('utf8', at, end);
      const folder = names.has(name) ? this.number(DIRINDEXES, i) : null;
      if (folder !== null) paths.push(`${this.text(DIRNAMES, folder) ?? ''}${name}`);
      at = end + 1;
    }
    return paths;
  }

  /** Where the last parts of its paths stand, and how many bytes they may take: up to what stands next. Null: it has no files. */
  namesAt(): { readonly at: number; readonly bytes: number | null } | null {
    const entry = this.#entries.get(BASENAMES);
    if (entry === undefined) return null;
    let next: number | null = null;
    for (const { offset } of this.#entries.values())
      if (offset > entry.offset && (next === null || offset < next)) next = offset;
    return { at: entry.offset, bytes: next === null ? null : next - entry.offset };
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
