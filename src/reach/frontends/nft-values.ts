import { parseIPv4, parseIPv6 } from '../../lib/ip/address.js';
import { ALL_IPV4, ALL_IPV6, between, fromPairs, type Intervals, next, type Point } from '../../lib/ip/intervals.js';
import type { Field, Values } from '../ir.js';
import {
  CT_STATES,
  CT_STATUS,
  ETHERTYPES,
  INTERFACE_TYPES,
  L4_PROTOCOLS,
  NF_PROTOCOLS,
  PACKET_TYPES,
  ROUTE_TYPES,
  TCP_FLAGS,
} from './facts.js';
import { isList, isRecord, type Json, numberOf, stringOf, textOf } from './json.js';

/** nft 1.0.6 prints what it cannot name as `"0x50 [invalid type]"`, and an interface that is gone as `"3"`. */
const NUMBER_TEXT = /^(0x[0-9a-f]+|\d+)(?:$|\s)/i;

function numeric(value: Json, names: Readonly<Record<string, number>>): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return null;
  if (Object.hasOwn(names, value)) return names[value] ?? null;
  const found = NUMBER_TEXT.exec(value);
  return found?.[1] === undefined ? null : Number(found[1]);
}

const NO_NAMES: Readonly<Record<string, number>> = {};

/** An address as a point: number for IPv4, bigint for IPv6; null where it is none. */
export function addressPoint(text: string): Point | null {
  if (text.includes(':')) return parseIPv6(text);
  const value = parseIPv4(text);
  return value === null ? null : Number(value);
}

/** Names that stand for numbers of a field. */
function namesOf(field: Field): Readonly<Record<string, number>> {
  switch (field.kind) {
    case 'l4proto':
    case 'ct-protocol':
      return L4_PROTOCOLS;
    case 'nfproto':
    case 'ct-l3proto':
      return NF_PROTOCOLS;
    case 'ethertype':
      return ETHERTYPES;
    case 'tcp-flags':
      return TCP_FLAGS;
    case 'ct-state':
      return CT_STATES;
    case 'ct-status':
      return CT_STATUS;
    case 'ct-direction':
      return { original: 0, reply: 1 };
    case 'packet-type':
      return PACKET_TYPES;
    case 'fib':
      return ROUTE_TYPES;
    case 'interface':
      return field.what === 'type' ? INTERFACE_TYPES : field.what === 'group' ? { default: 0 } : NO_NAMES;
    case 'masked':
      return namesOf(field.of);
    default:
      return NO_NAMES;
  }
}

/** True: values of the field are interface names. */
const isNamed = (field: Field): boolean =>
  (field.kind === 'interface' && (field.what === 'name' || field.what === 'index' || field.what === 'kind')) ||
  (field.kind === 'fib' && (field.result === 'name' || field.result === 'index'));

/** One value of the field as a point; null where it cannot be read. */
export function pointOf(value: Json, field: Field): Point | null {
  if (field.kind === 'constant') return numeric(value, NO_NAMES);
  const names = namesOf(field);
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (isList(value)) return orOf(value, field);
  if (isRecord(value)) {
    const parts = value['|'];
    if (isList(parts)) return orOf(parts, field);
    return null;
  }
  if (typeof value === 'string' && (value.includes(':') || value.split('.').length === 4)) return addressPoint(value);
  return numeric(value, names);
}

function orOf(parts: readonly Json[], field: Field): number | null {
  let bits = 0;
  for (const part of parts) {
    const point = pointOf(part, field);
    if (typeof point !== 'number') return null;
    bits |= point;
  }
  return bits >>> 0;
}

/** A mask of the field as bits. */
export function bitsOf(value: Json, field: Field): bigint | null {
  const point = pointOf(value, field);
  return point === null ? null : BigInt(point);
}

/** Ranges of numbers that fit are printed as prefixes too: marks 0x100-0x1ff as `{"addr": 256, "len": 24}`. */
function numberPrefix(addr: number, length: number, field: Field): [Point, Point] | null {
  const bits = field.kind === 'port' || field.kind === 'ct-port' ? 16 : 32;
  if (length < 0 || length > bits) return null;
  const size = 2 ** (bits - length);
  const low = Math.floor(addr / size) * size;
  return [low, low + size];
}

