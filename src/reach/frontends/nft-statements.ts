import type { Expression, Family, Field, MapEntry, MapOf, NamedSet, Step, Values, Verdict } from '../ir.js';
import { isList, isRecord, type Json, numberOf, stringOf, textOf } from './json.js';
import { fieldOf } from './nft-fields.js';
import { bitsOf, ordered, pointOf, setValues, unwrapped } from './nft-values.js';

/** Looks up a named set or map of the rule's table; a set that does not exist is one whose elements are null. */
export type SetsOf = (name: string, key: Field) => NamedSet;

/** The verdict a statement or map element states; null where it is none. */
export function verdictOf(statement: Json): Verdict | null {
  if (!isRecord(statement)) return null;
  const [key] = Object.keys(statement);
  if (key === undefined) return null;
  const body = statement[key] ?? null;
  if (key === 'accept' || key === 'drop' || key === 'continue' || key === 'return') return { kind: key };
  if (key === 'jump' || key === 'goto') {
    const chain = stringOf(isRecord(body) ? body['target'] : body);
    return chain === null ? { kind: 'unknown', text: textOf(statement) } : { kind: key, chain };
  }
  if (key === 'reject') return { kind: 'reject', with: rejectWith(body) };
  if (key === 'queue') return { kind: 'unknown', text: 'queue to a program outside the kernel' };
  return null;
}

function rejectWith(body: Json): string {
  if (!isRecord(body)) return 'icmp port-unreachable';
  const type = stringOf(body['type']) ?? 'icmpx';
  const code = stringOf(body['expr']);
  return code === null ? type : `${type} ${code}`;
}

function matchStep(body: Json, sets: SetsOf): Step {
  if (!isRecord(body)) return { kind: 'maybe', text: textOf(body), by: 'state' };
  const operator = stringOf(body['op']) ?? '==';
  const right = body['right'] ?? null;
  const field = presence(fieldOf(body['left'] ?? null), right);
  if (operator === 'in' || operator === '!') {
    const bits = bitsOf(right, field);
    if (bits === null) return comparison(field, operator === '!', right, sets);
    const masked: Field = { kind: 'masked', of: field, and: bits, xor: 0n, shift: 0 };
    return {
      kind: 'compare',
      field: masked,
      negated: operator === 'in',
      values: { kind: 'intervals', set: field.kind === 'address' && field.family === 'ipv6' ? [0n, 1n] : [0, 1] },
    };
  }
  if (operator === '==' || operator === '!=') return comparison(field, operator === '!=', right, sets);
  const set = ordered(operator, right, field);
  const values: Values = set === null ? { kind: 'unknown', text: textOf(right) } : { kind: 'intervals', set };
  return { kind: 'compare', field, negated: false, values };
}

/** `fib … missing` and `exists` ask whether there is a route, not by which interface. */
function presence(field: Field, right: Json): Field {
  const asks = typeof right === 'boolean' || right === '0' || right === 0;
  return field.kind === 'fib' && field.result !== 'type' && asks ? { ...field, result: 'present' } : field;
}

function comparison(field: Field, negated: boolean, right: Json, sets: SetsOf): Step {
  return { kind: 'compare', field, negated, values: valuesOf(right, field, sets) };
}

function valuesOf(right: Json, field: Field, sets: SetsOf): Values {
  if (typeof right === 'string' && right.startsWith('@')) return { kind: 'named', set: sets(right.slice(1), field) };
  if (isRecord(right)) {
    const members = right['set'];
    if (typeof members === 'string') return { kind: 'named', set: sets(members.replace(/^@/, ''), field) };
    if (isList(members)) return setValues(members, field);
    if (members !== undefined) return setValues([members], field);
  }
  if (field.kind === 'fib' && field.result === 'present') {
    return { kind: 'intervals', set: right === true ? [1, 2] : [0, 1] };
  }
  return setValues([right], field);
}

