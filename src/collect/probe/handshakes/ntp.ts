import type { Handshake, Said } from '../said.js';
import { bytesOf, fact, u16 } from '../said.js';

/** Control message of RFC 9327: version 2, mode 6, READVAR of the system. It changes nothing and no clock is asked. */
const READVAR = bytesOf(0x16, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
/** A client's request, version 4, mode 3 (RFC 5905 section 7.3). */
const CLIENT = bytesOf(0x23, Buffer.alloc(47));
const MODE = 7;

/** Answer to READVAR: variables as text. Null: none. */
export function readVariables(heard: Buffer): Said | null {
  const first = heard[0] ?? 0;
  const second = heard[1] ?? 0;
  if (heard.length < 12 || (first & MODE) !== 6 || (second & 0x80) === 0) return null;
  const text = (second & 0x40) !== 0 ? '' : heard.toString('latin1', 12, 12 + Math.max(0, u16(heard, 10)));
  const version = /version="([^"]*)"/.exec(text)?.[1] ?? null;
  const [, product, number] = /(ntpd|ntpsec|chronyd?)[- ]?(?:ntpsec-)?([\d.]+\w*)?/.exec(version ?? '') ?? [];
  return {
    service: 'ntp',
    product: product ?? null,
    version: number ?? null,
    facts: {
      'ntp.control': text === '' ? 'refused' : 'answered',
      ...(version === null ? {} : { 'ntp.version': fact(version) }),
    },
  };
}

/** A server's answer, mode 4. Null: none. */
export function readTime(heard: Buffer): Said | null {
  if (heard.length < 48 || ((heard[0] ?? 0) & MODE) !== 4) return null;
  return { service: 'ntp', facts: { 'ntp.stratum': String(heard[1] ?? 0) } };
}

export const ntp: Handshake = {
  name: 'ntp-readvar',
  transport: 'udp',
  services: ['ntp'],
  // A server says nothing to those that it does not serve, and to an address that asks twice in a moment.
  silence: { service: null, facts: { 'ntp.time': 'not answered' } },
  async speak(line, { answerMs }) {
    line.send(CLIENT, 'a client’s request for the time');
    await line.hear((heard) => heard.length >= 48, answerMs / 2);
    const time = readTime(line.heard);
    line.forget();
    line.send(READVAR, 'READVAR (mode 6)');
    await line.hear((heard) => heard.length >= 12, answerMs / 2);
    const variables = readVariables(line.heard);
    if (time === null && variables === null) return null;
    const control = variables === null ? { 'ntp.control': 'not answered' } : variables.facts;
    return { ...(variables ?? { service: 'ntp' }), facts: { ...time?.facts, ...control } };
  },
};
