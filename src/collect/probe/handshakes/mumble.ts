import type { Handshake, Said } from '../said.js';
import { bytesOf, u32 } from '../said.js';

const ID = bytesOf('earshot!');
/** The ping of Mumble's server list: a type of zero and an id that comes back. */
const PING = bytesOf(0, 0, 0, 0, ID);
const PONG_BYTES = 24;

/** Version, our id, users, most users, bandwidth. Null: not Mumble. */
export function readPong(heard: Buffer): Said | null {
  if (heard.length < PONG_BYTES || !heard.subarray(4, 12).equals(ID)) return null;
  return {
    service: 'mumble',
    product: 'Mumble',
    version: [...heard.subarray(1, 4)].join('.'),
    facts: { 'mumble.users': String(u32(heard, 12)) },
  };
}

export const mumble: Handshake = {
  name: 'mumble-ping',
  transport: 'udp',
  services: ['mumble'],
  // A server may have its answers to pings turned off.
  silence: { service: null, facts: { 'mumble.ping': 'not answered' } },
  async speak(line, { answerMs }) {
    line.send(PING, 'a ping of the server list');
    await line.hear((heard) => heard.length >= PONG_BYTES, answerMs);
    return readPong(line.heard);
  },
};
