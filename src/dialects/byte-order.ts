import { formatAddress, parseAddress, unmapped } from '../lib/ip/address.js';
import type { Gap } from '../model/gap.js';
import type { CapturedSocket } from './dialect.js';

const ADDRESSES = /: ([0-9A-F]{8}|[0-9A-F]{32}):[0-9A-F]{4} ([0-9A-F]{8}|[0-9A-F]{32}):/;
/** Loopback, v4-mapped and link-local addresses look different in each order. */
const LITTLE = /^(?:[0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{8}|[0-9A-F]{4}[89AB][0-9A-F]FE[0-9A-F]{24})$/;
const BIG = /^(?:7F[0-9A-F]{6}|0{24}00000001|0{16}0000FFFF[0-9A-F]{8}|FE[89AB][0-9A-F]{29})$/;

/**
 * Order of the bytes in a copied /proc/net file: the kernel prints each 32-bit word of an address as a number of its host, so `0100007F` on x86
 * and arm is `7F000001` on s390x. Addresses that can be only one of them tell.
 */
export class ByteOrder {
  #little = 0;
  #big = 0;
  #unsure = false;

  see(line: string): void {
    const match = ADDRESSES.exec(line);
    for (const hex of [match?.[1] ?? '', match?.[2] ?? '']) {
      const little = LITTLE.test(hex);
      const big = BIG.test(hex);
      if (little && !big) this.#little++;
      else if (big && !little) this.#big++;
      else if (!/^0*$/.test(hex)) this.#unsure = true;
    }
  }

  /** The socket with its addresses in the order of its host; they were read as little-endian. */
  settle(socket: CapturedSocket): CapturedSocket {
    if (this.#big <= this.#little || socket.local.address === null || socket.family === null) return socket;
    const local = swapped(socket.local.address, socket.local.mapped);
    const peer =
      socket.peer === null
        ? null
        : { ...socket.peer, address: swapped(socket.peer.address, socket.local.mapped).address };
    return { ...socket, local: { ...socket.local, ...local }, peer };
  }

  gaps(): readonly Gap[] {
    if (!this.#unsure || this.#little + this.#big > 0) return [];
    return [
      {
        kind: 'capture',
        what: 'byte order of the captured host',
        why: 'no address in the file tells it; little-endian (x86, arm) was assumed',
        hides: 'the true addresses, if the host is big-endian (s390x)',
        fix: 'capture `ss -an` instead',
        hidesListeners: false,
      },
    ];
  }
}

/** Each 32-bit word turned round. */
function swapped(text: string, mapped: boolean): { readonly address: string; readonly mapped: boolean } {
  const parsed = parseAddress(mapped ? `::ffff:${text}` : text);
  if (parsed === null) return { address: text, mapped };
  const words = parsed.family === 'ipv4' ? 1 : 4;
  let value = 0n;
  for (let word = words - 1; word >= 0; word--) {
    const bits = (parsed.value >> BigInt(word * 32)) & 0xffffffffn;
    const turned = ((bits & 0xffn) << 24n) | ((bits & 0xff00n) << 8n) | ((bits >> 8n) & 0xff00n) | (bits >> 24n);
    value = (value << 32n) | turned;
  }
  const whole = { family: parsed.family, value };
  const plain = unmapped(whole);
  return { address: formatAddress(plain), mapped: plain.family !== parsed.family };
}
