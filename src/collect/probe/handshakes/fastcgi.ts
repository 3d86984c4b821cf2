import type { Handshake, Said } from '../said.js';
import { bytesOf, u16 } from '../said.js';

/** FastCGI 1.0 section 4.1: asks for variables by name; a management record, so no script is run. */
const NAMES = ['FCGI_MAX_CONNS', 'FCGI_MAX_REQS', 'FCGI_MPXS_CONNS'];
const BODY = bytesOf(...NAMES.flatMap((name) => [name.length, 0, name]));
const GET_VALUES = 9;
const GET_VALUES_RESULT = 10;
const REQUEST = bytesOf(1, GET_VALUES, 0, 0, BODY.length >> 8, BODY.length, 0, 0, BODY);

/** FCGI_GET_VALUES_RESULT. Null: not FastCGI. */
export function readValues(heard: Buffer): Said | null {
  if (heard.length < 8 || heard[0] !== 1 || heard[1] !== GET_VALUES_RESULT || u16(heard, 2) !== 0) return null;
  // The protocol has no login: whoever is heard has scripts run.
  return { service: 'fastcgi', facts: { authentication: 'none' } };
}

export const fastcgi: Handshake = {
  name: 'fastcgi-get-values',
  transport: 'tcp',
  services: ['fastcgi'],
  async speak(line, { answerMs }) {
    line.send(REQUEST, 'FCGI_GET_VALUES');
    await line.hear((heard) => heard.length >= 8, answerMs);
    return readValues(line.heard);
  },
};