/** Entries of a verdict map or data map, as JSON lists `[key, data]`. */
export function mapEntries(items: readonly Json[], key: Field, sets: SetsOf): readonly MapEntry[] {
  return items.map((item): MapEntry => {
    const pair = isList(item) ? item : [];
    const data = pair[1] ?? null;
    const verdict = verdictOf(data);
    return {
      key: setValues([unwrapped(pair[0] ?? null)], key),
      data: verdict === null ? { kind: 'value', value: expressionOf(data, key, sets) } : { kind: 'verdict', verdict },
    };
  });
}

function mapOf(data: Json, key: Field, sets: SetsOf): MapOf {
  if (typeof data === 'string') return { kind: 'named', set: sets(data.replace(/^@/, ''), key) };
  const items = isRecord(data) ? data['set'] : null;
  if (typeof items === 'string') return { kind: 'named', set: sets(items.replace(/^@/, ''), key) };
  return { kind: 'entries', entries: isList(items) ? mapEntries(items, key, sets) : [] };
}

/** A value that a statement writes or translates to. `like` says how bare values are read. */
export function expressionOf(value: Json, like: Field, sets: SetsOf): Expression {
  if (isRecord(value)) {
    const map = value['map'];
    if (isRecord(map)) {
      const key = fieldOf(map['key'] ?? null);
      return { kind: 'map', key, map: mapOf(map['data'] ?? null, key, sets) };
    }
    const parts = value['concat'];
    if (isList(parts)) return { kind: 'tuple', parts: parts.map((part) => expressionOf(part, like, sets)) };
    const range = value['range'];
    if (isList(range)) return rangeOf(range, like);
    if (isRecord(value['prefix'])) return prefixOf(value['prefix']);
    const bitwise = bitwiseOf(value, like, sets);
    if (bitwise !== null) return bitwise;
    const field = fieldOf(value);
    return field.kind === 'unknown' ? { kind: 'unknown', text: field.text } : { kind: 'field', field };
  }
  const point = pointOf(value, like);
  return point === null ? { kind: 'unknown', text: textOf(value) } : { kind: 'constant', value: point };
}

function rangeOf(range: readonly Json[], like: Field): Expression {
  const low = pointOf(range[0] ?? null, like);
  const high = pointOf(range[1] ?? null, like);
  return low === null || high === null ? { kind: 'unknown', text: textOf(range) } : { kind: 'range', low, high };
}

function prefixOf(body: { readonly [key: string]: Json }): Expression {
  const set = setValues([{ prefix: body }], { kind: 'mark' });
  if (set.kind !== 'intervals' || set.set.length !== 2) return { kind: 'unknown', text: textOf(body) };
  const [low, end] = [set.set[0] ?? 0, set.set[1] ?? 0];
  return { kind: 'range', low, high: typeof end === 'bigint' ? end - 1n : end - 1 };
}

function bitwiseOf(value: { readonly [key: string]: Json }, like: Field, sets: SetsOf): Expression | null {
  for (const operator of ['&', '|', '^']) {
    const parts = value[operator];
    if (!isList(parts) || parts.length !== 2) continue;
    const bits = bitsOf(parts[1] ?? null, like);
    if (bits === null) return { kind: 'unknown', text: textOf(value) };
    const of = expressionOf(parts[0] ?? null, like, sets);
    if (operator === '&') return { kind: 'bitwise', of, and: bits, xor: 0n };
    if (operator === '|') return { kind: 'bitwise', of, and: ~bits, xor: bits };
    return { kind: 'bitwise', of, and: -1n, xor: bits };
  }
  return null;
}

const MARK: Field = { kind: 'mark' };
const PORT: Field = { kind: 'port', side: 'destination', l4: null };
const ADDRESS: Field = { kind: 'address', side: 'destination', family: 'ipv4' };

/** Meta and conntrack keys whose writing changes nothing that decides about a first packet. */
const HARMLESS_KEYS: ReadonlySet<string> = new Set([
  'meta priority',
  'meta nftrace',
  'meta secmark',
  'meta rtclassid',
  'ct event',
  'ct label',
  'ct secmark',
  'ct helper',
  'ct timeout',
  'ct expectation',
]);

