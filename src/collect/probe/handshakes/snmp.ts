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

/**
 * What every manager of SNMPv3 asks first (RFC 3414 section 4): a get without an engine, a user or a variable, which an agent answers with a
 * report that names its engine.
 */
const DISCOVERY = ber(
  0x30,
  ber(0x02, bytesOf(3)),
  ber(0x30, ber(0x02, bytesOf(0x66)), ber(0x02, bytesOf(0, 0xff, 0xe3)), ber(0x04, bytesOf(4)), ber(0x02, bytesOf(3))),
  ber(0x04, ber(0x30, ber(0x04), ber(0x02, bytesOf(0)), ber(0x02, bytesOf(0)), ber(0x04), ber(0x04), ber(0x04))),
  ber(
    0x30,
    ber(0x04),
    ber(0x04),
    ber(0xa0, ber(0x02, bytesOf(0x66)), ber(0x02, bytesOf(0)), ber(0x02, bytesOf(0)), ber(0x30)),
  ),
);

/** A message of SNMPv3 and the engine that it names in hexadecimal. Null: none. */
export function readEngine(heard: Buffer): Said | null {
  for (let at = 0, message = element(heard, 0); message !== null; at = message.to, message = element(heard, at)) {
    const version = element(heard, message.from);
    if (message.tag !== 0x30 || version === null || version.tag !== 0x02 || heard[version.from] !== 3) continue;
    const global = element(heard, version.to);
    const security = global === null ? null : element(heard, global.to);
    const parameters = security === null || security.tag !== 0x04 ? null : element(heard, security.from);
    const engine = parameters === null ? null : element(heard, parameters.from);
    if (engine === null || engine.tag !== 0x04) continue;
    return {
      service: 'snmp',
      facts: { 'snmp.v3': 'yes', 'snmp.engine': fact(heard.toString('hex', engine.from, engine.to)) },
    };
  }
  return null;
}

/** Answers to both questions, in whatever order they came: what was said to `public`, then what is known of version 3. */
function readBoth(heard: Buffer): Said | null {
  let community: Said | null = null;
  for (let at = 0, message = element(heard, 0); message !== null; at = message.to, message = element(heard, at))
    community ??= readResponse(heard.subarray(at, message.to));
  const engine = readEngine(heard);
  if (community === null && engine === null) return null;
  const silent = community === null ? { 'snmp.public': 'not answered' } : {};
  return { service: 'snmp', facts: { ...silent, ...engine?.facts, ...community?.facts } };
}

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
    line.send(DISCOVERY, 'a discovery of SNMPv3, without a user');
    // An agent that was just started takes its time for the first question.
    await line.hear((heard) => readBoth(heard)?.facts?.['snmp.community'] !== undefined, 1.8 * answerMs);
    return readBoth(line.heard);
  },
};
