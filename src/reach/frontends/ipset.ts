import { fromPairs, type Intervals, next, onePoint, type Point, subtract, union } from '../../lib/ip/intervals.js';
import type { Family, Field, NamedSet, Side, Values } from '../ir.js';
import { L4_PROTOCOLS } from './facts.js';
import type { SetLookup, SetMatch } from './iptables-matches.js';
import { addressSet } from './iptables-options.js';
import { addressPoint } from './nft-values.js';

interface RawIpset {
  readonly type: string;
  readonly family: Family;
  readonly elements: string[];
  changing: boolean;
}

/** The ipsets of a namespace, as `ipset save` prints them. */
export interface Ipsets {
  readonly lookup: SetLookup;
  readonly problems: readonly string[];
}

/** Parses `ipset save`; `filledByRules` names sets that a rule's target SET changes. */
export function parseIpsets(text: string, origin: string, filledByRules: ReadonlySet<string>): Ipsets {
  const sets = new Map<string, RawIpset>();
  const problems: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.trim().split(/\s+/);
    const name = words[1] ?? '';
    if (words[0] === 'create') {
      const family = words[words.indexOf('family') + 1] === 'inet6' && words.includes('family') ? 'ipv6' : 'ipv4';
      sets.set(name, { type: words[2] ?? '', family, elements: [], changing: filledByRules.has(name) });
    } else if (words[0] === 'add') {
      const set = sets.get(name);
      if (set === undefined) problems.push(`${origin}:${index + 1}: set ${name} is not created before`);
      else set.elements.push(words.slice(2).join(' '));
    } else if (words[0] !== '' && words[0] !== undefined) {
      problems.push(`${origin}:${index + 1}: expected create or add, found ${line.slice(0, 60)}`);
    }
  }
  const cache = new Map<string, SetMatch>();
  return {
    problems,
    lookup: (name, flags, family) => {
      const key = `${name} ${flags.join(',')} ${family}`;
      let match = cache.get(key);
      if (match === undefined) {
        match = matchOf(name, flags, family, sets);
        cache.set(key, match);
      }
      return match;
    },
  };
}

/** The fields that the parts of a set type stand for, in the order of `--match-set`'s flags. */
function fieldsOf(type: string, flags: readonly string[], family: Family): readonly Field[] | null {
  const parts = (type.split(':')[1] ?? '').split(',');
  const fields: Field[] = [];
  for (const [i, part] of parts.entries()) {
    const side: Side = (flags[i] ?? flags[flags.length - 1]) === 'dst' ? 'destination' : 'source';
    if (part === 'ip' || part === 'net') fields.push({ kind: 'address', side, family });
    else if (part === 'port') {
      if (!type.startsWith('bitmap')) fields.push({ kind: 'l4proto', family: null });
      fields.push({ kind: 'port', side, l4: null });
    } else if (part === 'iface')
      fields.push({ kind: 'interface', way: side === 'source' ? 'in' : 'out', what: 'name' });
    else if (part === 'mark') fields.push({ kind: 'mark' });
    else return null;
  }
  return fields;
}

function matchOf(
  name: string,
  flags: readonly string[],
  family: Family,
  sets: ReadonlyMap<string, RawIpset>,
): SetMatch {
  const raw = sets.get(name);
  const unread = (text: string): SetMatch => ({
    field: { kind: 'unknown', text, by: 'state' },
    set: { name, changing: true, elements: () => null, entries: () => null },
  });
  if (raw === undefined) return unread(`ipset ${name} was not read`);
  if (raw.type === 'list:set') return listMatch(name, flags, family, raw, sets);
  const fields = fieldsOf(raw.type, flags, family);
  const [first] = fields ?? [];
  if (fields === null || first === undefined) return unread(`ipset ${name} of type ${raw.type}`);
  let values: Values | null = null;
  const set: NamedSet = {
    name,
    changing: raw.changing,
    entries: () => [],
    elements: () => {
      values ??= foreign(raw, family) ? { kind: 'intervals', set: [] } : elementsOf(raw, fields);
      return values;
    },
  };
  return { field: fields.length === 1 ? first : { kind: 'concat', parts: fields }, set };
}

/** An address set of the other family holds nothing; a set of ports has no family. */
const foreign = (raw: RawIpset, family: Family): boolean => raw.type !== 'bitmap:port' && raw.family !== family;

