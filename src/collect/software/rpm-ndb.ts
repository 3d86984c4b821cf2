import type { Root } from './root.js';

/** `RpmP` and `Slot` as little-endian numbers (rpm, lib/backend/ndb/rpmpkg.c). */
const FILE_MAGIC = 0x506d7052;
const SLOT_MAGIC = 0x746f6c53;

const PAGE_BYTES = 4096;
const SLOT_BYTES = 16;
/** The file's header takes the place of two slots. */
const HEADER_BYTES = 32;
/** Offsets of blobs count blocks. */
const BLOCK_BYTES = 16;
const BLOB_HEADER_BYTES = 16;

const SLOT_PAGES_MAX = 256;
const BLOB_BYTES_MAX = 16 * 1024 * 1024;
/** One header as it lies in the file: parts of it can be read by themselves. */
export interface Blob {
  readonly length: number;
  /** null: not there. */
  read(at: number, length: number): Buffer | null;
}

/** Headers of all packages in SUSE's database (ndb), one after the other; none where the file is none. */
export function* blobsOfNdb(root: Root, path: string): Iterable<Blob> {
  const place = root.place(path);
  if (place === null) return;
  const read = (at: number, length: number): Buffer | null => {
    const bytes = root.host.sync.readAt(place, at, length);
    if (!bytes.ok || bytes.value.length < length) return null;
    return Buffer.from(bytes.value.buffer, bytes.value.byteOffset, bytes.value.byteLength);
  };
  const head = read(0, HEADER_BYTES);
  if (head === null || head.readUInt32LE(0) !== FILE_MAGIC || head.readUInt32LE(4) !== 0) return;
  const slots = read(0, Math.min(head.readUInt32LE(12), SLOT_PAGES_MAX) * PAGE_BYTES);
  if (slots === null) return;
  for (let at = HEADER_BYTES; at + SLOT_BYTES <= slots.length; at += SLOT_BYTES) {
    const block = slots.readUInt32LE(at + 8);
    if (slots.readUInt32LE(at) !== SLOT_MAGIC || block === 0) continue;
    // What is on the disk for it, with its own header and trailer; the header itself is shorter.
    const length = Math.min(slots.readUInt32LE(at + 12) * BLOCK_BYTES, BLOB_BYTES_MAX) - BLOB_HEADER_BYTES;
    const start = block * BLOCK_BYTES + BLOB_HEADER_BYTES;
    if (length <= 0) continue;
    yield {
      length,
      read: (from, bytes) => (from >= length ? null : read(start + from, Math.min(bytes, length - from))),
    };
  }
}
