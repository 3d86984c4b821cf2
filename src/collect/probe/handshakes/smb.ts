import type { Handshake, Said } from '../said.js';
import { bytesOf, u16le, u32 } from '../said.js';

/** NetBIOS session message (RFC 1002 section 4.3.2): type 0 and a length of three bytes. */
function framed(body: Buffer): Buffer {
  return bytesOf(0, body.length >> 16, body.length >> 8, body.length, body);
}

/** Dialects of SMB2, MS-SMB2 section 2.2.3. 3.1.1 wants contexts of its own, so it is not among what we offer. */
const DIALECTS: Readonly<Record<number, string>> = { 514: '2.0.2', 528: '2.1', 768: '3.0', 770: '3.0.2' };

function negotiate2(): Buffer {
  const header = Buffer.alloc(64);
  header.write('\xfeSMB', 0, 'latin1');
  header.writeUInt16LE(64, 4);
  header.writeUInt16LE(1, 14);
  const offered = Object.keys(DIALECTS).map(Number);
  const body = Buffer.alloc(36 + 2 * offered.length);
  body.writeUInt16LE(36, 0);
  body.writeUInt16LE(offered.length, 2);
  // Signing is possible.
  body.writeUInt16LE(1, 4);
  for (const [index, dialect] of offered.entries()) body.writeUInt16LE(dialect, 36 + 2 * index);
  return framed(bytesOf(header, body));
}

function negotiate1(): Buffer {
  const header = Buffer.alloc(32);
  header.write('\xffSMBr', 0, 'latin1');
  // Flags: case-insensitive, canonical paths; flags2: Unicode, NT status, extended security, long names.
  header[9] = 0x18;
  header.writeUInt16LE(0xc843, 10);
  const dialects = bytesOf(2, 'NT LM 0.12', 0);
  return framed(bytesOf(header, 0, dialects.length, dialects.length >> 8, dialects));
}

const whole = (heard: Buffer): boolean => heard.length >= 4 && heard.length >= 4 + (u32(heard, 0) & 0xff_ffff);

/** Answer to the negotiation of SMB2. Null: not SMB. */
export function readNegotiate2(heard: Buffer): Said | null {
  if (heard.toString('latin1', 4, 8) !== '\xfeSMB' || heard.length < 4 + 64 + 8) return null;
  const body = 4 + 64;
  const dialect = u16le(heard, body + 4);
  const mode = heard[body + 2] ?? 0;
  return {
    service: 'smb',
    facts: {
      'smb.dialect': DIALECTS[dialect] ?? `0x${dialect.toString(16)}`,
      'smb.signing': (mode & 2) !== 0 ? 'required' : 'enabled',
    },
  };
}

/** Whether SMBv1 was taken: a dialect index in the answer, or 0xffff. Null: no answer of SMBv1. */
export function readNegotiate1(heard: Buffer): boolean | null {
  if (heard.toString('latin1', 4, 9) !== '\xffSMBr' || heard.length < 4 + 32 + 3) return null;
  return u16le(heard, 4 + 32 + 1) === 0;
}

export const smb: Handshake = {
  name: 'smb-negotiate',
  transport: 'tcp',
  services: ['smb'],
  async speak(line, { answerMs }) {
    line.send(negotiate2(), 'a negotiation of SMB 2.0.2 to 3.0.2');
    await line.hear(whole, answerMs);
    return readNegotiate2(line.heard);
  },
};

/** A conversation of its own: a server of SMB2 only closes it. */
export const smb1: Handshake = {
  name: 'smb1-negotiate',
  transport: 'tcp',
  services: [],
  silence: { service: 'smb', facts: { 'smb.v1': 'no' } },
  async speak(line, { answerMs }) {
    line.send(negotiate1(), 'a negotiation of SMBv1 (NT LM 0.12)');
    await line.hear(whole, answerMs);
    const taken = readNegotiate1(line.heard);
    if (taken === null) return null;
    const facts: Record<string, string> = { 'smb.v1': taken ? 'yes' : 'no' };
    if (taken) facts['smb.min-protocol'] = 'NT1';
    return { service: 'smb', facts };
  },
};
