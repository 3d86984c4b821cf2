import type { Handshake, Said } from '../said.js';
import { bytesOf, fact, u16, u32 } from '../said.js';

/** AMQP 0-9-1 section 4.2.2: the protocol's header. */
const HEADER = bytesOf('AMQP', 0, 0, 9, 1);
const METHOD = 1;
const FRAME_HEADER_BYTES = 7;
const CONNECTION = 10;
const START = 10;

/** One long string of the server's properties; null: not there. */
function property(text: string, name: string): string | null {
  const at = text.indexOf(`${String.fromCharCode(name.length)}${name}S`);
  if (at < 0) return null;
  const start = at + name.length + 2;
  const length = u32(Buffer.from(text.slice(start, start + 4), 'latin1'), 0);
  return length < 0 || length > 200 ? null : text.slice(start + 4, start + 4 + length);
}

/** Connection.Start, or another version's header, with which a server refuses ours. Null: not AMQP. */
export function readStart(heard: Buffer): Said | null {
  if (heard.toString('latin1', 0, 4) === 'AMQP' && heard.length >= 8)
    return { service: 'amqp', facts: { 'amqp.version': [...heard.subarray(5, 8)].join('.') } };
  if (heard[0] !== METHOD || u16(heard, FRAME_HEADER_BYTES) !== CONNECTION || u16(heard, 9) !== START) return null;
  const text = heard.toString('latin1');
  const tableEnd = 13 + 4 + Math.max(0, u32(heard, 13));
  const mechanismsEnd = tableEnd + 4 + Math.max(0, u32(heard, tableEnd));
  const mechanisms = text.slice(tableEnd + 4, mechanismsEnd);
  const product = property(text, 'product');
  const version = property(text, 'version');
  const facts: Record<string, string> = { 'amqp.mechanisms': fact(mechanisms) };
  // Whether an anonymous client is then let do anything is not asked.
  if (mechanisms !== '' && !/\bANONYMOUS\b/.test(mechanisms)) facts['authentication'] = 'required';
  return {
    service: 'amqp',
    product: product === null ? null : fact(product),
    version: version === null ? null : fact(version),
    facts,
  };
}

const isWhole = (heard: Buffer): boolean =>
  heard[0] === METHOD ? heard.length >= FRAME_HEADER_BYTES + 1 + Math.max(0, u32(heard, 3)) : heard.length >= 8;

/** The broker says who it is and which logins it takes; none is tried. */
export const amqp: Handshake = {
  name: 'amqp-header',
  transport: 'tcp',
  services: ['amqp', 'amqps'],
  alsoSecure: true,
  async speak(line, { answerMs }) {
    line.send(HEADER, 'the header of AMQP 0-9-1');
    await line.hear(isWhole, answerMs);
    return readStart(line.heard);
  },
};
