import type { Handshake, Said } from '../said.js';
import { bytesOf, fact, u32le } from '../said.js';
import { type BsonValue, bson, readBson } from './bson.js';

/** OP_MSG of MongoDB's wire protocol: a header of 16 bytes, flags, and one section of kind 0 (a document). */
const OP_MSG = 2013;
const HEADER_BYTES = 16;
const DOCUMENT_AT = HEADER_BYTES + 4 + 1;
/** Error codes of a server that asks for a login. */
const UNAUTHORIZED = 13;
const AUTHENTICATION_FAILED = 18;

function message(id: number, fields: Readonly<Record<string, BsonValue>>): Buffer {
  const body = bytesOf(0, 0, 0, 0, 0, bson(fields));
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32LE(HEADER_BYTES + body.length, 0);
  header.writeInt32LE(id, 4);
  header.writeInt32LE(OP_MSG, 12);
  return bytesOf(header, body);
}

/** The document of a whole answer; null: none, or not of this protocol. */
export function readMessage(heard: Buffer): ReadonlyMap<string, BsonValue> | null {
  if (heard.length < DOCUMENT_AT + 5 || u32le(heard, 12) !== OP_MSG) return null;
  const length = u32le(heard, 0);
  if (length > heard.length || length < DOCUMENT_AT || heard[DOCUMENT_AT - 1] !== 0) return null;
  const document = readBson(heard.subarray(DOCUMENT_AT, length));
  return document.has('ok') ? document : null;
}

const whole = (heard: Buffer): boolean => heard.length >= 4 && heard.length >= u32le(heard, 0);

/** What `listDatabases` was answered. */
export function readListing(heard: Buffer): Readonly<Record<string, string>> {
  const document = readMessage(heard);
  if (document === null) return {};
  if (document.get('ok') === 1) return { authentication: 'none' };
  const code = document.get('code');
  return code === UNAUTHORIZED || code === AUTHENTICATION_FAILED ? { authentication: 'required' } : {};
}

export const mongodb: Handshake = {
  name: 'mongodb-hello',
  transport: 'tcp',
  services: ['mongodb'],
  alsoSecure: true,
  async speak(line, { answerMs }): Promise<Said | null> {
    const ask = async (id: number, fields: Readonly<Record<string, BsonValue>>, words: string): Promise<Buffer> => {
      line.forget();
      line.send(message(id, { ...fields, $db: 'admin' }), words);
      return line.hear(whole, answerMs);
    };
    const hello = readMessage(await ask(1, { isMaster: 1 }, 'isMaster'));
    if (hello === null || !hello.has('maxWireVersion')) return null;
    const build = readMessage(await ask(2, { buildInfo: 1 }, 'buildInfo'));
    const facts = readListing(await ask(3, { listDatabases: 1, nameOnly: true }, 'listDatabases (names only)'));
    const version = build?.get('version');
    return {
      service: 'mongodb',
      product: 'MongoDB',
      version: typeof version === 'string' ? fact(version) : null,
      facts,
    };
  },
};
