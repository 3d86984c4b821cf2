import type { Root } from './root.js';

/** Magic numbers at byte 12 (Berkeley DB, db_page.h); the file's byte order is that of whoever made it. */
const HASH_MAGIC = 0x061561;
const BTREE_MAGIC = 0x053162;

const META_BYTES = 512;
const PAGE_HEADER_BYTES = 26;
/** Kinds of pages. */
const PAGE = { hashUnsorted: 2, inner: 3, leaf: 5, overflow: 7, hashMeta: 8, hash: 13 } as const;
/** Kinds of items: on the page, or on a chain of pages. */
const ON_PAGE = 1;
const OFF_PAGE = 3;
const DELETED = 0x80;

const PAGES_READ_MAX = 100_000;
const VALUE_BYTES_MAX = 16 * 1024 * 1024;
const DEPTH_MAX = 20;

interface Page {
  readonly bytes: Buffer;
  readonly next: number;
  readonly count: number;
  readonly kind: number;
}

/** FNV as the hash of Berkeley DB 4 and later has it (hash_func.c, __ham_func4). */
function hashOf(key: Uint8Array): number {
  let hash = 0;
  for (const byte of key) hash = (Math.imul(hash, 16_777_619) ^ byte) >>> 0;
  return hash;
}

/** One Berkeley DB database file of the kind hash (version 8 to 10) or btree (9, 10), read page by page; keys are looked up, not listed. */
export class Berkeley {
  readonly #root: Root;
  readonly #place: string;
  readonly #meta: Buffer;
  /** True: little-endian. */
  readonly #little: boolean;
  readonly #pageBytes: number;
  readonly #lastPage: number;
  #read = 0;

  private constructor(root: Root, place: string, meta: Buffer, little: boolean) {
    this.#root = root;
    this.#place = place;
    this.#meta = meta;
    this.#little = little;
    this.#pageBytes = this.u32(meta, 20);
    this.#lastPage = this.u32(meta, 32);
  }

  /** null: no such file, or it is none. */
  static open(root: Root, path: string): Berkeley | null {
    const place = root.place(path);
    const head = place === null ? null : root.host.sync.readAt(place, 0, META_BYTES);
    if (place === null || head?.ok !== true || head.value.length < META_BYTES) return null;
    const meta = Buffer.from(head.value.buffer, head.value.byteOffset, META_BYTES);
    for (const little of [true, false]) {
      const magic = little ? meta.readUInt32LE(12) : meta.readUInt32BE(12);
      if (magic !== HASH_MAGIC && magic !== BTREE_MAGIC) continue;
      const found = new Berkeley(root, place, meta, little);
      const bytes = found.#pageBytes;
      return bytes >= META_BYTES && bytes <= 65_536 && (bytes & (bytes - 1)) === 0 ? found : null;
    }
    return null;
  }

