import type { Handshake, Said } from '../said.js';
import { bytesOf, u16, u32 } from '../said.js';

const CLIENT = 'earshot';
const ID = [0, 0, 0x65, 0x73] as const;
const API_VERSIONS = 18;
const METADATA = 3;

/** The protocol guide of Kafka: size, key, version, correlation id, client. */
function request(key: number, version: number, body: Buffer): Buffer {
  const message = bytesOf(0, key, 0, version, ...ID, 0, CLIENT.length, CLIENT, body);
  return bytesOf(0, 0, 0, message.length, message);
}

/** Answer to ApiVersions, version 0: our id, no error, a list of keys. Null: not Kafka. */
export function readVersions(heard: Buffer): Said | null {
  if (heard.length < 14 || !heard.subarray(4, 8).equals(Buffer.from(ID))) return null;
  const count = u32(heard, 10);
  return u16(heard, 8) <= 100 && count > 0 && count < 400 ? { service: 'kafka' } : null;
}

/** Answer to Metadata: only a client that need not log in, or has, is given one. */
export const isMetadata = (heard: Buffer): boolean =>
  heard.length >= 12 && heard.subarray(4, 8).equals(Buffer.from(ID)) && u32(heard, 8) > 0 && u32(heard, 8) < 10_000;

const isWhole = (heard: Buffer): boolean => heard.length >= 4 && heard.length >= 4 + u32(heard, 0);

/** Which requests it knows, which is answered before a login; then brokers without a topic, which is not. */
export const kafka: Handshake = {
  name: 'kafka-versions',
  transport: 'tcp',
  services: ['kafka'],
  alsoSecure: true,
  async speak(line, { answerMs }) {
    line.send(request(API_VERSIONS, 0, Buffer.alloc(0)), 'ApiVersions');
    await line.hear(isWhole, answerMs);
    const said = readVersions(line.heard);
    if (said === null || line.over !== null) return said;
    line.forget();
    // An empty list of topics: none is made by asking.
    line.send(request(METADATA, 1, bytesOf(0, 0, 0, 0)), 'Metadata of no topic');
    await line.hear(isWhole, answerMs);
    if (isMetadata(line.heard)) return { ...said, facts: { authentication: 'none' } };
    return line.over === 'closed' && line.heard.length === 0
      ? { ...said, facts: { authentication: 'required' } }
      : said;
  },
};
