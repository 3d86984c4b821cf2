import type { Duplex } from 'node:stream';

/** One conversation with a listener. Nothing it does throws; what goes wrong ends it. */
export interface Line {
  /** Everything heard so far, up to the limit. */
  readonly heard: Buffer;
  /** Why it is over: `closed` by the other side, `reset`, `too much` was said, `late`: our time is over, or null while it stands. */
  readonly over: Over | null;
  /** Sends bytes; `words` go into the log of what was sent. */
  send(bytes: Uint8Array | string, words: string): void;
  /** Waits until enough is heard, the line is over, or the time is up; then everything heard so far. */
  hear(enough: (heard: Buffer) => boolean, waitMs: number): Promise<Buffer>;
  /** Forgets what was heard, so that the next answer stands alone. */
  forget(): void;
  /** What was sent, in words. */
  readonly sent: readonly string[];
  /** First bytes ever heard. */
  readonly first: Buffer;
  end(): void;
}

export type Over = 'closed' | 'reset' | 'too much' | 'late';

/** Bytes of an answer that are kept to be shown. */
const FIRST_BYTES_MAX = 512;

/** What TCP, TLS and UDP conversations have in common: what was heard, and who waits for it. */
export abstract class Conversation implements Line {
  heard: Buffer = Buffer.alloc(0);
  first: Buffer = Buffer.alloc(0);
  over: Over | null = null;
  readonly sent: string[] = [];
  readonly #bytesMax: number;
  #total = 0;
  #wake: (() => void) | null = null;

  protected constructor(bytesMax: number, signal: AbortSignal) {
    this.#bytesMax = bytesMax;
    if (signal.aborted) this.over = 'late';
    else signal.addEventListener('abort', () => this.finish('late'), { once: true });
  }

  abstract send(bytes: Uint8Array | string, words: string): void;
  protected abstract close(): void;

  protected took(bytes: Buffer): void {
    const left = Math.max(0, this.#bytesMax - this.#total);
    this.#total += bytes.length;
    const part = bytes.subarray(0, left);
    this.heard = this.heard.length === 0 ? part : Buffer.concat([this.heard, part]);
    if (this.first.length < FIRST_BYTES_MAX)
      this.first = Buffer.concat([this.first, part]).subarray(0, FIRST_BYTES_MAX);
    if (this.#total >= this.#bytesMax) this.finish('too much');
    this.#wake?.();
  }

  protected finish(why: Over): void {
    this.over ??= why;
    this.#wake?.();
  }

  forget(): void {
    this.heard = Buffer.alloc(0);
  }

  hear(enough: (heard: Buffer) => boolean, waitMs: number): Promise<Buffer> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = null;
        resolve(this.heard);
      };
      const timer = setTimeout(done, Math.max(0, waitMs));
      const look = (): void => {
        if (this.over !== null || (this.heard.length > 0 && enough(this.heard))) done();
      };
      this.#wake = look;
      look();
    });
  }

  end(): void {
    this.finish('closed');
    this.close();
  }
}

/** A conversation over a stream that is already connected: a TCP socket, or TLS on one. */
export class StreamLine extends Conversation {
  readonly #stream: Duplex;

  constructor(stream: Duplex, bytesMax: number, signal: AbortSignal) {
    super(bytesMax, signal);
    this.#stream = stream;
    stream.on('data', (bytes: Buffer) => {
      this.took(bytes);
      // Nobody is listened to any longer than to the limit.
      if (this.over === 'too much') stream.destroy();
    });
    stream.on('end', () => this.finish('closed'));
    stream.on('close', () => this.finish('closed'));
    stream.on('error', () => this.finish('reset'));
  }

  override send(bytes: Uint8Array | string, words: string): void {
    this.sent.push(words);
    if (this.over === null) this.#stream.write(bytes);
  }

  protected override close(): void {
    this.#stream.destroy();
  }
}
