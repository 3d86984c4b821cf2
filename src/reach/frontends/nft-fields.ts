import { onePoint } from '../../lib/ip/intervals.js';
import type { Family, Field, Plain, Side } from '../ir.js';
import { unknownField } from '../ir.js';
import { isRecord, type Json, numberOf, stringOf, textOf } from './json.js';
import { bitsOf } from './nft-values.js';
import { PLAIN_HOPS, PLAIN_SEGMENT_SIZE } from './plain.js';

const FAMILIES: Readonly<Record<string, Family>> = { ip: 'ipv4', ip6: 'ipv6' };
const PORTED: ReadonlySet<string> = new Set(['tcp', 'udp', 'udplite', 'sctp', 'dccp']);
const SIDES: Readonly<Record<string, Side>> = {
  saddr: 'source',
  daddr: 'destination',
  sport: 'source',
  dport: 'destination',
};

/** Header fields without options (RFC 791, 3.1; RFC 8200, section 3), and hops to go: systems begin with 64, 128 or 255. */
const PLAIN: Readonly<Record<string, Plain>> = {
  'ip version': onePoint(4),
  'ip hdrlength': onePoint(5),
  'ip6 version': onePoint(6),
  'ip ttl': PLAIN_HOPS,
  'ip6 hoplimit': PLAIN_HOPS,
};

/** Don't Fragment, which every sender sets as it likes. */
const FRAGMENTS_NOT = 0x4000n;

function payload(body: Json): Field {
  const protocol = stringOf(isRecord(body) ? body['protocol'] : null);
  const field = stringOf(isRecord(body) ? body['field'] : null);
  if (protocol === null || field === null) return rawPayload(body);
  const side = SIDES[field];
  const family = FAMILIES[protocol];
  if (family !== undefined) {
    if (side !== undefined) return { kind: 'address', side, family };
    if (field === 'protocol' || field === 'nexthdr') return { kind: 'l4proto', family };
    const plain = PLAIN[`${protocol} ${field}`];
    return {
      kind: 'header',
      l4: null,
      family,
      text: `${protocol} ${field}`,
      ...(plain === undefined ? {} : { plain }),
    };
  }
  if (side !== undefined && protocol === 'th') return { kind: 'port', side, l4: null };
  if (side !== undefined && PORTED.has(protocol)) return { kind: 'port', side, l4: protocol };
  if (protocol === 'tcp' && field === 'flags') return { kind: 'tcp-flags' };
  if (protocol === 'ether' && field === 'type') return { kind: 'ethertype' };
  // A neighbour chooses his MAC; whoever is behind a router has the router's.
  if (protocol === 'ether') return unknownField(`ether ${field}`);
  if (protocol === 'vlan' || protocol === 'arp') return { kind: 'absent', text: `${protocol} ${field}` };
  return { kind: 'header', l4: protocol, family: null, text: `${protocol} ${field}` };
}

/** `@th,16,16` and its kin: offsets of the fields that decide (RFC 791, 8200, 793, 768). */
function rawPayload(body: Json): Field {
  if (!isRecord(body)) return unknownField('payload');
  const base = stringOf(body['base']);
  const at = `${base},${numberOf(body['offset'])},${numberOf(body['len'])}`;
  if (at === 'th,0,16') return { kind: 'port', side: 'source', l4: null };
  if (at === 'th,16,16') return { kind: 'port', side: 'destination', l4: null };
  return unknownField(`@${at}`);
}

const INTERFACE_KEYS: Readonly<Record<string, Field>> = {
  iifname: { kind: 'interface', way: 'in', what: 'name' },
  oifname: { kind: 'interface', way: 'out', what: 'name' },
  iif: { kind: 'interface', way: 'in', what: 'index' },
  oif: { kind: 'interface', way: 'out', what: 'index' },
  iiftype: { kind: 'interface', way: 'in', what: 'type' },
  oiftype: { kind: 'interface', way: 'out', what: 'type' },
  iifgroup: { kind: 'interface', way: 'in', what: 'group' },
  oifgroup: { kind: 'interface', way: 'out', what: 'group' },
  iifkind: { kind: 'interface', way: 'in', what: 'kind' },
  oifkind: { kind: 'interface', way: 'out', what: 'kind' },
};

