import { bytesOf } from '../said.js';

/** Values that commands need. */
export type BsonValue = number | string | boolean;

const cstring = (text: string): Buffer => bytesOf(text, 0);

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value, 0);
  return bytes;
}

/** A BSON document of flat values (bsonspec.org): integers as int32. */
export function bson(fields: Readonly<Record<string, BsonValue>>): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') {
      const text = Buffer.from(`${value}\0`);
      parts.push(bytesOf(0x02, cstring(name), int32(text.length), text));
    } else if (typeof value === 'boolean') parts.push(bytesOf(0x08, cstring(name), value ? 1 : 0));
    else parts.push(bytesOf(0x10, cstring(name), int32(value)));
  }
  const body = Buffer.concat(parts);
  return bytesOf(int32(body.length + 5), body, 0);
}

/** Sizes of types without a length of their own, by their code. */
const FIXED: Readonly<Record<number, number>> = {
  1: 8,
  6: 0,
  7: 12,
  8: 1,
  9: 8,
  10: 0,
  16: 4,
  17: 8,
  18: 8,
  19: 16,
  255: 0,
  127: 0,
};
const FIELDS_MAX = 256;

/** The numbers, texts and truths at the top of a BSON document; what does not make sense ends the reading. */
export function readBson(bytes: Buffer): ReadonlyMap<string, BsonValue> {
  const found = new Map<string, BsonValue>();
  for (let at = 4, count = 0; at < bytes.length && count < FIELDS_MAX; count++) {
    const type = bytes[at] ?? 0;
    const end = bytes.indexOf(0, at + 1);
    if (type === 0 || end < 0) break;
    const name = bytes.toString('utf8', at + 1, end);
    const value = end + 1;
    const size = sizeOf(type, bytes, value);
    if (size < 0 || value + size > bytes.length) break;
    if (type === 1) found.set(name, bytes.readDoubleLE(value));
    else if (type === 16) found.set(name, bytes.readInt32LE(value));
    else if (type === 8) found.set(name, bytes[value] === 1);
    else if (type === 2) found.set(name, bytes.toString('utf8', value + 4, value + size - 1));
    at = value + size;
  }
  return found;
}

/** Bytes of a value; -1 where it cannot be known. */
function sizeOf(type: number, bytes: Buffer, at: number): number {
  const fixed = FIXED[type];
  if (fixed !== undefined) return fixed;
  if (at + 4 > bytes.length) return -1;
  const length = bytes.readInt32LE(at);
  if (length < 0) return -1;
  if (type === 2 || type === 13 || type === 14) return 4 + length;
  if (type === 3 || type === 4 || type === 15) return Math.max(5, length);
  return type === 5 ? 5 + length : -1;
}
