import { closeSocket, type Destination, receiveDatagram, sendDatagram } from '../../linux/dial.js';
import { Conversation } from './line.js';

/** Datagrams taken at one look. */
const BURST_MAX = 64;
/** A look costs one system call; the first ones follow quickly, because most answers are there at once. */
const LOOK_MS_MIN = 2;
const LOOK_MS_MAX = 20;

/** A conversation in datagrams. Answers are taken from the address asked, and from any of its ports where `anyPort` says so (TFTP answers from a new one). */
export class DatagramLine extends Conversation {
  readonly #fd: number;
  readonly #to: Destination;
  readonly #anyPort: boolean;
  #timer: NodeJS.Timeout | null = null;
  #pauseMs = LOOK_MS_MIN;
  #open = true;

  constructor(fd: number, to: Destination, anyPort: boolean, bytesMax: number, signal: AbortSignal) {
    super(bytesMax, signal);
    this.#fd = fd;
    this.#to = to;
    this.#anyPort = anyPort;
  }

  override send(bytes: Uint8Array | string, words: string): void {
    this.sent.push(words);
    if (this.over !== null) return;
    const sent = sendDatagram(this.#fd, this.#to, typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    if (!sent.ok) this.finish('reset');
    else if (this.#timer === null) this.#lookAgain();
  }

  #lookAgain(): void {
    this.#timer = setTimeout(() => {
      this.#look();
      if (this.over === null) this.#lookAgain();
    }, this.#pauseMs);
    this.#pauseMs = Math.min(LOOK_MS_MAX, this.#pauseMs * 2);
  }

  #look(): void {
    for (let i = 0; i < BURST_MAX && this.over === null; i++) {
      const got = receiveDatagram(this.#fd);
      if (!got.ok) {
        this.finish('reset');
        return;
      }
      if (got.value === null) return;
      if (this.#anyPort || got.value.port === this.#to.port) this.took(got.value.bytes);
    }
  }

  protected override close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#open) closeSocket(this.#fd);
    this.#open = false;
  }
}
