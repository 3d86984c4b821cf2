import type { Line } from '../line.js';
import type { Banner, Said } from '../said.js';
import { bytesOf, fact, u32 } from '../said.js';

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
/** Subtypes of VeNCrypt. */
const SUBTYPES: Readonly<Record<number, string>> = {
  256: 'Plain',
  257: 'TLSNone',
  258: 'TLSVnc',
  259: 'TLSPlain',
  260: 'X509None',
  261: 'X509Vnc',
  262: 'X509Plain',
};
const NONE = 1;
const VERSION_BYTES = 12;

const VENCRYPT = 19;
/** Types within which something else is agreed on, so that they say nothing of a login by themselves. */
const WRAPPERS: ReadonlySet<number> = new Set([16, 18, VENCRYPT]);
/** Subtypes of VeNCrypt that ask for nothing: TLSNone, X509None. */
const NONE_INSIDE: ReadonlySet<number> = new Set([257, 260]);

function typesOf(types: readonly number[]): Said {
  const facts: Record<string, string> = {
    'vnc.security-types': types.map((type) => TYPES[type] ?? String(type)).join(' '),
  };
  if (types.includes(NONE)) facts['authentication'] = 'none';
  else if (types.some((type) => !WRAPPERS.has(type))) facts['authentication'] = 'required';
  return { service: 'vnc', facts };
}

/** Subtypes that a server of VeNCrypt offers: how many, then each in four bytes. Null: not yet whole. */
export function readSubtypes(heard: Buffer): readonly number[] | null {
  const count = heard[0];
  if (count === undefined || heard.length < 1 + 4 * count) return null;
  return Array.from({ length: count }, (_, index) => heard.readUInt32BE(1 + 4 * index));
}

/** VeNCrypt 0.2: both sides say their version, the server that it agrees (0), then what it offers. That is where we leave. */
async function insideVencrypt(line: Line, answerMs: number): Promise<Readonly<Record<string, string>>> {
  line.forget();
  line.send(bytesOf(VENCRYPT), 'the choice of VeNCrypt');
  await line.hear((heard) => heard.length >= 2, answerMs);
  if (line.heard[0] !== 0 || line.heard[1] !== 2) return {};
  line.forget();
  line.send(bytesOf(0, 2), 'its version 0.2, then nothing');
  await line.hear((heard) => heard[0] !== 0 || readSubtypes(heard.subarray(1)) !== null, answerMs);
  const subtypes = line.heard[0] === 0 ? readSubtypes(line.heard.subarray(1)) : null;
  if (subtypes === null || subtypes.length === 0) return {};
  return {
    'vnc.vencrypt': fact(subtypes.map((type) => SUBTYPES[type] ?? String(type)).join(' ')),
    authentication: subtypes.some((type) => NONE_INSIDE.has(type)) ? 'none' : 'required',
  };
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
    const said = readSecurityTypes(line.heard, isOld);
    const offersMore =
      !isOld && said !== null && said.facts?.['authentication'] !== 'none' && line.heard.includes(VENCRYPT, 1);
    if (!offersMore) return said;
    const inside = await insideVencrypt(line, answerMs / 2);
    return { ...said, facts: { ...said.facts, ...inside } };
  },
};
