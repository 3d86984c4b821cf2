import type { Handshake, Said } from '../said.js';

const WORDS = 'JDWP-Handshake';

/** The same fourteen bytes come back. */
export const readHandshake = (heard: Buffer): Said | null =>
  heard.toString('latin1', 0, WORDS.length) === WORDS ? { service: 'jdwp', facts: { authentication: 'none' } } : null;

/** Said only to a JVM that was started with suspend=n: one that waits would start when we leave. */
export const jdwp: Handshake = {
  name: 'jdwp-handshake',
  transport: 'tcp',
  services: ['jdwp'],
  async speak(line, { answerMs }) {
    line.send(WORDS, WORDS);
    await line.hear((heard) => heard.length >= WORDS.length, answerMs);
    return readHandshake(line.heard);
  },
};
