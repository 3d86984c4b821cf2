import type { Handshake, Said } from '../said.js';
import { bytesOf, u16 } from '../said.js';

/** MS-TDS section 2.2.6.5: VERSION and ENCRYPTION (off), as option, offset, length; then their values. */
const OPTIONS = bytesOf(0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 0, 0, 0, 0, 0, 0, 0);
const REQUEST = bytesOf(0x12, 1, 0, 8 + OPTIONS.length, 0, 0, 0, 0, OPTIONS);
const RESPONSE = 4;
const ENCRYPTION: Readonly<Record<number, string>> = { 0: 'off', 1: 'on', 2: 'not supported', 3: 'required' };

/** Answer to PRELOGIN. Null: not TDS. */
export function readPrelogin(heard: Buffer): Said | null {
  if (heard[0] !== RESPONSE || heard.length < 8 + 6 || u16(heard, 2) > heard.length) return null;
  const body = heard.subarray(8);
  let version: string | null = null;
  const facts: Record<string, string> = {};
  for (let at = 0; at + 5 <= body.length && body[at] !== 0xff; at += 5) {
    const from = u16(body, at + 1);
    if (body[at] === 0 && from + 4 <= body.length) version = `${body[from]}.${body[from + 1]}.${u16(body, from + 2)}`;
    if (body[at] === 1) facts['mssql.encryption'] = ENCRYPTION[body[from] ?? 255] ?? 'unknown';
  }
  return version === null ? null : { service: 'mssql', version, facts };
}

export const mssql: Handshake = {
  name: 'mssql-prelogin',
  transport: 'tcp',
  services: ['mssql'],
  async speak(line, { answerMs }) {
    line.send(REQUEST, 'PRELOGIN');
    await line.hear((heard) => heard.length >= 4 && heard.length >= heard.readUInt16BE(2), answerMs);
    return readPrelogin(line.heard);
  },
};
