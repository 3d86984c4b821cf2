/** Netlink is in host order; koffi's platforms that are supported here are little-endian. */
export const HOST_IS_LITTLE = true;

/** NLA_TYPE_MASK: the two upper bits say nested and network byte order. */
const TYPE_MASK = 0x3fff;
const HEADER_BYTES = 4;

/** Takes one attribute: its type, and where its payload starts and ends in the view. */
export type TakeAttribute = (type: number, at: number, end: number) => void;

/**
 * `struct nlattr`, linux/netlink.h: calls `take` for each attribute between `at` and `end`. One whose length makes no sense ends the walk:
 * what follows it cannot be told apart.
 */
export function eachAttribute(view: DataView, at: number, end: number, take: TakeAttribute): void {
  let cursor = at;
  while (cursor + HEADER_BYTES <= end) {
    const length = view.getUint16(cursor, HOST_IS_LITTLE);
    if (length < HEADER_BYTES || cursor + length > end) return;
    take(view.getUint16(cursor + 2, HOST_IS_LITTLE) & TYPE_MASK, cursor + HEADER_BYTES, cursor + length);
    cursor += (length + 3) & ~3;
  }
}

export const u32At = (view: DataView, at: number): number => view.getUint32(at, HOST_IS_LITTLE);

/** A 64-bit number as decimal text. */
export const u64At = (view: DataView, at: number): string => view.getBigUint64(at, HOST_IS_LITTLE).toString();

/** The bytes between two places, up to a NUL byte. */
export function stringBytes(view: DataView, at: number, end: number): Uint8Array {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, end - at);
  const zero = bytes.indexOf(0);
  return zero < 0 ? bytes : bytes.subarray(0, zero);
}

/** One attribute ready to send, padded to four bytes. */
export function attribute(type: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array((HEADER_BYTES + payload.length + 3) & ~3);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, HEADER_BYTES + payload.length, HOST_IS_LITTLE);
  view.setUint16(2, type, HOST_IS_LITTLE);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** Payloads one after the other. */
export function concatenated(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
