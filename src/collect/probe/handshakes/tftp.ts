import type { Handshake, Said } from '../said.js';
import { bytesOf, u16 } from '../said.js';

/** A file below a file: no server can have both, and none creates it for a read. */
const FILE = 'earshot-no-such-file/./earshot-no-such-file';
/** RRQ of RFC 1350. */
const REQUEST = bytesOf(0, 1, FILE, 0, 'octet', 0);

/** ERROR (5) with a code below 9, or, from servers that answer everything, DATA (3) or OACK (6). Null: not TFTP. */
export function readAnswer(heard: Buffer): Said | null {
  const code = u16(heard, 0);
  if (heard.length < 4) return null;
  if (code === 5 && u16(heard, 2) <= 8 && heard[heard.length - 1] === 0)
    return { service: 'tftp', facts: { authentication: 'none' } };
  return (code === 3 && u16(heard, 2) === 1) || code === 6
    ? { service: 'tftp', facts: { authentication: 'none' } }
    : null;
}

export const tftp: Handshake = {
  name: 'tftp-read',
  transport: 'udp',
  services: ['tftp'],
  anyPort: true,
  async speak(line, { answerMs }) {
    line.send(REQUEST, `a read request of a file that cannot exist (${FILE})`);
    await line.hear((heard) => heard.length >= 4, answerMs);
    return readAnswer(line.heard);
  },
};
