import type { Handshake, Said } from '../said.js';
import { bytesOf, fact } from '../said.js';

/** native_protocol_v4.spec: version, flags, stream (2), opcode, length (4). */
const HEADER_BYTES = 9;
const STARTUP_BODY = bytesOf(0, 1, 0, 11, 'CQL_VERSION', 0, 5, '3.0.0');
const OPTIONS = bytesOf(4, 0, 0, 0, 5, 0, 0, 0, 0);
const STARTUP = bytesOf(4, 0, 0, 0, 1, 0, 0, 0, STARTUP_BODY.length, STARTUP_BODY);
const ERROR = 0;
const READY = 2;
const AUTHENTICATE = 3;
const SUPPORTED = 6;

/** Opcode of a response and where its body begins; null: no response of CQL. */
function opcodeOf(heard: Buffer): number | null {
  const version = heard[0] ?? 0;
  return heard.length >= HEADER_BYTES && version >= 0x81 && version <= 0x86 && heard[2] === 0 && heard[3] === 0
    ? (heard[4] ?? 0)
    : null;
}

/** SUPPORTED, or the error of one that speaks another version. Null: not CQL. */
export function readSupported(heard: Buffer): Said | null {
  const opcode = opcodeOf(heard);
  if (opcode !== SUPPORTED && opcode !== ERROR) return null;
  const [, version] = /\0\x0bCQL_VERSION\0\x01\0.([\d.]{1,12})/s.exec(heard.toString('latin1', HEADER_BYTES)) ?? [];
  if (opcode === SUPPORTED && version === undefined) return null;
  return { service: 'cassandra', facts: version === undefined ? {} : { 'cassandra.cql': fact(version) } };
}

/** READY: whoever connects is let in; AUTHENTICATE: it asks who is there. Null: neither. */
export function readStartup(heard: Buffer): 'none' | 'required' | null {
  const opcode = opcodeOf(heard);
  return opcode === READY ? 'none' : opcode === AUTHENTICATE ? 'required' : null;
}

const isWhole = (heard: Buffer): boolean =>
  heard.length >= HEADER_BYTES && heard.length >= HEADER_BYTES + heard.readUInt32BE(5);

export const cassandra: Handshake = {
  name: 'cassandra-options',
  transport: 'tcp',
  services: ['cassandra'],
  alsoSecure: true,
  async speak(line, { answerMs }) {
    line.send(OPTIONS, 'OPTIONS');
    await line.hear(isWhole, answerMs);
    const said = readSupported(line.heard);
    if (said === null || line.over !== null) return said;
    line.forget();
    line.send(STARTUP, 'STARTUP without a login');
    await line.hear(isWhole, answerMs);
    const authentication = readStartup(line.heard);
    return authentication === null ? said : { ...said, facts: { ...said.facts, authentication } };
  },
};
