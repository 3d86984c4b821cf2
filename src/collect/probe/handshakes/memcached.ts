import type { Handshake, Said } from '../said.js';
import { aLine, bytesOf, fact } from '../said.js';

/** Answer to `version`. Null: not memcached. */
export function readVersion(text: string): Said | null {
  const [shown = '', version] = /^VERSION ([^\s]+)/.exec(text) ?? [];
  if (version !== undefined)
    return {
      service: 'memcached',
      product: 'memcached',
      version: fact(version),
      facts: { authentication: 'none' },
      shown,
    };
  if (/^CLIENT_ERROR unauth/.test(text)) return { service: 'memcached', facts: { authentication: 'required' } };
  return null;
}

/** One STAT line of `stats`. */
export const readStat = (text: string, name: string): string | null =>
  new RegExp(`^STAT ${name} (\\S+)`, 'm').exec(text)?.[1] ?? null;

export const memcached: Handshake = {
  name: 'memcached-version',
  transport: 'tcp',
  services: ['memcached'],
  alsoSecure: true,
  async speak(line, { answerMs }) {
    line.send('version\r\n', 'version');
    await line.hear(aLine, answerMs);
    const said = readVersion(line.heard.toString('latin1', 0, 512));
    if (said === null || said.facts?.['authentication'] !== 'none') return said;
    line.forget();
    line.send('stats\r\n', 'stats');
    await line.hear((heard) => heard.includes('END\r\n') || heard.includes('ERROR'), answerMs);
    const items = readStat(line.heard.toString('latin1'), 'curr_items');
    // Where `version` is answered and `stats` is not, it asks who is there.
    if (/^CLIENT_ERROR unauth/.test(line.heard.toString('latin1', 0, 64)))
      return { ...said, facts: { authentication: 'required' } };
    return items === null ? said : { ...said, facts: { ...said.facts, 'memcached.items': fact(items) } };
  },
};

/** Over UDP a frame of eight bytes stands before each message: request id, number, count, reserved (protocol.txt of memcached). */
const FRAME = [0x65, 0x73, 0, 0, 0, 1, 0, 0];

export const memcachedDatagram: Handshake = {
  name: 'memcached-version-udp',
  transport: 'udp',
  services: ['memcached'],
  async speak(line, { answerMs }) {
    line.send(bytesOf(...FRAME, 'version\r\n'), 'version');
    await line.hear((heard) => heard.length > 8, answerMs);
    const { heard } = line;
    return heard[0] === FRAME[0] && heard[1] === FRAME[1] ? readVersion(heard.toString('latin1', 8, 512)) : null;
  },
};
