import type { Banner, Said } from '../said.js';
import { bytesOf, fact, u32 } from '../said.js';

/** doc/proto.md of nbd: `NBDMAGIC`, then `IHAVEOPT` of the newstyle negotiation, or the magic of the old one. */
const MAGIC = 'NBDMAGIC';
const NEW_STYLE = 'IHAVEOPT';
const OLD_STYLE = Buffer.from([0, 0, 0x42, 2, 0x81, 0x86, 0x12, 0x53]);
const LIST = 3;
const ABORT = 2;
const REPLY_HEADER_BYTES = 20;
const REPLY_ACK = 1;
const REPLY_SERVER = 2;
const REPLY_ERROR_POLICY = 0x8000_0002;
const REPLY_ERROR_TLS = 0x8000_0005;
/** Names shown of the exports that a server lists. */
const EXPORTS_MAX = 20;

const option = (number: number): Buffer => bytesOf(NEW_STYLE, 0, 0, 0, number, 0, 0, 0, 0);

/** Replies to NBD_OPT_LIST, up to the acknowledgement or the refusal. Null: not whole yet. */
export function readExports(heard: Buffer): Said | null {
  const names: string[] = [];
  for (let at = 0; at + REPLY_HEADER_BYTES <= heard.length; ) {
    const type = u32(heard, at + 12);
    const length = u32(heard, at + 16);
    const data = at + REPLY_HEADER_BYTES;
    if (type === REPLY_ACK)
      return {
        service: 'nbd',
        // The protocol has no login of its own: what is listed may be opened, but for lists of addresses.
        facts: { 'nbd.list': names.length === 0 ? 'empty' : 'yes', 'nbd.exports': fact(names.join(' ')) },
      };
    if (type === REPLY_ERROR_TLS) return { service: 'nbd', facts: { 'nbd.tls': 'required' } };
    if (type >= REPLY_ERROR_POLICY) return { service: 'nbd', facts: { 'nbd.list': 'refused' } };
    const name = heard.toString('latin1', data + 4, data + 4 + Math.max(0, u32(heard, data)));
    if (type === REPLY_SERVER && names.length < EXPORTS_MAX) names.push(name);
    at = data + length;
  }
  return null;
}

/** A server of network block devices says its magic; its exports are listed, and none is opened. */
export const nbd: Banner = {
  name: 'nbd-list',
  read(heard) {
    if (heard.length < 16 || heard.toString('latin1', 0, 8) !== MAGIC) return null;
    const style = heard.subarray(8, 16);
    if (style.equals(OLD_STYLE)) return { service: 'nbd', facts: { authentication: 'none', 'nbd.negotiation': 'old' } };
    return style.toString('latin1') === NEW_STYLE ? { service: 'nbd' } : null;
  },
  async follow(line, { answerMs }) {
    if (line.heard.toString('latin1', 8, 16) !== NEW_STYLE) return null;
    line.forget();
    // Flags: fixed newstyle.
    line.send(bytesOf(0, 0, 0, 1, option(LIST)), 'a list of exports');
    await line.hear((heard) => readExports(heard) !== null, answerMs);
    const said = readExports(line.heard);
    if (line.over === null) line.send(option(ABORT), 'the end of the negotiation');
    return said;
  },
};