function prefixPair(body: Json, field: Field): [Point, Point] | null {
  if (!isRecord(body)) return null;
  if (typeof body['addr'] === 'number') return numberPrefix(body['addr'], numberOf(body['len']) ?? -1, field);
  const address = stringOf(body['addr']);
  const length = numberOf(body['len']);
  const point = address === null ? null : addressPoint(address);
  if (point === null || length === null) return null;
  const bits = typeof point === 'bigint' ? 128 : 32;
  if (length < 0 || length > bits) return null;
  if (typeof point === 'bigint') {
    const host = BigInt(bits - length);
    const low = (point >> host) << host;
    return [low, low + (1n << host)];
  }
  const size = 2 ** (bits - length);
  const low = Math.floor(point / size) * size;
  return [low, low + size];
}

/** `{ low, end }` of a scalar, prefix or range; null where it cannot be read. */
function pairOf(value: Json, field: Field): [Point, Point] | null {
  if (isRecord(value)) {
    if (value['prefix'] !== undefined) return prefixPair(value['prefix'], field);
    const range = value['range'];
    if (isList(range)) {
      const low = pointOf(range[0] ?? null, field);
      const high = pointOf(range[1] ?? null, field);
      return low === null || high === null || typeof low !== typeof high ? null : [low, next(high)];
    }
  }
  const point = pointOf(value, field);
  return point === null ? null : [point, next(point)];
}

const WILDCARD = /^(.*[^\\])\*$/;

/** Interface names: a trailing `*` is a wildcard, `\*` a star. */
function namesValue(items: readonly Json[]): Values {
  const exact = new Set<string>();
  const prefixes: string[] = [];
  for (const item of items) {
    const name = typeof item === 'number' ? String(item) : stringOf(unwrapped(item));
    if (name === null) return { kind: 'unknown', text: textOf(item) };
    const wildcard = WILDCARD.exec(name);
    if (wildcard?.[1] !== undefined) prefixes.push(wildcard[1]);
    else exact.add(name.replace(/\\\*$/, '*'));
  }
  return { kind: 'names', exact, prefixes };
}

/** Set elements may carry comments, timeouts and counters around the value. */
export function unwrapped(item: Json): Json {
  return isRecord(item) && isRecord(item['elem']) ? (item['elem']['val'] ?? null) : item;
}

/** The elements of a set over a field (or over the parts of a concatenation). */
export function setValues(items: readonly Json[], field: Field): Values {
  if (field.kind === 'concat') return tupleValues(items, field.parts);
  if (isNamed(field) && !items.some((item) => typeof item === 'boolean')) return namesValue(items);
  const pairs: Point[] = [];
  for (const item of items) {
    const value = unwrapped(item);
    if (value === '*') return { kind: 'everything' };
    const pair = pairOf(value, field);
    if (pair === null) return { kind: 'unknown', text: textOf(value) };
    pairs.push(pair[0], pair[1]);
  }
  return { kind: 'intervals', set: fromPairs(pairs) };
}

function tupleValues(items: readonly Json[], parts: readonly Field[]): Values {
  const tuples: (readonly Values[])[] = [];
  for (const item of items) {
    const value = unwrapped(item);
    if (value === '*') return { kind: 'everything' };
    const concat = isRecord(value) ? value['concat'] : null;
    if (!isList(concat) || concat.length !== parts.length) return { kind: 'unknown', text: textOf(value) };
    tuples.push(concat.map((part, i) => setValues([part], parts[i] ?? { kind: 'constant', value: 0 })));
  }
  return { kind: 'tuples', tuples };
}

/** What a comparison `<`, `>`, `<=`, `>=` holds for. */
export function ordered(operator: string, value: Json, field: Field): Intervals | null {
  const point = pointOf(value, field);
  if (point === null) return null;
  const all = typeof point === 'bigint' ? ALL_IPV6 : ALL_IPV4;
  const [low, end] = [all[0] ?? 0, all[1] ?? 0];
  switch (operator) {
    case '<':
      return fromPairs([low, point]);
    case '<=':
      return between(low, point);
    case '>':
      return fromPairs([next(point), end]);
    case '>=':
      return fromPairs([point, end]);
    default:
      return null;
  }
}
