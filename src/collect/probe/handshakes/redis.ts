import type { Handshake, Said } from '../said.js';
import { aLine, fact } from '../said.js';

/** What is said to PING: `+PONG`, or an error whose first word says why (RESP). Null: not Redis. */
export function readPing(heard: Buffer): Said | null {
  const line = heard.toString('latin1', 0, 512).split('\r\n', 1)[0] ?? '';
  if (line === '+PONG' || line === '$4') return { service: 'redis', facts: { authentication: 'none' }, shown: line };
  if (/^-NOAUTH\b|^-ERR operation not permitted/.test(line))
    return { service: 'redis', facts: { authentication: 'required' } };
  // Protected mode lets loopback in and nobody else.
  if (/^-DENIED\b/.test(line)) return { service: 'redis', facts: { 'redis.protected': 'refuses us' } };
  if (/^-(?:NOPERM|LOADING|MASTERDOWN|MISCONF|BUSY|ERR max number of clients)\b/.test(line))
    return { service: 'redis' };
  return null;
}

/** Version and kind of `INFO server`. */
export function readInfo(heard: Buffer): Said | null {
  const text = heard.toString('latin1');
  const version = /^(redis|valkey|keydb)_version:([\w.-]+)/gm;
  let product: string | null = null;
  let found: string | null = null;
  for (const [, name = '', value = ''] of text.matchAll(version)) {
    product = name === 'redis' ? (product ?? 'Redis') : name === 'valkey' ? 'Valkey' : 'KeyDB';
    found = value;
  }
  if (found === null) return null;
  const mode = /^redis_mode:(\w+)/m.exec(text)?.[1] ?? null;
  return {
    service: mode === 'sentinel' ? 'redis-sentinel' : 'redis',
    product,
    version: fact(found),
    facts: mode === null ? {} : { 'redis.mode': mode },
  };
}

/** A bulk string (`$LENGTH`, the text, CR LF) or a line. */
function isWhole(heard: Buffer): boolean {
  const end = heard.indexOf('\r\n');
  if (end < 0) return false;
  const [, length] = /^\$(\d+)$/.exec(heard.toString('latin1', 0, end)) ?? [];
  return length === undefined || heard.length >= end + 4 + Number(length);
}

export const redis: Handshake = {
  name: 'redis-ping',
  transport: 'tcp',
  services: ['redis', 'redis-sentinel'],
  alsoSecure: true,
  // Protected mode does not wait for PING.
  unasked: readPing,
  async speak(line, { answerMs }) {
    line.send('PING\r\n', 'PING');
    await line.hear(aLine, answerMs);
    const said = readPing(line.heard);
    if (said === null || said.facts?.['authentication'] !== 'none') return said;
    line.forget();
    line.send('INFO server\r\n', 'INFO server');
    await line.hear(isWhole, answerMs);
    const info = readInfo(line.heard);
    return info === null ? said : { ...said, ...info, facts: { ...said.facts, ...info.facts } };
  },
};
