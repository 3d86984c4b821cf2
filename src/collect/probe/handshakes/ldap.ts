import type { Handshake, Said } from '../said.js';
import { bytesOf, fact } from '../said.js';

/** One BER element: its tag and where its content starts and ends. */
interface Element {
  readonly tag: number;
  readonly from: number;
  readonly to: number;
}

/** The element at `at` (X.690, definite lengths); null: cut off or senseless. */
export function element(bytes: Buffer, at: number): Element | null {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) return null;
  if (first < 0x80) return at + 2 + first > bytes.length ? null : { tag, from: at + 2, to: at + 2 + first };
  const count = first & 0x7f;
  if (count === 0 || count > 4 || at + 2 + count > bytes.length) return null;
  const length = bytes.readUIntBE(at + 2, count);
  const from = at + 2 + count;
  return from + length > bytes.length ? null : { tag, from, to: from + length };
}

const ELEMENTS_MAX = 512;

/** Elements between two places. */
function elements(bytes: Buffer, from: number, to: number): readonly Element[] {
  const found: Element[] = [];
  for (let at = from; at < to && found.length < ELEMENTS_MAX; ) {
    const one = element(bytes, at);
    if (one === null || one.to > to) break;
    found.push(one);
    at = one.to;
  }
  return found;
}

const ber = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const length = body.length < 0x80 ? [body.length] : [0x82, body.length >> 8, body.length];
  return bytesOf(tag, ...length, body);
};
const octets = (text: string): Buffer => ber(0x04, Buffer.from(text));

/** Results of a server that wants to know who asks (RFC 4511 appendix A): stronger or other authentication, insufficient rights. */
const WANTS_LOGIN: ReadonlySet<number> = new Set([8, 48, 50]);
/** … and one for which OpenLDAP says why in words. */
const UNWILLING = 53;

const SEARCH_ENTRY = 0x64;
const SEARCH_DONE = 0x65;
const WANTED = ['vendorName', 'vendorVersion', 'namingContexts', 'supportedSASLMechanisms', 'supportedExtension'];
const START_TLS = '1.3.6.1.4.1.1466.20037';

/** SearchRequest of RFC 4511 section 4.5.1: the object itself, any object, one entry, two seconds, a few attributes. */
const search = (id: number, base: string, wanted: readonly string[]): Buffer =>
  ber(
    0x30,
    ber(0x02, bytesOf(id)),
    ber(
      0x63,
      octets(base),
      ber(0x0a, bytesOf(0)),
      ber(0x0a, bytesOf(0)),
      ber(0x02, bytesOf(1)),
      ber(0x02, bytesOf(2)),
      ber(0x01, bytesOf(0)),
      ber(0x87, Buffer.from('objectClass')),
      ber(0x30, ...wanted.map(octets)),
    ),
  );
const REQUEST = search(1, '', WANTED);
/** No attribute at all: only whether the entry is there. */
const NO_ATTRIBUTES = '1.1';

/** Attributes of a SearchResultEntry. */
function attributesOf(bytes: Buffer, entry: Element): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const list = elements(bytes, entry.from, entry.to)[1];
  if (list === undefined) return found;
  for (const one of elements(bytes, list.from, list.to)) {
    const [name, values] = elements(bytes, one.from, one.to);
    if (name === undefined || values === undefined) continue;
    const texts = elements(bytes, values.from, values.to).map(({ from, to }) => bytes.toString('utf8', from, to));
    found.set(bytes.toString('utf8', name.from, name.to), texts);
  }
  return found;
}

/** The root DSE and the result; null: not yet whole, or not LDAP. */
export function readRoot(heard: Buffer): Said | null {
  let attributes: ReadonlyMap<string, readonly string[]> = new Map();
  for (const message of elements(heard, 0, heard.length)) {
    if (message.tag !== 0x30) return null;
    const operation = elements(heard, message.from, message.to)[1];
    if (operation === undefined) return null;
    if (operation.tag === SEARCH_ENTRY) attributes = attributesOf(heard, operation);
    // A notice of disconnection (0x78) too is an answer that only LDAP gives.
    if (operation.tag !== SEARCH_DONE && operation.tag !== 0x78) continue;
    const [code] = elements(heard, operation.from, operation.to);
    const status = code === undefined || code.to !== code.from + 1 ? null : (heard[code.from] ?? null);
    if (status === null) return null;
    const diagnostic = elements(heard, operation.from, operation.to)[2];
    const told = diagnostic === undefined ? '' : heard.toString('utf8', diagnostic.from, diagnostic.to);
    const facts: Record<string, string> = { 'ldap.root-dse': status === 0 ? 'readable' : `refused (${status})` };
    if (WANTS_LOGIN.has(status) || (status === UNWILLING && /authentication required|anonymous/i.test(told)))
      facts['authentication'] = 'required';
    const contexts = attributes.get('namingContexts');
    if (contexts !== undefined) facts['ldap.naming-contexts'] = fact(contexts.join(' '));
    if (attributes.size > 0)
      facts['ldap.start-tls'] = attributes.get('supportedExtension')?.includes(START_TLS) === true ? 'offered' : 'no';
    return {
      service: 'ldap',
      product: attributes.get('vendorName')?.[0]?.slice(0, 100) ?? null,
      version: attributes.get('vendorVersion')?.[0]?.slice(0, 100) ?? null,
      facts,
    };
  }
  return null;
}

/** The first naming context of a root DSE; null: none is told. */
function firstContext(heard: Buffer): string | null {
  for (const message of elements(heard, 0, heard.length)) {
    const operation = elements(heard, message.from, message.to)[1];
    const [first] = operation?.tag === SEARCH_ENTRY ? (attributesOf(heard, operation).get('namingContexts') ?? []) : [];
    if (first !== undefined && first !== '' && first.length <= BASE_MAX) return first;
  }
  return null;
}

/** Whether an entry was shown. Null: no whole answer yet. */
export function readEntry(heard: Buffer): boolean | null {
  let shown = false;
  for (const message of elements(heard, 0, heard.length)) {
    const operation = elements(heard, message.from, message.to)[1];
    if (operation?.tag === SEARCH_ENTRY) shown = true;
    else if (operation !== undefined) return shown;
  }
  return null;
}

/** Longer names are not asked for. */
const BASE_MAX = 200;

export const ldap: Handshake = {
  name: 'ldap-root-dse',
  transport: 'tcp',
  services: ['ldap', 'ldaps', 'ldap-gc', 'ldaps-gc'],
  alsoSecure: true,
  async speak(line, { answerMs }) {
    line.send(REQUEST, 'a search for the root DSE');
    await line.hear((heard) => readRoot(heard) !== null, answerMs);
    const said = readRoot(line.heard);
    const base = firstContext(line.heard);
    if (said === null || base === null || line.over !== null) return said;
    line.forget();
    line.send(search(2, base, [NO_ATTRIBUTES]), 'a search for the first naming context, without attributes');
    await line.hear((heard) => readEntry(heard) !== null, answerMs / 2);
    const shown = readEntry(line.heard);
    if (shown === null) return said;
    // Whoever is shown an entry without a name of his own reads the directory.
    const facts: Record<string, string> = shown
      ? { 'ldap.anonymous-search': 'answered', authentication: 'none' }
      : { 'ldap.anonymous-search': 'refused' };
    return { ...said, facts: { ...said.facts, ...facts } };
  },
};
