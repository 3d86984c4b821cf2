import type { Handshake, Said } from '../said.js';
import { bytesOf, fact, u32 } from '../said.js';

/** Messages before a type byte exists (Frontend/Backend Protocol, Message Formats): length, then a code. */
const SSL_REQUEST = bytesOf(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f);
const PROTOCOL_3 = bytesOf(0, 3, 0, 0);

/** A user that nobody has: a server that asks for passwords asks for one all the same, and one that trusts lets him in before it
 * looks for him (AuthenticationOk, then an error). */
const USER = 'earshot-asks-who-is-let-in';

function startup(): Buffer {
  const body = bytesOf(PROTOCOL_3, 'user', 0, USER, 0, 'database', 0, 'postgres', 0, 0);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4, 0);
  return bytesOf(length, body);
}

/** Methods of an authentication request. */
const METHODS: Readonly<Record<number, string>> = {
  0: 'trust',
  3: 'password',
  5: 'md5',
  7: 'gss',
  9: 'sspi',
  10: 'scram-sha-256',
};

/** Fields of an ErrorResponse: a letter and a text that ends with NUL. */
function errorFields(body: Buffer): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const field of body.toString('utf8').split('\0')) if (field !== '') fields.set(field.charAt(0), field.slice(1));
  return fields;
}

/** The first message after the start: a request for a password, or an error. Null: not PostgreSQL. */
export function readStart(heard: Buffer): Said | null {
  const type = heard.toString('latin1', 0, 1);
  const length = u32(heard, 1);
  if (length < 8 || length > 30_000) return null;
  if (type === 'R') {
    const code = u32(heard, 5);
    const method = METHODS[code];
    if (method === undefined) return null;
    return {
      service: 'postgresql',
      facts: { 'postgresql.method': method, authentication: code === 0 ? 'none' : 'required' },
    };
  }
  if (type !== 'E') return null;
  const fields = errorFields(heard.subarray(5, Math.min(heard.length, 1 + length)));
  const state = fields.get('C');
  if (state === undefined || !/^[0-9A-Z]{5}$/.test(state)) return null;
  const said = fields.get('M') ?? '';
  const facts = { 'postgresql.error': fact(`${state} ${said}`) };
  return { service: 'postgresql', facts };
}

const whole = (heard: Buffer): boolean => heard.length >= 5 && heard.length >= 1 + u32(heard, 1);

export const postgresql: Handshake = {
  name: 'postgresql-start',
  transport: 'tcp',
  services: ['postgresql'],
  async speak(line, { answerMs }) {
    line.send(SSL_REQUEST, 'SSLRequest');
    await line.hear((heard) => heard.length >= 1, answerMs);
    const offer = line.heard.toString('latin1', 0, 1);
    if (offer !== 'S' && offer !== 'N') return readStart(line.heard);
    const tls = { 'postgresql.tls': offer === 'S' ? 'offered' : 'no' };
    if (offer === 'S') return { service: 'postgresql', product: 'PostgreSQL', facts: tls };
    line.forget();
    line.send(startup(), `StartupMessage of a user that cannot exist (${USER})`);
    await line.hear(whole, answerMs);
    const said = readStart(line.heard);
    return { service: 'postgresql', product: 'PostgreSQL', facts: { ...tls, ...said?.facts } };
  },
};

/** Where TLS is offered: the start in clear text, on a connection of its own, which servers answer unless pg_hba.conf wants TLS. */
export const postgresqlClear: Handshake = {
  name: 'postgresql-start-clear',
  transport: 'tcp',
  services: [],
  async speak(line, { answerMs }) {
    line.send(startup(), `StartupMessage of a user that cannot exist (${USER})`);
    await line.hear(whole, answerMs);
    return readStart(line.heard);
  },
};