  /** A four-byte number in the order of this file; 0 past the end. */
  u32(bytes: Buffer, at: number): number {
    if (at < 0 || at + 4 > bytes.length) return 0;
    return this.#little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  }

  #u16(bytes: Buffer, at: number): number {
    if (at < 0 || at + 2 > bytes.length) return 0;
    return this.#little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  }

  /** A number as a key. */
  key(number: number): Uint8Array {
    const bytes = Buffer.alloc(4);
    if (this.#little) bytes.writeUInt32LE(number);
    else bytes.writeUInt32BE(number);
    return bytes;
  }

  #page(number: number): Page | null {
    if (number < 1 || number > this.#lastPage || ++this.#read > PAGES_READ_MAX) return null;
    const read = this.#root.host.sync.readAt(this.#place, number * this.#pageBytes, this.#pageBytes);
    if (!read.ok || read.value.length < this.#pageBytes) return null;
    const bytes = Buffer.from(read.value.buffer, read.value.byteOffset, this.#pageBytes);
    if (this.u32(bytes, 8) !== number) return null;
    const count = Math.min(this.#u16(bytes, 20), Math.floor((this.#pageBytes - PAGE_HEADER_BYTES) / 2));
    return { bytes, next: this.u32(bytes, 16), count, kind: bytes[25] ?? 0 };
  }

  /** What a chain of overflow pages holds. */
  #overflow(first: number, length: number): Buffer | null {
    if (length > VALUE_BYTES_MAX) return null;
    const parts: Buffer[] = [];
    let number = first;
    for (let got = 0; got < length; ) {
      const page = this.#page(number);
      const here = page === null ? 0 : this.#u16(page.bytes, 22);
      if (page === null || page.kind !== PAGE.overflow || here === 0) return null;
      parts.push(page.bytes.subarray(PAGE_HEADER_BYTES, PAGE_HEADER_BYTES + here));
      got += here;
      number = page.next;
    }
    return Buffer.concat(parts).subarray(0, length);
  }

  /** Where item `index` of a page starts; 0: nowhere. */
  #at(page: Page, index: number): number {
    const at = this.#u16(page.bytes, PAGE_HEADER_BYTES + 2 * index);
    return at >= PAGE_HEADER_BYTES && at < this.#pageBytes ? at : 0;
  }

  /** An item of a hash page: a kind, then the bytes, which end where the item before it starts. */
  #hashItem(page: Page, index: number): Buffer | null {
    const at = this.#at(page, index);
    const end = index === 0 ? this.#pageBytes : this.#at(page, index - 1);
    if (at === 0 || end <= at) return null;
    const kind = page.bytes[at];
    if (kind === ON_PAGE) return page.bytes.subarray(at + 1, end);
    return kind === OFF_PAGE ? this.#overflow(this.u32(page.bytes, at + 4), this.u32(page.bytes, at + 8)) : null;
  }

  /** An item of a leaf: its length, a kind, then the bytes. */
  #leafItem(page: Page, index: number): Buffer | null {
    const at = this.#at(page, index);
    if (at === 0) return null;
    const kind = page.bytes[at + 2];
    if (kind === ON_PAGE) return page.bytes.subarray(at + 3, at + 3 + this.#u16(page.bytes, at));
    return kind === OFF_PAGE ? this.#overflow(this.u32(page.bytes, at + 4), this.u32(page.bytes, at + 8)) : null;
  }

  /** Value of a key; null: there is none. */
  get(key: Uint8Array): Buffer | null {
    return this.u32(this.#meta, 12) === HASH_MAGIC ? this.#fromHash(key) : this.#fromTree(key);
  }

  #fromHash(key: Uint8Array): Buffer | null {
    const [maxBucket, highMask, lowMask] = [72, 76, 80].map((at) => this.u32(this.#meta, at));
    if (maxBucket === undefined || highMask === undefined || lowMask === undefined) return null;
    let bucket = (hashOf(key) & highMask) >>> 0;
    if (bucket > maxBucket) bucket = (bucket & lowMask) >>> 0;
    // Each doubling of the table has pages of its own; `spares` says how many other pages stand before them.
    let number = bucket + this.u32(this.#meta, 96 + 4 * (32 - Math.clz32(bucket)));
    while (number !== 0) {
      const page = this.#page(number);
      if (page === null || (page.kind !== PAGE.hash && page.kind !== PAGE.hashUnsorted && page.kind !== PAGE.hashMeta))
        return null;
      for (let index = 0; index + 1 < page.count; index += 2)
        if (this.#hashItem(page, index)?.equals(key) === true) return this.#hashItem(page, index + 1);
      number = page.next;
    }
    return null;
  }

  #fromTree(key: Uint8Array): Buffer | null {
    let number = this.u32(this.#meta, 88);
    for (let depth = 0; depth < DEPTH_MAX; depth++) {
      const page = this.#page(number);
      if (page === null) return null;
      if (page.kind === PAGE.leaf) return this.#fromLeaf(page, key);
      if (page.kind !== PAGE.inner) return null;
      number = this.#childOf(page, key);
    }
    return null;
  }

  /** The child in which a key is: that of the last item not above it; the first item's key counts as the lowest of all. */
  #childOf(page: Page, key: Uint8Array): number {
    let child = 0;
    for (let index = 0; index < page.count; index++) {
      const at = this.#at(page, index);
      const kind = (page.bytes[at + 2] ?? 0) & ~DELETED;
      const start =
        kind === ON_PAGE
          ? page.bytes.subarray(at + 12, at + 12 + this.#u16(page.bytes, at))
          : this.#overflow(this.u32(page.bytes, at + 16), this.u32(page.bytes, at + 20));
      if (at === 0 || (index > 0 && (start === null || Buffer.compare(start, key) > 0))) break;
      child = this.u32(page.bytes, at + 4);
    }
    return child;
  }

  #fromLeaf(page: Page, key: Uint8Array): Buffer | null {
    for (let index = 0; index + 1 < page.count; index += 2)
      if (this.#leafItem(page, index)?.equals(key) === true) return this.#leafItem(page, index + 1);
    return null;
  }
}
