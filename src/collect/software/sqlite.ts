import type { Root } from './root.js';

/** A value of a record; integers as numbers, text and blobs as bytes. */
export type Value = number | Uint8Array | null;

const PAGES_READ_MAX = 20_000;
const PAYLOAD_BYTES_MAX = 16 * 1024 * 1024;
const DEPTH_MAX = 20;

/** A cell's payload, with the row number of a table's or the left child of an inner page's. */
interface Cell {
  readonly rowId: number;
  readonly child: number;
  readonly payload: Uint8Array;
}

/** Variable-length integer of 1 to 9 bytes; the value, and where it ends. */
function varint(bytes: Uint8Array, at: number): readonly [number, number] {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[at + i] ?? 0;
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value, at + i + 1];
  }
  return [value * 256 + (bytes[at + 8] ?? 0), at + 9];
}

/** Bytes of the serial types 0 to 11 (SQLite, Record Format). */
const FIXED = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0];

function integer(bytes: Uint8Array): number {
  let value = 0;
  for (const [index, byte] of bytes.entries()) value = value * 256 + (index === 0 && byte > 127 ? byte - 256 : byte);
  return value;
}

/** Columns of a record. */
export function recordOf(payload: Uint8Array): readonly Value[] {
  const [headerBytes, start] = varint(payload, 0);
  const values: Value[] = [];
  let body = headerBytes;
  for (let at = start; at < headerBytes && at < payload.length; ) {
    const [type, next] = varint(payload, at);
    at = next;
    const length = type >= 12 ? Math.floor((type - 12) / 2) : (FIXED[type] ?? 0);
    const bytes = payload.subarray(body, body + length);
    body += length;
    values.push(type === 0 ? null : type === 8 ? 0 : type === 9 ? 1 : type >= 12 ? bytes : integer(bytes));
  }
  return values;
}

/**
 * The pages of one SQLite database (its File Format document), read one by one, so that a large one costs no memory. What was written and not yet
 * moved from a write-ahead log is not seen.
 */
export class Sqlite {
  readonly #root: Root;
  readonly #place: string;
  readonly #pageBytes: number;
  readonly #usable: number;
  readonly #roots: ReadonlyMap<string, number>;
  #read = 0;

  private constructor(root: Root, place: string, pageBytes: number, reserved: number) {
    this.#root = root;
    this.#place = place;
    this.#pageBytes = pageBytes;
    this.#usable = pageBytes - reserved;
    const roots = new Map<string, number>();
    for (const { payload } of this.#walk(1, 0, () => true)) {
      const [, name, , page] = recordOf(payload);
      if (name instanceof Uint8Array && typeof page === 'number') roots.set(Buffer.from(name).toString('utf8'), page);
    }
    this.#roots = roots;
  }

  /** null: no such file, or it is none. */
  static open(root: Root, path: string): Sqlite | null {
    const place = root.place(path);
    const head = place === null ? null : root.host.sync.readAt(place, 0, 100);
    if (
      place === null ||
      head?.ok !== true ||
      Buffer.from(head.value.subarray(0, 15)).toString('latin1') !== 'SQLite format 3'
    )
      return null;
    const size = (head.value[16] ?? 0) * 256 + (head.value[17] ?? 0);
    const pageBytes = size === 1 ? 65_536 : size;
    return pageBytes < 512 ? null : new Sqlite(root, place, pageBytes, head.value[20] ?? 0);
  }

  #page(number: number): DataView | null {
    if (number < 1 || ++this.#read > PAGES_READ_MAX) return null;
    const bytes = this.#root.host.sync.readAt(this.#place, (number - 1) * this.#pageBytes, this.#pageBytes);
    if (!bytes.ok || bytes.value.length < this.#pageBytes) return null;
    return new DataView(bytes.value.buffer, bytes.value.byteOffset, bytes.value.byteLength);
  }

  /** The part of a payload that a page holds, and the rest from its overflow pages. */
  #payload(page: Uint8Array, at: number, length: number, isIndex: boolean): Uint8Array {
    const whole = Math.min(length, PAYLOAD_BYTES_MAX);
    const usable = this.#usable;
    const max = isIndex ? Math.floor(((usable - 12) * 64) / 255) - 23 : usable - 35;
    if (length <= max) return page.subarray(at, at + whole);
    const min = Math.floor(((usable - 12) * 32) / 255) - 23;
    const surplus = min + ((length - min) % (usable - 4));
    const local = surplus <= max ? surplus : min;
    const parts = [page.subarray(at, at + local)];
    let next = new DataView(page.buffer, page.byteOffset).getUint32(at + local);
    for (let got = local; got < whole && next !== 0; ) {
      const more = this.#page(next);
      if (more === null) break;
      const take = Math.min(usable - 4, whole - got);
      parts.push(new Uint8Array(more.buffer, more.byteOffset + 4, take));
      got += take;
      next = more.getUint32(0);
    }
    return Buffer.concat(parts);
  }

