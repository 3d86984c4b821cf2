import type { Handshake, Said } from '../said.js';
import { bytesOf, fact, u16le } from '../said.js';

/** X11 protocol, section 8: little-endian, 11.0, no authorization. */
const SETUP = bytesOf('l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0);

/** First byte 0: refused (a reason follows), 1: let in, 2: more is wanted. Null: not X11. */
export function readSetup(heard: Buffer): Said | null {
  const status = heard[0];
  if (status === undefined || status > 2 || heard.length < 8) return null;
  if (status === 1) {
    if (u16le(heard, 2) !== 11) return null;
    const length = u16le(heard, 24);
    const vendor = heard.length >= 40 && length > 0 && length < 200 ? heard.toString('latin1', 40, 40 + length) : null;
    return { service: 'x11', product: vendor === null ? null : fact(vendor), facts: { authentication: 'none' } };
  }
  if (status === 0 && u16le(heard, 2) !== 11) return null;
  return { service: 'x11', facts: { authentication: 'required' } };
}

export const x11: Handshake = {
  name: 'x11-setup',
  transport: 'tcp',
  services: ['x11'],
  async speak(line, { answerMs }) {
    line.send(SETUP, 'a connection setup without authorization');
    await line.hear(
      (heard) => heard.length >= 8 && heard.length >= Math.min(64, 8 + 4 * heard.readUInt16LE(6)),
      answerMs,
    );
    return readSetup(line.heard);
  },
};
