import { formatAddress } from '../../lib/ip/address.js';
import { closeSocket, receiveDatagram, sendDatagram } from '../../linux/dial.js';
import { Conversation } from './line.js';
import type { Place } from './places.js';

/** Datagrams taken at one look. */
const BURST_MAX = 64;
/** A look costs one system call; the first ones follow quickly, because most answers are there at once. */
const LOOK_MS_MIN = 2;
const LOOK_MS_MAX = 20;

/** A conversation in datagrams. Answers are taken from the listener's addresses, and from any of their ports where `anyPort` says so (TFTP answers from a new one). */
export class DatagramLine extends Conversation {
  readonly #fd: number;
  readonly #to: Place;
  readonly #anyPort: boolean;
  #timer: NodeJS.Timeout | null = null;
  #pauseMs = LOOK_MS_MIN;
  #open = true;

  constructor(fd: number, to: Place, anyPort: boolean, bytesMax: number, signal: AbortSignal) {
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
      const { bytes, address, port } = got.value;
      if (!this.#to.answersFrom.has(formatAddress(address))) continue;
      if (this.#anyPort || port === this.#to.port) this.took(bytes);
    }
  }

  protected override close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#open) closeSocket(this.#fd);
    this.#open = false;
  }
}
