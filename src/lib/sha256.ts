/** First 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2). */
const K = new Uint32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]);

const START = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
const BLOCK = 64;
/** Bytes of UTF-8 that a unit of UTF-16 can take. */
const UNIT_BYTES_MAX = 3;

const encoder = new TextEncoder();
const schedule = new Uint32Array(64);
const hash = new Uint32Array(8);
let room = new DataView(new ArrayBuffer(4 * BLOCK));

/** The message with its padding (a one bit, zeros, and its length in bits, big-endian: 5.1.1), in room that is used again. Its length. */
function pad(text: string): number {
  const most = text.length * UNIT_BYTES_MAX + BLOCK + 9;
  if (most > room.byteLength) room = new DataView(new ArrayBuffer(2 * most));
  const bytes = new Uint8Array(room.buffer);
  const { written } = encoder.encodeInto(text, bytes);
  const length = Math.ceil((written + 9) / BLOCK) * BLOCK;
  bytes.fill(0, written, length);
  room.setUint8(written, 0x80);
  room.setUint32(length - 8, Math.floor(written / 0x20000000));
  room.setUint32(length - 4, (written * 8) >>> 0);
  return length;
}

/** One block (6.2.2). Plain variables: to swap eight of them by destructuring runs an iterator each time. */
function compress(at: number): void {
  const w = schedule;
  for (let t = 0; t < 16; t++) w[t] = room.getUint32(at + t * 4);
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15] ?? 0;
    const y = w[t - 2] ?? 0;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[t] = (w[t - 16] ?? 0) + s0 + (w[t - 7] ?? 0) + s1;
  }
  let a = hash[0] ?? 0;
  let b = hash[1] ?? 0;
  let c = hash[2] ?? 0;
  let d = hash[3] ?? 0;
  let e = hash[4] ?? 0;
  let f = hash[5] ?? 0;
  let g = hash[6] ?? 0;
  let h = hash[7] ?? 0;
  for (let t = 0; t < 64; t++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (K[t] ?? 0) + (w[t] ?? 0)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  hash[0] = (hash[0] ?? 0) + a;
  hash[1] = (hash[1] ?? 0) + b;
  hash[2] = (hash[2] ?? 0) + c;
  hash[3] = (hash[3] ?? 0) + d;
  hash[4] = (hash[4] ?? 0) + e;
  hash[5] = (hash[5] ?? 0) + f;
  hash[6] = (hash[6] ?? 0) + g;
  hash[7] = (hash[7] ?? 0) + h;
}

/**
 * SHA-256 of UTF-8 text, as hex, or the first so many words (eight digits each) of it. Ours, because node:crypto costs a small audit a tenth of Node's own start, and what is hashed here are
 * short names, not secrets. A test holds it against node:crypto.
 */
export function sha256(text: string, words = hash.length): string {
  const length = pad(text);
  hash.set(START);
  for (let at = 0; at < length; at += BLOCK) compress(at);
  let hex = '';
  for (let at = 0; at < words; at++) hex += (hash[at] ?? 0).toString(16).padStart(8, '0');
  return hex;
}