function mangleStep(body: Json, sets: SetsOf): Step {
  if (!isRecord(body)) return { kind: 'unknown', text: 'mangle' };
  const key = body['key'] ?? null;
  const field = fieldOf(key);
  if (field.kind === 'mark' || field.kind === 'ct-mark') {
    return { kind: 'set-mark', which: field.kind, value: expressionOf(body['value'] ?? null, MARK, sets) };
  }
  if (field.kind === 'ct-zone') {
    const value = expressionOf(body['value'] ?? null, MARK, sets);
    return { kind: 'set-zone', value, direction: field.direction, afterNotrack: true };
  }
  const name = isRecord(key) ? `${Object.keys(key)[0] ?? ''} ${keyName(key)}` : '';
  if (HARMLESS_KEYS.has(name)) return { kind: 'no-effect', text: `${name} set` };
  if (field.kind === 'header') return headerThere(field.l4, field.family);
  return { kind: 'rewrite', text: `${name} set` };
}

/** What is written into a header must be there: `ip dscp set cs1` ends the rule for IPv6, `tcp option maxseg size set 1000` for UDP. */
function headerThere(l4: string | null, family: Family | null): Step {
  const parts: Field[] = [
    ...(family === null ? [] : [{ kind: 'l4proto', family } as const]),
    ...(l4 === null ? [] : [{ kind: 'port', side: 'destination', l4 } as const]),
  ];
  return { kind: 'compare', field: { kind: 'concat', parts }, negated: false, values: { kind: 'everything' } };
}

function keyName(key: { readonly [key: string]: Json }): string {
  const body = Object.values(key)[0];
  return stringOf(isRecord(body) ? body['key'] : null) ?? '';
}

const familyOf = (body: { readonly [key: string]: Json }): Family | null => {
  const family = stringOf(body['family']);
  return family === 'ip' ? 'ipv4' : family === 'ip6' ? 'ipv6' : null;
};

const isRandom = (body: { readonly [key: string]: Json }): boolean => {
  const flags = body['flags'];
  const list = isList(flags) ? flags : [flags ?? null];
  return list.includes('random') || list.includes('fully-random');
};

function natStep(key: string, raw: Json, sets: SetsOf): Step {
  const body = isRecord(raw) ? raw : {};
  const address = body['addr'] === undefined ? null : expressionOf(body['addr'], ADDRESS, sets);
  const port = body['port'] === undefined ? null : expressionOf(body['port'], PORT, sets);
  if (key === 'snat' || key === 'masquerade') {
    return { kind: 'snat', address, masquerade: key === 'masquerade', text: key };
  }
  const netmap =
    body['type_flags'] === 'prefix' || (isList(body['type_flags']) && body['type_flags'].includes('prefix'));
  return {
    kind: 'dnat',
    family: familyOf(body),
    address,
    port,
    portBase: null,
    random: isRandom(body),
    netmap,
    redirect: key === 'redirect',
  };
}

function tproxyStep(raw: Json, sets: SetsOf): Step {
  const body = isRecord(raw) ? raw : {};
  return {
    kind: 'tproxy',
    family: familyOf(body),
    address: body['addr'] === undefined ? null : expressionOf(body['addr'], ADDRESS, sets),
    port: body['port'] === undefined ? null : expressionOf(body['port'], PORT, sets),
    mark: null,
    otherwise: 'next-rule',
  };
}

const NO_EFFECT: ReadonlySet<string> = new Set([
  'counter',
  'log',
  'dup',
  'flow',
  'last',
  'comment',
  'ct helper',
  'ct timeout',
  'ct expectation',
  'secmark',
  'tunnel',
]);

const xtNoEffect = new Set(['LOG', 'NFLOG', 'comment', 'TRACE', 'CLASSIFY', 'CHECKSUM', 'AUDIT']);