function meta(body: Json): Field {
  const key = stringOf(isRecord(body) ? body['key'] : body);
  if (key === null) return unknownField('meta');
  const byInterface = INTERFACE_KEYS[key];
  if (byInterface !== undefined) return byInterface;
  switch (key) {
    case 'mark':
      return { kind: 'mark' };
    case 'l4proto':
      return { kind: 'l4proto', family: null };
    case 'nfproto':
      return { kind: 'nfproto' };
    case 'protocol':
      return { kind: 'ethertype' };
    case 'pkttype':
      return { kind: 'packet-type' };
    case 'skuid':
    case 'skgid':
    case 'cgroup':
      return { kind: 'owner', text: `meta ${key}` };
    case 'secpath':
    case 'ipsec':
      return { kind: 'unknown', text: 'meta ipsec', by: 'state', plain: onePoint(0) };
    case 'length':
    case 'priority':
      return { kind: 'header', l4: null, family: null, text: `meta ${key}` };
    default:
      return unknownField(`meta ${key}`);
  }
}

function conntrack(body: Json): Field {
  if (!isRecord(body)) return unknownField('ct');
  const key = stringOf(body['key']) ?? '';
  const direction = stringOf(body['dir']) === 'reply' ? 'reply' : 'original';
  const words = key.split(' ');
  const last = words[words.length - 1] ?? '';
  const side = SIDES[last];
  const family = FAMILIES[words.length > 1 ? (words[0] ?? '') : (stringOf(body['family']) ?? '')] ?? null;
  if (side !== undefined) return { kind: 'ct-address', direction, side, family };
  switch (key) {
    case 'state':
      return { kind: 'ct-state' };
    case 'status':
      return { kind: 'ct-status' };
    case 'mark':
      return { kind: 'ct-mark' };
    case 'direction':
      return { kind: 'ct-direction' };
    case 'l3proto':
      return { kind: 'ct-l3proto' };
    case 'protocol':
      return { kind: 'ct-protocol' };
    case 'proto-src':
      return { kind: 'ct-port', direction, side: 'source' };
    case 'proto-dst':
      return { kind: 'ct-port', direction, side: 'destination' };
    case 'zone':
      return { kind: 'ct-zone', direction: ZONE_OF[stringOf(body['dir']) ?? ''] ?? null };
    case 'helper':
      return { kind: 'absent', text: 'ct helper' };
    default:
      return unknownField(`ct ${key}`);
  }
}

const ZONE_OF: Readonly<Record<string, 'original' | 'reply'>> = { original: 'original', reply: 'reply' };

function fib(body: Json): Field {
  if (!isRecord(body)) return unknownField('fib');
  const flags = Array.isArray(body['flags']) ? body['flags'].map(stringOf) : [stringOf(body['flags'])];
  const result = stringOf(body['result']);
  const what = result === 'type' ? 'type' : result === 'oif' ? 'index' : result === 'oifname' ? 'name' : null;
  const side = flags.includes('saddr') ? 'source' : flags.includes('daddr') ? 'destination' : null;
  if (what === null || side === null) return unknownField('fib');
  const has = (flag: string): boolean => flags.includes(flag);
  return { kind: 'fib', result: what, side, iif: has('iif'), oif: has('oif'), mark: has('mark') };
}

/** Whole packets have no offset and no More Fragments. */
function fragmentBits(of: Field & { readonly kind: 'header' }, mask: Json): Field {
  const bits = bitsOf(mask, of);
  return bits === null || (bits & FRAGMENTS_NOT) !== 0n ? of : { ...of, plain: onePoint(0) };
}

