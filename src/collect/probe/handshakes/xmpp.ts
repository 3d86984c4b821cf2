import type { Handshake, Said } from '../said.js';
import { fact } from '../said.js';

/** RFC 6120 section 4.3: what a server offers on a new stream. Null: no stream of XMPP. */
export function readFeatures(heard: Buffer, service: string): Said | null {
  const text = heard.toString('utf8', 0, 16_384);
  if (!/<stream:stream\b|xmlns:stream=|http:\/\/etherx\.jabber\.org\/streams/.test(text)) return null;
  const mechanisms = [...text.matchAll(/<mechanism(?: [^>]{0,200})?>([^<]{1,40})</g)].map(([, name = '']) => name);
  const facts: Record<string, string> = {};
  if (/<starttls\b/.test(text)) facts['xmpp.starttls'] = /<required\/?>/.test(text) ? 'required' : 'offered';
  if (mechanisms.length > 0) {
    facts['xmpp.mechanisms'] = fact(mechanisms.join(' '));
    facts['authentication'] = mechanisms.includes('ANONYMOUS') ? 'none' : 'required';
  }
  if (/urn:xmpp:features:|iq-register/.test(text) && /iq-register/.test(text)) facts['xmpp.registration'] = 'offered';
  return { service, facts };
}

/** A stream is opened to nobody's domain; what is offered is heard, and the stream closed. */
export const xmpp: Handshake = {
  name: 'xmpp-stream',
  transport: 'tcp',
  services: ['xmpp', 'xmpp-server'],
  alsoSecure: true,
  async speak(line, { answerMs, service }) {
    const space = service === 'xmpp-server' ? 'jabber:server' : 'jabber:client';
    line.send(
      `<?xml version='1.0'?><stream:stream to='localhost' xmlns='${space}' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`,
      'a stream to localhost',
    );
    await line.hear((heard) => /<\/stream:(?:features|error|stream)>/.test(heard.toString('latin1')), answerMs);
    if (line.over === null) line.send('</stream:stream>', 'the end of the stream');
    return readFeatures(line.heard, service ?? 'xmpp');
  },
};
