import type { Root } from './root.js';

const FILE = '/var/lib/dpkg/status';
const BYTES_MAX = 64 * 1024 * 1024;
const PART_BYTES = 16 * 1024;
/** So many versions are looked for in parts of the file; who asks for more has it read whole. */
const PARTS_ASKED_MAX = 4;
/** Halvings of the file: 64 MiB down to a part. */
const STEPS_MAX = 14;

const START = '\nPackage: ';

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The version that the paragraph between two offsets gives. */
const versionIn = (bytes: Buffer, from: number, to: number): string | null =>
  /^Version: (.+)$/m.exec(bytes.subarray(from, to).toString('utf8'))?.[1] ?? null;

/**
 * Versions of packages from dpkg's status file. dpkg writes it in the order of the names, so that one name is found by halving; where that
 * does not find it (somebody else wrote the file, or a paragraph longer than a part), the whole file is searched.
 */
export class Status {
  readonly #root: Root;
  #whole: Buffer | null = null;
  #asked = 0;

  constructor(root: Root) {
    this.#root = root;
  }

  /** True: the file says of no package, or is not there. */
  isEmpty(): boolean {
    const place = this.#root.place(FILE);
    const file = place === null ? null : this.#root.host.sync.stat(place);
    return file?.ok !== true || file.value.size === 0;
  }

  /** null: the file does not hold the package, or cannot be read. */
  versionOf(name: string): string | null {
    if (this.#whole === null && this.#asked++ < PARTS_ASKED_MAX) {
      const version = this.#byHalving(name);
      if (version !== undefined) return version;
    }
    return this.#inWhole(name);
  }

  /** undefined: not found this way. */
  #byHalving(name: string): string | null | undefined {
    const place = this.#root.place(FILE);
    const file = place === null ? null : this.#root.host.sync.stat(place);
    if (place === null || file?.ok !== true) return undefined;
    let from = 0;
    let to = file.value.size;
    for (let step = 0; step < STEPS_MAX && from < to; step++) {
      const at = to - from <= PART_BYTES ? from : Math.floor((from + to - PART_BYTES) / 2);
      const part = this.#root.host.sync.readAt(place, at, PART_BYTES);
      if (!part.ok) return undefined;
      const bytes = bufferOf(part.value);
      const here = bytes.indexOf(`${START}${name}\n`);
      const end = here < 0 ? -1 : bytes.indexOf('\n\n', here);
      if (here >= 0) return end < 0 ? undefined : versionIn(bytes, here, end);
      const first = bytes.indexOf(START);
      const [firstName = ''] = bytes.toString('latin1', first + START.length, first + START.length + 256).split('\n');
      if (first < 0) return undefined;
      if (name < firstName) to = at + first;
      else from = at + Math.max(first + 1, bytes.lastIndexOf(START));
    }
    return undefined;
  }

  #inWhole(name: string): string | null {
    if (this.#whole === null) {
      const bytes = this.#root.readBytes(FILE, BYTES_MAX);
      this.#whole = bytes.ok ? bufferOf(bytes.value) : Buffer.alloc(0);
    }
    const key = `Package: ${name}\n`;
    const at = this.#whole.subarray(0, key.length).toString() === key ? 0 : this.#whole.indexOf(`\n${key}`);
    if (at < 0) return null;
    const end = this.#whole.indexOf('\n\n', at);
    return versionIn(this.#whole, at, end < 0 ? this.#whole.length : end);
  }
}
