import type { Handshake, Said } from '../said.js';
import { bytesOf, u16le, u32le } from '../said.js';

/** X.224 connection request in TPKT, with RDP_NEG_REQ: TLS, CredSSP and CredSSP with early authorization (MS-RDPBCGR section 2.2.1.1). */
const REQUEST = bytesOf(3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 0x0b, 0, 0, 0);
const NEGOTIATION_AT = 11;

/** Connection confirm, perhaps with what was chosen (type 2) or why not (type 3). Null: not RDP. */
export function readConfirm(heard: Buffer): Said | null {
  if (heard[0] !== 3 || (heard[5] ?? 0) !== 0xd0) return null;
  const type = heard[NEGOTIATION_AT];
  const facts: Record<string, string> = {};
  if (heard.length >= NEGOTIATION_AT + 8 && u16le(heard, NEGOTIATION_AT + 2) === 8) {
    const value = u32le(heard, NEGOTIATION_AT + 4);
    if (type === 2) {
      facts['rdp.security'] = value === 0 ? 'standard' : value === 1 ? 'tls' : 'nla';
      facts['encryption'] = value === 0 ? 'cleartext' : 'tls';
    } else if (type === 3) facts['rdp.refused'] = String(value);
  } else facts['rdp.security'] = 'standard';
  return { service: 'rdp', facts };
}

export const rdp: Handshake = {
  name: 'rdp-negotiation',
  transport: 'tcp',
  services: ['rdp'],
  async speak(line, { answerMs }) {
    line.send(REQUEST, 'a connection request that offers TLS and NLA');
    await line.hear((heard) => heard.length >= 4 && heard.length >= heard.readUInt16BE(2), answerMs);
    return readConfirm(line.heard);
  },
};