/** A list of sets, where all members speak of the same field. */
function listMatch(
  name: string,
  flags: readonly string[],
  family: Family,
  raw: RawIpset,
  sets: ReadonlyMap<string, RawIpset>,
): SetMatch {
  const members = raw.elements.map((element) => element.split(' ')[0] ?? '');
  const nested = members.some((member) => sets.get(member)?.type === 'list:set');
  const matches = nested ? [] : members.map((member) => matchOf(member, flags, family, sets));
  const [first] = matches;
  const alike =
    first !== undefined && matches.every((match) => JSON.stringify(match.field) === JSON.stringify(first.field));
  if (!alike) {
    const field: Field = { kind: 'unknown', text: `ipset ${name} of type list:set`, by: 'state' };
    return { field, set: { name, changing: true, elements: () => null, entries: () => null } };
  }
  const set: NamedSet = {
    name,
    changing: matches.some((match) => match.set.changing),
    entries: () => [],
    elements: () => {
      const all = matches.map((match) => match.set.elements());
      return all.includes(null) ? null : { kind: 'several', of: all.filter((one) => one !== null) };
    },
  };
  return { field: first.field, set };
}

interface Element {
  readonly text: string;
  readonly nomatch: boolean;
}

const elementOf = (line: string): Element => ({
  text: line.split(' ')[0] ?? '',
  nomatch: line.split(' ').includes('nomatch'),
});

function elementsOf(raw: RawIpset, fields: readonly Field[]): Values {
  const elements = raw.elements.map(elementOf);
  if (fields.length === 1) return single(elements, fields[0] ?? { kind: 'mark' });
  if (elements.some((element) => element.nomatch)) return { kind: 'unknown', text: 'nomatch elements' };
  const tuples: (readonly Values[])[] = [];
  for (const { text } of elements) {
    const tuple = tupleOf(text, fields);
    if (tuple === null) return { kind: 'unknown', text };
    tuples.push(tuple);
  }
  return { kind: 'tuples', tuples };
}

/** Longest prefix decides between `nomatch` and the others, so shorter ones are laid down first. */
function single(elements: readonly Element[], field: Field): Values {
  const hasExceptions = elements.some((element) => element.nomatch);
  const parsed: { readonly set: Intervals; readonly nomatch: boolean }[] = [];
  for (const { text, nomatch } of elements) {
    const set = partSet(text, field);
    if (set === null) return { kind: 'unknown', text };
    parsed.push({ set, nomatch });
  }
  if (!hasExceptions) return { kind: 'intervals', set: fromPairs(parsed.flatMap(({ set }) => [...set])) };
  const size = (set: Intervals): Point => {
    const [low, end] = [set[0] ?? 0, set[1] ?? 0];
    return typeof end === 'bigint' && typeof low === 'bigint' ? end - low : Number(end) - Number(low);
  };
  parsed.sort((a, b) => (size(a.set) > size(b.set) ? -1 : 1));
  let all: Intervals = [];
  for (const { set, nomatch } of parsed) all = nomatch ? subtract(all, set) : union(all, set);
  return { kind: 'intervals', set: all };
}

function partSet(text: string, field: Field): Intervals | null {
  if (field.kind === 'port') {
    const [low, high] = text.split('-').map(Number);
    return low === undefined || !Number.isInteger(low) ? null : fromPairs([low, (high ?? low) + 1]);
  }
  if (field.kind === 'mark') return onePoint(Number(text));
  const prefix = addressSet(text);
  if (prefix !== null) return prefix;
  const [low, high] = text.split('-').map(addressPoint);
  if (low === null || low === undefined || high === null || high === undefined) return null;
  return fromPairs([low, next(high)]);
}

/** `10.0.0.1,tcp:80`: the port part holds protocol and port. */
function tupleOf(text: string, fields: readonly Field[]): readonly Values[] | null {
  const parts = text.split(',').flatMap((part): readonly string[] => {
    const proto = /^([a-z0-9-]+):(\d+)$/i.exec(part);
    const isAddress = addressPoint(part.split('/')[0] ?? '') !== null;
    return proto === null || isAddress ? [part] : [`proto:${proto[1]}`, proto[2] ?? ''];
  });
  if (parts.length !== fields.length) return null;
  const tuple: Values[] = [];
  for (const [i, field] of fields.entries()) {
    const part = parts[i] ?? '';
    if (field.kind === 'l4proto') {
      const name = part.replace(/^proto:/, '');
      const number = L4_PROTOCOLS[name] ?? (/^\d+$/.test(name) ? Number(name) : null);
      if (number === null) return null;
      tuple.push({ kind: 'intervals', set: onePoint(number) });
    } else if (field.kind === 'interface') {
      if (part.startsWith('physdev:')) return null;
      tuple.push({ kind: 'names', exact: new Set([part]), prefixes: [] });
    } else {
      const set = partSet(part, field);
      if (set === null) return null;
      tuple.push({ kind: 'intervals', set });
    }
  }
  return tuple;
}
