import type { Handshake, Said } from '../said.js';
import { bytesOf, fact, u16 } from '../said.js';

/** RFC 8489 section 5: a Binding request, the magic cookie, a transaction of twelve bytes. */
const TRANSACTION = 'earshotprobe';
const REQUEST = bytesOf(0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, TRANSACTION);
const HEADER_BYTES = 20;
const SUCCESS = 0x0101;
const FAILURE = 0x0111;
const SOFTWARE = 0x8022;

/** A Binding response to our transaction, and the software that it names. Null: not STUN. */
export function readBinding(heard: Buffer): Said | null {
  const type = u16(heard, 0);
  if (heard.length < HEADER_BYTES || (type !== SUCCESS && type !== FAILURE)) return null;
  if (heard.toString('latin1', 8, HEADER_BYTES) !== TRANSACTION) return null;
  const end = Math.min(heard.length, HEADER_BYTES + u16(heard, 2));
  let software: string | null = null;
  for (let at = HEADER_BYTES; at + 4 <= end; at += 4 + ((u16(heard, at + 2) + 3) & ~3))
    if (u16(heard, at) === SOFTWARE) software = heard.toString('latin1', at + 4, at + 4 + u16(heard, at + 2));
  const [, product, version] = /^([A-Za-z][\w ]{0,40}?)(?:[- /]v?(\d[\w.]{0,40}))?(?: |$|')/.exec(software ?? '') ?? [];
  return {
    service: 'stun',
    product: product === undefined ? null : fact(product),
    version: version ?? null,
    facts: software === null ? {} : { 'stun.software': fact(software) },
  };
}

const handshake = (transport: 'tcp' | 'udp'): Handshake => ({
  name: transport === 'tcp' ? 'stun-binding' : 'stun-binding-udp',
  transport,
  services: ['stun'],
  async speak(line, { answerMs }) {
    line.send(REQUEST, 'a Binding request');
    await line.hear((heard) => heard.length >= HEADER_BYTES && heard.length >= HEADER_BYTES + u16(heard, 2), answerMs);
    return readBinding(line.heard);
  },
});

export const stun = handshake('tcp');
export const stunDatagram = handshake('udp');
