import type { Handshake, Said } from '../said.js';
import { bytesOf, fact } from '../said.js';
import { element } from './ldap.js';

/** sysDescr.0, 1.3.6.1.2.1.1.1.0 (RFC 3418), as BER. */
const SYS_DESCR = bytesOf(0x2b, 6, 1, 2, 1, 1, 1, 0);
const COMMUNITY = 'public';

const ber = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return bytesOf(tag, body.length, body);
};

/** GetRequest of SNMPv2c (RFC 3416). */
const REQUEST = ber(
  0x30,
  ber(0x02, bytesOf(1)),
  ber(0x04, Buffer.from(COMMUNITY)),
  ber(
    0xa0,
    ber(0x02, bytesOf(0x65)),
    ber(0x02, bytesOf(0)),
    ber(0x02, bytesOf(0)),
    ber(0x30, ber(0x30, ber(0x06, SYS_DESCR), ber(0x05))),
  ),
);
const RESPONSE = 0xa2;

/** Whoever answers `public` has it as a community. Null: no response of SNMP. */
export function readResponse(heard: Buffer): Said | null {
  const message = element(heard, 0);
  if (message === null || message.tag !== 0x30) return null;
  const version = element(heard, message.from);
  const community = version === null || version.tag !== 0x02 ? null : element(heard, version.to);
  const pdu = community === null || community.tag !== 0x04 ? null : element(heard, community.to);
  if (pdu === null || pdu.tag !== RESPONSE) return null;
  const at = heard.indexOf(SYS_DESCR, pdu.from);
  const value = at < 0 ? null : element(heard, at + SYS_DESCR.length);
  const text = value !== null && value.tag === 0x04 ? heard.toString('utf8', value.from, value.to) : null;
  return {
    service: 'snmp',
    facts: {
      'snmp.community': 'well-known',
      authentication: 'none',
      ...(text === null ? {} : { 'snmp.system': fact(text) }),
    },
  };
}

export const snmp: Handshake = {
  name: 'snmp-public',
  transport: 'udp',
  services: ['snmp'],
  // An agent says nothing to a community that it does not know.
  silence: { service: null, facts: { 'snmp.public': 'not answered' } },
  async speak(line, { answerMs }) {
    line.send(REQUEST, 'a get of sysDescr.0 with the community public');
    // An agent that was just started takes its time for the first question.
    await line.hear((heard) => heard.length > 2, 1.8 * answerMs);
    return readResponse(line.heard);
  },
};
