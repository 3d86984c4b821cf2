import type { Banner } from '../said.js';

/** RFC 854: IAC, then WILL, WONT, DO or DONT, and an option. */
const IAC = 255;
const SE = 240;
const SB = 250;
const WILL = 251;

/** Text without the negotiation; `options` how many there were. */
function withoutNegotiation(heard: Buffer): { readonly text: string; readonly options: number } {
  const text: number[] = [];
  let options = 0;
  for (let at = 0; at < heard.length; at++) {
    const byte = heard[at] ?? 0;
    if (byte !== IAC) {
      text.push(byte);
      continue;
    }
    const command = heard[at + 1] ?? 0;
    if (command >= WILL && command <= 254 && at + 2 < heard.length) {
      options++;
      at += 2;
    } else if (command === SB) {
      const end = heard.indexOf(Buffer.from([IAC, SE]), at);
      at = end < 0 ? heard.length : end + 1;
    } else at += 1;
  }
  return { text: Buffer.from(text).toString('latin1'), options };
}

/** A prompt of a shell at the end: whoever connects has it. */
const SHELL_PROMPT = /(?:^|\n)[^\n]{0,80}[#$%>] ?$/;
const LOGIN_PROMPT = /(?:login|user ?name|password) ?: ?$/i;

/** A telnet server negotiates options or asks for a login. It is only listened to: what it is sent, a shell behind it would run. */
export const telnet: Banner = {
  name: 'telnet-negotiation',
  read(heard, service) {
    const { text, options } = withoutNegotiation(heard);
    const asks = LOGIN_PROMPT.test(text);
    if (options === 0 && !(asks && (service === 'telnet' || service === 'telnets'))) return null;
    const facts: Record<string, string> = {};
    if (asks) facts['authentication'] = 'required';
    else if (SHELL_PROMPT.test(text)) {
      facts['authentication'] = 'none';
      facts['telnet.shell'] = 'yes';
    }
    return { service: 'telnet', facts };
  },
};