/** Bit operations over a field: `meta mark & 0xff`. */
function operation(operator: string, parts: Json): Field | null {
  if (!Array.isArray(parts) || parts.length !== 2) return null;
  const of = fieldOf(parts[0] ?? null);
  if (of.kind === 'header' && of.text === 'ip frag-off' && operator === '&') return fragmentBits(of, parts[1] ?? null);
  if (of.kind === 'unknown' || of.kind === 'absent' || of.kind === 'header') return of;
  if (operator === '>>' && typeof parts[1] === 'number') {
    return { kind: 'masked', of, and: -1n, xor: 0n, shift: parts[1] };
  }
  const bits = bitsOf(parts[1] ?? null, of);
  if (bits === null) return null;
  if (operator === '&') return { kind: 'masked', of, and: bits, xor: 0n, shift: 0 };
  if (operator === '|') return { kind: 'masked', of, and: ~bits, xor: bits, shift: 0 };
  return operator === '^' ? { kind: 'masked', of, and: -1n, xor: bits, shift: 0 } : null;
}

/** Where the question is whether an option is there, a packet of another protocol has it not (nft_exthdr_tcp_eval()). */
function optionOf(key: string, name: string, body: Json): Field & { readonly kind: 'header' } {
  const [l4 = ''] = key.split(' ');
  const field = fieldIn(body);
  const asksWhether = field === null && key !== 'dccp option';
  const asksSize = name === 'maxseg' && field === 'size';
  return {
    kind: 'header',
    l4,
    family: null,
    text: `${key} ${name}`,
    ...(asksWhether ? { elsewhere: 0 } : {}),
    ...(asksSize ? { plain: PLAIN_SEGMENT_SIZE } : {}),
  };
}

const fieldIn = (body: Json): string | null => stringOf(isRecord(body) ? body['field'] : null);

/** nft asks for IPv6 first. Without `field` the question is whether the header is there, and the answer a number. */
function extensionHeader(name: string, body: Json): Field {
  const field = fieldIn(body);
  const text = field === null ? `exthdr ${name}` : `exthdr ${name} ${field}`;
  return { kind: 'header', l4: null, family: 'ipv6', text, plain: field === null ? onePoint(0) : 'absent' };
}

/** Extension headers and TCP options that a plain first packet does not carry; options of the SYN are the sender's. */
function headerOf(key: string, body: Json): Field | null {
  const name = stringOf(isRecord(body) ? body['name'] : null) ?? key;
  switch (key) {
    case 'exthdr':
      return extensionHeader(name, body);
    case 'tcp option':
    case 'sctp chunk':
    case 'dccp option':
      return optionOf(key, name, body);
    case 'ip option':
      return {
        ...optionOf(key, name, body),
        l4: null,
        family: 'ipv4',
        plain: fieldIn(body) === null ? onePoint(0) : 'absent',
      };
    case 'osf':
      return { kind: 'header', l4: 'tcp', family: null, text: 'operating system of the sender' };
    default:
      return null;
  }
}

/** A number that the kernel deals out: `mod` says how many there are. */
function dealt(body: Json, text: string): Field {
  const field = { kind: 'unknown', text, by: 'state' } as const;
  if (!isRecord(body) || (body['offset'] ?? 0) !== 0) return field;
  const below = body['mod'];
  return typeof below === 'number' && Number.isInteger(below) && below > 0 ? { ...field, below } : field;
}

/** A libnftables-json expression that is read off the packet. What is not known stays, with its text. */
export function fieldOf(expression: Json): Field {
  if (!isRecord(expression)) return unknownField(textOf(expression));
  const [key] = Object.keys(expression);
  if (key === undefined) return unknownField('empty expression');
  const body = expression[key] ?? null;
  switch (key) {
    case 'payload':
      return payload(body);
    case 'meta':
      return meta(body);
    case 'ct':
      return conntrack(body);
    case 'fib':
      return fib(body);
    case 'concat':
      return Array.isArray(body) ? { kind: 'concat', parts: body.map(fieldOf) } : unknownField('concat');
    case 'numgen':
    case 'jhash':
    case 'symhash':
      return dealt(body, textOf(expression));
    case '&':
    case '|':
    case '^':
    case '>>':
    case '<<':
      return operation(key, body) ?? unknownField(textOf(expression));
    default:
      return headerOf(key, body) ?? unknownField(textOf(expression));
  }
}
