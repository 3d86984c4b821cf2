import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

/** A run that unpacks to more is none of ours. */
const BYTES_MAX = 500_000_000;

/** JSON, compressed: a year of nights fits in less than 100 MB. */
export function pack(value: unknown): Uint8Array {
  const text = Buffer.from(JSON.stringify(value));
  return brotliCompressSync(text, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 5,
      [constants.BROTLI_PARAM_LGWIN]: 22,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
    },
  });
}

/** @throws when the bytes were not made by `pack`. */
export function unpack(bytes: unknown): unknown {
  const view = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : (bytes as Uint8Array);
  return JSON.parse(brotliDecompressSync(view, { maxOutputLength: BYTES_MAX }).toString('utf8'));
}
