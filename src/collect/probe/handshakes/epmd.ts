import type { Handshake, Said } from '../said.js';
import { bytesOf, fact, u32 } from '../said.js';

/** NAMES_REQ of the port mapper of Erlang (erts, "Distribution Protocol"). */
const NAMES = bytesOf(0, 1, 'n');

/** The mapper's own port, then a line for each node. Null: not epmd. */
export function readNames(heard: Buffer): Said | null {
  const port = u32(heard, 0);
  const text = heard.toString('latin1', 4);
  if (port < 1 || port > 65_535 || !/^(?:name \S{1,255} at port \d{1,5}\n)*$/.test(text)) return null;
  const nodes = [...text.matchAll(/^name (\S+) at port (\d+)$/gm)].map(([, name, at]) => `${name}:${at}`);
  return { service: 'epmd', facts: { authentication: 'none', 'epmd.nodes': fact(nodes.join(' ')) } };
}

export const epmd: Handshake = {
  name: 'epmd-names',
  transport: 'tcp',
  services: ['epmd'],
  async speak(line, { answerMs }) {
    line.send(NAMES, 'a request of the names of nodes');
    // It closes when it has said them all.
    await line.hear(() => false, answerMs);
    return readNames(line.heard);
  },
};
