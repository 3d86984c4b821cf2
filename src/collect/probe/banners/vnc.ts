import type { Banner, Said } from '../said.js';
import { u32 } from '../said.js';

/** Security types, RFC 6143 section 7.1.2 and IANA's registry of them. */
const TYPES: Readonly<Record<number, string>> = {
  1: 'None',
  2: 'VNC',
  5: 'RA2',
  6: 'RA2ne',
  16: 'Tight',
  18: 'TLS',
  19: 'VeNCrypt',
  30: 'Apple',
};
const NONE = 1;
const VERSION_BYTES = 12;

function typesOf(types: readonly number[]): Said {
  const facts: Record<string, string> = {
    'vnc.security-types': types.map((type) => TYPES[type] ?? String(type)).join(' '),
  };
  if (types.includes(NONE)) facts['authentication'] = 'none';
  else if (types.length > 0) facts['authentication'] = 'required';
  return { service: 'vnc', facts };
}

/** What the server offers after the versions: a count and that many types; in 3.3 one type in four bytes. 0: it refuses. Null: not understood. */
export function readSecurityTypes(heard: Buffer, isOld: boolean): Said | null {
  if (isOld) {
    const type = u32(heard, 0);
    return type < 0 || type > 255
      ? null
      : type === 0
        ? { service: 'vnc', facts: { 'vnc.refused': 'yes' } }
        : typesOf([type]);
  }
  const count = heard[0];
  if (count === undefined) return null;
  if (count === 0) return { service: 'vnc', facts: { 'vnc.refused': 'yes' } };
  return heard.length < 1 + count ? null : typesOf([...heard.subarray(1, 1 + count)]);
}

/** RFC 6143: the server says its version, we say ours, it says how it lets in. That is where we leave. */
export const vnc: Banner = {
  name: 'vnc-banner',
  read(heard) {
    const [, major, minor] = /^RFB (\d{3})\.(\d{3})\n/.exec(heard.toString('latin1', 0, VERSION_BYTES)) ?? [];
    return major === undefined
      ? null
      : { service: 'vnc', facts: { 'vnc.protocol': `${Number(major)}.${Number(minor)}` } };
  },
  async follow(line, { answerMs }) {
    const version = line.heard.toString('latin1', 0, VERSION_BYTES);
    const isOld = /^RFB 003\.00[3-6]/.test(version);
    const answer = isOld ? 'RFB 003.003\n' : /^RFB 003\.007/.test(version) ? version : 'RFB 003.008\n';
    line.forget();
    line.send(answer, 'our version of RFB, then nothing');
    await line.hear((heard) => readSecurityTypes(heard, isOld) !== null, answerMs);
    return readSecurityTypes(line.heard, isOld);
  },
};
