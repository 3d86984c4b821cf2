/** Bytes as the kernel's headers lay them out, little-endian where not said otherwise. */
export class Struct {
  readonly #bytes: number[] = [];

  u8(...values: readonly number[]): this {
    this.#bytes.push(...values.map((value) => value & 255));
    return this;
  }

  u16(value: number): this {
    return this.u8(value, value >> 8);
  }

  be16(value: number): this {
    return this.u8(value >> 8, value);
  }

  u32(value: number): this {
    return this.u8(value, value >>> 8, value >>> 16, value >>> 24);
  }

  zeros(count: number): this {
    for (let i = 0; i < count; i++) this.#bytes.push(0);
    return this;
  }

  /** `struct nlattr` with its payload, padded. */
  attribute(type: number, payload: Struct): this {
    const bytes = payload.bytes();
    this.u16(4 + bytes.length).u16(type);
    this.#bytes.push(...bytes);
    return this.zeros((4 - (bytes.length % 4)) % 4);
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  /** A view that starts in the middle of a buffer, as a message in a dump does, and where it ends. */
  message(): { view: DataView; at: number; end: number } {
    const bytes = this.bytes();
    const buffer = new Uint8Array(bytes.length + 64);
    buffer.set(bytes, 16);
    return { view: new DataView(buffer.buffer), at: 16, end: 16 + bytes.length };
  }
}
