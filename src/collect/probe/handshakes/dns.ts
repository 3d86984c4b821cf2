import type { Handshake, Said } from '../said.js';
import { bytesOf, fact, u16 } from '../said.js';

/** RFC 1035 section 4.1. Recursion is never desired (RD 0), so no server asks another because of us. */
const ID = 0x6573;
const CHAOS = 3;
const TXT = 16;
const A = 1;

const name = (text: string): Buffer => bytesOf(...text.split('.').flatMap((label) => [label.length, label]), 0);
const query = (of: string, type: number, kind: number): Buffer =>
  bytesOf(ID >> 8, ID, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, name(of), 0, type, 0, kind);
const VERSION = query('version.bind', TXT, CHAOS);
const LOCALHOST = query('localhost', A, 1);

/** Flags of an answer to us; null: not an answer of DNS to our question. */
export function readFlags(heard: Buffer): { readonly code: number; readonly recursion: boolean } | null {
  const flags = u16(heard, 2);
  if (heard.length < 12 || u16(heard, 0) !== ID || (flags & 0x8000) === 0 || (flags & 0x7800) !== 0) return null;
  return { code: flags & 15, recursion: (flags & 0x0080) !== 0 };
}

/** Where the name at `at` ends: at its zero byte or after a pointer; -1 past the end. */
function afterName(bytes: Buffer, at: number): number {
  for (let i = at, labels = 0; labels < 128; labels++) {
    const length = bytes[i];
    if (length === undefined) return -1;
    if (length === 0) return i + 1;
    if (length >= 0xc0) return i + 2;
    i += 1 + length;
  }
  return -1;
}

/** Text of the first TXT answer; null: none. */
export function readText(heard: Buffer): string | null {
  if (readFlags(heard) === null || u16(heard, 6) < 1) return null;
  const question = u16(heard, 4) === 1 ? afterName(heard, 12) + 4 : 12;
  const answer = afterName(heard, question);
  if (question < 12 || answer < 0 || u16(heard, answer) !== TXT) return null;
  const at = answer + 10;
  const length = heard[at];
  return length === undefined || at + 1 + length > heard.length
    ? null
    : heard.toString('utf8', at + 1, at + 1 + length);
}

/** Products that `version.bind` names. */
function productOf(text: string): { readonly product: string | null; readonly version: string | null } {
  const [, product, version] =
    /^(dnsmasq|unbound|PowerDNS|Knot DNS|NSD|CoreDNS)[- /]?(?:Recursor |Authoritative Server )?v?([\d.]+\w*)?/i.exec(
      text,
    ) ?? [];
  if (product !== undefined) return { product: fact(product), version: version ?? null };
  const [bind] = /^9\.\d+[\w.-]*/.exec(text) ?? [];
  return bind === undefined ? { product: null, version: null } : { product: 'BIND', version: fact(bind) };
}

export const dns: Handshake = {
  name: 'dns-version',
  transport: 'udp',
  services: ['dns'],
  async speak(line, { answerMs }): Promise<Said | null> {
    line.send(LOCALHOST, 'a query for localhost, recursion not desired');
    await line.hear((heard) => heard.length >= 12, answerMs);
    const flags = readFlags(line.heard);
    if (flags === null) return null;
    // The server says what it would do for us, who are of this host; what strangers meet is another matter, unless it is nothing.
    const facts: Record<string, string> = { 'dns.recursion-here': flags.recursion ? 'yes' : 'no' };
    if (!flags.recursion) facts['dns.recursion'] = 'no';
    line.forget();
    line.send(VERSION, 'a query for version.bind');
    await line.hear((heard) => heard.length >= 12, answerMs);
    const text = readText(line.heard);
    if (text !== null) facts['dns.version'] = fact(text);
    return { service: 'dns', ...(text === null ? {} : productOf(text)), facts };
  },
};
