import type { Handshake, Said } from '../said.js';
import { bytesOf } from '../said.js';

/**
 * IPMI 2.0 section 22.13: Get Channel Authentication Capabilities for this channel (0x0e) and an administrator (4), in an RMCP message outside
 * any session. It is what every client asks first, and needs no login.
 */
const RMCP = [6, 0, 0xff, 7] as const;
const COMMAND = 0x38;
const REQUEST = bytesOf(...RMCP, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0x20, 0x18, 0xc8, 0x81, 0, COMMAND, 0x8e, 4, 0xb5);
/** RMCP (4), session (10), addresses and sequence (5), command, completion. */
const DATA_AT = 21;

/** Which logins it takes. Null: no answer of IPMI. */
export function readCapabilities(heard: Buffer): Said | null {
  if (heard[0] !== 6 || heard[3] !== 7 || heard[19] !== COMMAND || heard[20] !== 0) return null;
  const types = heard[DATA_AT + 1] ?? 0;
  const logins = heard[DATA_AT + 2] ?? 0;
  const facts: Record<string, string> = {
    'ipmi.version': (types & 0x80) !== 0 && ((heard[DATA_AT + 3] ?? 0) & 2) !== 0 ? '2.0' : '1.5',
    'ipmi.login-none': (types & 1) === 0 ? 'no' : 'yes',
    'ipmi.login-anonymous': (logins & 1) === 0 ? 'no' : 'yes',
  };
  // Anonymous login: a user without a name and without a password.
  facts['authentication'] = (types & 1) !== 0 || (logins & 1) !== 0 ? 'none' : 'required';
  return { service: 'ipmi', facts };
}

export const ipmi: Handshake = {
  name: 'ipmi-capabilities',
  transport: 'udp',
  services: ['ipmi'],
  async speak(line, { answerMs }) {
    line.send(REQUEST, 'a question which logins it takes');
    await line.hear((heard) => heard.length > DATA_AT + 3, answerMs);
    return readCapabilities(line.heard);
  },
};
