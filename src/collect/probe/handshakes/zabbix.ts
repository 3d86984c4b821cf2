import type { Handshake, Said } from '../said.js';
import { bytesOf, fact } from '../said.js';

/** Header and data length of Zabbix ("Header", Zabbix manual): flags 1, length and reserved in four bytes each, lowest first. */
const HEADER = 'ZBXD\x01';
const HEADER_BYTES = 13;
const KEY = 'agent.version';
const REQUEST = bytesOf(HEADER, KEY.length, 0, 0, 0, 0, 0, 0, 0, KEY);

/** The value of the item. Null: not Zabbix. */
export function readValue(heard: Buffer): Said | null {
  if (!/^ZBXD[\x01\x03]/.test(heard.toString('latin1', 0, 5)) || heard.length < HEADER_BYTES) return null;
  const value = heard.toString('latin1', HEADER_BYTES);
  const isVersion = /^\d[\w.]{0,40}$/.test(value);
  return {
    service: 'zabbix-agent',
    product: 'Zabbix agent',
    version: isVersion ? value : null,
    facts: isVersion ? { authentication: 'none' } : { 'zabbix.answer': fact(value) },
  };
}

/** An agent closes the connection to whom its `Server=` does not name. */
export const zabbix: Handshake = {
  name: 'zabbix-agent-version',
  transport: 'tcp',
  services: ['zabbix-agent'],
  async speak(line, { answerMs }) {
    line.send(REQUEST, `a request of ${KEY}`);
    await line.hear(
      (heard) => heard.length >= HEADER_BYTES && heard.length >= HEADER_BYTES + heard.readUInt32LE(5),
      answerMs,
    );
    const said = readValue(line.heard);
    return said === null && line.over === 'closed' && line.first.length === 0
      ? { service: null, facts: { 'zabbix.server': 'refuses us' } }
      : said;
  },
};