  /** Cells of a b-tree in order. `enter` decides by a cell whether what stands left of it is looked at; for tables it is always. */
  *#walk(number: number, depth: number, enter: (cell: Cell) => boolean): Iterable<Cell> {
    const view = depth > DEPTH_MAX ? null : this.#page(number);
    if (view === null) return;
    const start = number === 1 ? 100 : 0;
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    const kind = view.getUint8(start);
    const isInner = kind === 2 || kind === 5;
    if (!isInner && kind !== 10 && kind !== 13) return;
    const isIndex = kind === 2 || kind === 10;
    const count = Math.min(view.getUint16(start + 3), Math.floor((this.#pageBytes - start) / 2));
    const pointers = start + (isInner ? 12 : 8);
    for (let i = 0; i < count && pointers + 2 * i + 2 <= this.#pageBytes; i++) {
      const cell = this.#cell(view, bytes, view.getUint16(pointers + 2 * i), isInner, isIndex);
      if (isInner && enter(cell)) yield* this.#walk(cell.child, depth + 1, enter);
      if (isIndex || !isInner) yield cell;
    }
    if (isInner) yield* this.#walk(view.getUint32(start + 8), depth + 1, enter);
  }

  #cell(view: DataView, bytes: Uint8Array, at: number, isInner: boolean, isIndex: boolean): Cell {
    const child = isInner && at + 4 <= bytes.length ? view.getUint32(at) : 0;
    let here = at + (isInner ? 4 : 0);
    let length = 0;
    let rowId = 0;
    if (isIndex || !isInner) [length, here] = varint(bytes, here);
    if (!isIndex) [rowId, here] = varint(bytes, here);
    const hasPayload = (isIndex || !isInner) && here < bytes.length;
    return { rowId, child, payload: hasPayload ? this.#payload(bytes, here, length, isIndex) : new Uint8Array() };
  }

  /** The row of a table by its number; null: none. */
  row(table: string, rowId: number): readonly Value[] | null {
    const root = this.#roots.get(table);
    if (root === undefined) return null;
    let number = root;
    for (let depth = 0; depth < DEPTH_MAX; depth++) {
      const view = this.#page(number);
      if (view === null) return null;
      const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
      const start = number === 1 ? 100 : 0;
      const isInner = view.getUint8(start) === 5;
      const pointers = start + (isInner ? 12 : 8);
      const count = Math.min(view.getUint16(start + 3), Math.floor(this.#pageBytes / 2) - pointers);
      let next = isInner ? view.getUint32(start + 8) : 0;
      for (let i = 0; i < count && pointers + 2 * i + 2 <= this.#pageBytes; i++) {
        const cell = this.#cell(view, bytes, view.getUint16(pointers + 2 * i), isInner, false);
        if (!isInner && cell.rowId === rowId) return recordOf(cell.payload);
        if (isInner && rowId <= cell.rowId) {
          next = cell.child;
          break;
        }
      }
      if (!isInner) return null;
      number = next;
    }
    return null;
  }

  /** Row numbers that an index of one column gives for a key, at most `max`. */
  rowsWith(index: string, key: Uint8Array, max: number): readonly number[] {
    const root = this.#roots.get(index);
    const found: number[] = [];
    if (root === undefined) return found;
    const order = (cell: Cell): number => {
      const [value] = recordOf(cell.payload);
      return value instanceof Uint8Array ? Buffer.compare(value, key) : -1;
    };
    for (const cell of this.#walk(root, 0, (one) => order(one) >= 0)) {
      const compared = order(cell);
      if (compared > 0 || found.length >= max) break;
      const rowId = recordOf(cell.payload).at(-1);
      if (compared === 0 && typeof rowId === 'number') found.push(rowId);
    }
    return found;
  }
}