function limitText(key: string, body: Json): string {
  if (!isRecord(body)) return `${key} ${textOf(body)}`;
  const over = body['inv'] === true ? 'over ' : '';
  if (key === 'limit') return `limit rate ${over}${numberOf(body['rate'])}/${stringOf(body['per'])}`;
  return `${key} ${over}${numberOf(body['val'])}`;
}

/** What is put into a set must be there to be read: `add @seen { ip saddr }` ends the rule for IPv6. */
function elementThere(body: Json): Step {
  const given = isRecord(body) ? (body['elem'] ?? body['key'] ?? null) : null;
  const nested = isRecord(given) && isRecord(given['elem']) ? (given['elem']['val'] ?? null) : given;
  const field = fieldOf(nested);
  const parts = field.kind === 'concat' ? field.parts : [field];
  return { kind: 'compare', field: { kind: 'concat', parts }, negated: false, values: { kind: 'everything' } };
}

/** Statements that add the packet to a set; those with a limit decide by it. */
function setStep(body: Json): Step {
  const statements = isRecord(body) ? body['stmt'] : null;
  const op = isRecord(body) ? stringOf(body['op']) : null;
  const name = isRecord(body) ? (stringOf(body['set']) ?? stringOf(body['map']) ?? stringOf(body['name'])) : null;
  // A meter has one statement, a set may have several.
  const all = isList(statements) ? statements : statements === null || statements === undefined ? [] : [statements];
  const limits = all.filter((one) => !isRecord(one) || one['counter'] === undefined);
  if (limits.length === 0 && op !== 'delete') return elementThere(body);
  return { kind: 'maybe', text: `contents and limits of ${name}`, by: 'state' };
}

/** The steps of one statement. Nothing is skipped: what is not known is `unknown`. */
export function stepOf(statement: Json, sets: SetsOf): Step {
  const verdict = verdictOf(statement);
  if (verdict !== null) return { kind: 'verdict', verdict };
  if (!isRecord(statement)) return { kind: 'unknown', text: textOf(statement) };
  const [key] = Object.keys(statement);
  if (key === undefined) return { kind: 'unknown', text: 'empty statement' };
  const body = statement[key] ?? null;
  if (NO_EFFECT.has(key)) return { kind: 'no-effect', text: key };
  switch (key) {
    case 'match':
      return matchStep(body, sets);
    case 'vmap': {
      const field = fieldOf(isRecord(body) ? (body['key'] ?? null) : null);
      return {
        kind: 'verdict-map',
        key: field,
        map: mapOf(isRecord(body) ? (body['data'] ?? null) : null, field, sets),
      };
    }
    case 'mangle':
      return mangleStep(body, sets);
    case 'dnat':
    case 'redirect':
    case 'snat':
    case 'masquerade':
      return natStep(key, body, sets);
    case 'notrack':
      return { kind: 'notrack' };
    case 'tproxy':
      return tproxyStep(body, sets);
    case 'limit':
    case 'quota':
    case 'ct count':
      return { kind: 'maybe', text: limitText(key, body), by: 'state' };
    case 'set':
    case 'map':
    case 'meter':
      return setStep(body);
    case 'fwd':
      return { kind: 'verdict', verdict: { kind: 'unknown', text: 'fwd to another device' } };
    case 'xt':
      return xtStep(body);
    default:
      return { kind: 'unknown', text: textOf(statement) };
  }
}

/** An iptables module that nft shows by its name only. */
function xtStep(body: Json): Step {
  const name = stringOf(isRecord(body) ? body['name'] : body) ?? '?';
  if (xtNoEffect.has(name)) return { kind: 'no-effect', text: `xt ${name}` };
  const isMatch = isRecord(body) && body['type'] === 'match';
  return isMatch
    ? { kind: 'maybe', text: `xt match ${name}`, by: 'state' }
    : { kind: 'unknown', text: `xt target ${name}` };
}
