import type { Handshake, Said } from '../said.js';
import { bytesOf } from '../said.js';

/** CONNECT of MQTT 3.1.1 (section 3.1): clean session, no user, no password, no will, ten seconds. */
const CLIENT = 'earshot-probe';
const CONNECT = bytesOf(0x10, 12 + CLIENT.length, 0, 4, 'MQTT', 4, 2, 0, 10, 0, CLIENT.length, CLIENT);
const DISCONNECT = bytesOf(0xe0, 0);

/** CONNACK: 0 let in, 4 and 5 not without a login. Null: not MQTT. */
export function readConnack(heard: Buffer): Said | null {
  if (heard[0] !== 0x20 || heard[1] !== 2 || heard.length < 4) return null;
  const code = heard[3] ?? 255;
  if (code > 5) return null;
  const facts: Record<string, string> = { 'mqtt.connack': String(code) };
  if (code === 0) facts['authentication'] = 'none';
  if (code === 4 || code === 5) facts['authentication'] = 'required';
  return { service: 'mqtt', facts };
}

export const mqtt: Handshake = {
  name: 'mqtt-connect',
  transport: 'tcp',
  services: ['mqtt', 'mqtts'],
  alsoSecure: true,
  async speak(line, { answerMs }) {
    line.send(CONNECT, 'CONNECT without a user');
    await line.hear((heard) => heard.length >= 4, answerMs);
    const said = readConnack(line.heard);
    if (said !== null && line.over === null) line.send(DISCONNECT, 'DISCONNECT');
    return said;
  },
};
