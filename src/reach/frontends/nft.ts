import {
  type BaseChain,
  type Chain,
  chainKey,
  type Field,
  type Hook,
  type MapEntry,
  type NamedSet,
  type Rule,
  type Values,
} from '../ir.js';
import { addressElements, CUT_KEY, thin } from './elements.js';
import { isList, isRecord, type Json, numberOf, stringOf, textOf } from './json.js';
import { mapEntries, type SetsOf, stepOf } from './nft-statements.js';
import { ruleText } from './nft-text.js';
import { setValues } from './nft-values.js';

/** What one nft listing gives. */
export interface NftRuleset {
  readonly chains: ReadonlyMap<string, Chain>;
  readonly base: readonly BaseChain[];
  readonly problems: readonly string[];
  /** Keys of chains with rules that hold opaque `xt` parts, by rule index. */
  readonly opaque: ReadonlyMap<string, readonly number[]>;
}

interface RawSet {
  readonly elements: readonly Json[] | null;
  /** Text of a long list of elements, not parsed yet; null: `elements` is all. */
  readonly long: string | null;
  changing: boolean;
}

interface RawChain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly body: { readonly [key: string]: Json };
  readonly rules: { readonly [key: string]: Json }[];
}

interface Listing {
  readonly chains: Map<string, RawChain>;
  readonly sets: Map<string, RawSet>;
  readonly dormant: Set<string>;
  readonly tables: Set<string>;
  readonly lists: readonly string[];
  readonly problems: string[];
}

const HOOKS: ReadonlySet<string> = new Set([
  'ingress',
  'egress',
  'prerouting',
  'input',
  'forward',
  'output',
  'postrouting',
]);

/** What a table may bear, by nft's words. */
const TABLE_FLAGS: ReadonlySet<string> = new Set(['dormant', 'owner', 'persist']);

const tableKey = (body: { readonly [key: string]: Json }): string =>
  `${stringOf(body['family']) ?? ''} ${stringOf(body['table']) ?? ''}`;

/** Parses the text of `nft -j list ruleset`. A text that is cut off or no ruleset gives a problem that says where. */
export function parseNft(text: string, origin: string): NftRuleset {
  const problems: string[] = [];
  const thinned = thin(text);
  const listing: Listing = {
    chains: new Map(),
    sets: new Map(),
    dormant: new Set(),
    tables: new Set(),
    lists: thinned.lists,
    problems,
  };
  for (const item of objectsOf(thinned.text, origin, problems)) takeObject(item, listing);
  return build(listing);
}

function objectsOf(text: string, origin: string, problems: string[]): readonly Json[] {
  let whole: Json;
  try {
    whole = JSON.parse(text) as Json;
  } catch (error) {
    problems.push(`${origin}: not JSON: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
  const items = isRecord(whole) ? whole['nftables'] : null;
  if (isList(items)) return items;
  problems.push(`${origin}: expected an object with a list "nftables", as nft -j list ruleset prints it`);
  return [];
}

function takeObject(item: Json, listing: Listing): void {
  if (!isRecord(item)) {
    listing.problems.push(`not an object: ${textOf(item)}`);
    return;
  }
  const [key] = Object.keys(item);
  const body = key === undefined ? null : (item[key] ?? null);
  if (key === undefined || !isRecord(body)) return;
  switch (key) {
    case 'table': {
      const table = `${stringOf(body['family']) ?? ''} ${stringOf(body['name']) ?? ''}`;
      listing.tables.add(table);
      const flags = body['flags'] ?? [];
      const words = isList(flags) ? flags : [flags];
      if (words.includes('dormant')) listing.dormant.add(table);
      // nft 1.0.6 prints what lies in its memory, most often the table's name.
      if (words.some((word) => !TABLE_FLAGS.has(stringOf(word) ?? '')))
        listing.problems.push(
          `flags of table ${table} are not what nft knows (${textOf(flags)}): it may be dormant, then none of its rules is asked`,
        );
      return;
    }
    case 'chain':
      listing.chains.set(`${tableKey(body)} ${stringOf(body['name']) ?? ''}`, {
        family: stringOf(body['family']) ?? '',
        table: stringOf(body['table']) ?? '',
        name: stringOf(body['name']) ?? '',
        body,
        rules: [],
      });
      return;
    case 'set':
    case 'map':
      takeSet(body, listing);
      return;
    case 'element': {
      const elements = isList(body['elem']) ? body['elem'] : [];
      const known = listing.sets.get(`${tableKey(body)} ${stringOf(body['name']) ?? ''}`);
      if (known !== undefined) {
        listing.sets.set(`${tableKey(body)} ${stringOf(body['name']) ?? ''}`, {
          ...known,
          elements: [...(known.elements ?? []), ...elements],
        });
      }
      return;
    }
    case 'rule':
      takeRule(body, listing);
      return;
    default:
  }
}

function takeSet(body: { readonly [key: string]: Json }, listing: Listing): void {
  const flags = isList(body['flags']) ? body['flags'] : [];
  const elements = body['elem'];
  const [only] = isList(elements) ? elements : [];
  const cut = isRecord(only) ? numberOf(only[CUT_KEY]) : null;
  const readable = elements === undefined || isList(elements) ? (elements ?? []) : [elements];
  listing.sets.set(`${tableKey(body)} ${stringOf(body['name']) ?? ''}`, {
    // The collector's own mark for a set whose elements it could not read.
    elements: body['earshot-unread'] === true ? null : cut === null ? readable : [],
    long: cut === null ? null : (listing.lists[cut] ?? null),
    changing: flags.includes('dynamic'),
  });
}

/** All elements of a set; a long list is parsed now. null: no such set. */
function elementsOf(raw: RawSet | undefined): readonly Json[] | null {
  if (raw === undefined) return null;
  if (raw.long === null) return raw.elements;
  const parsed = JSON.parse(raw.long) as Json;
  return isList(parsed) ? [...parsed, ...(raw.elements ?? [])] : raw.elements;
}

/** The values of a set. A long list of addresses becomes intervals without an object for each. */
function valuesOfSet(raw: RawSet | undefined, field: Field): Values | null {
  if (raw?.long !== undefined && raw.long !== null && raw.elements?.length === 0 && field.kind === 'address') {
    const set = addressElements(raw.long);
    if (set !== null) return { kind: 'intervals', set };
  }
  const elements = elementsOf(raw);
  return elements === null ? null : setValues(elements.map(keyOf), field);
}

function takeRule(body: { readonly [key: string]: Json }, listing: Listing): void {
  const key = `${tableKey(body)} ${stringOf(body['chain']) ?? ''}`;
  const chain = listing.chains.get(key);
  if (chain === undefined) {
    listing.problems.push(`a rule (handle ${numberOf(body['handle'])}) stands in chain ${key}, which is not listed`);
    return;
  }
  chain.rules.push(body);
  for (const set of setsFilledBy(body['expr'] ?? null)) {
    const known = listing.sets.get(`${chain.family} ${chain.table} ${set}`);
    if (known !== undefined) known.changing = true;
  }
}

/** Names of the sets that a rule adds elements to. */
function setsFilledBy(expressions: Json): readonly string[] {
  if (!isList(expressions)) return [];
  const names: string[] = [];
  for (const one of expressions) {
    if (!isRecord(one)) continue;
    for (const key of ['set', 'map', 'meter']) {
      const body = one[key];
      if (!isRecord(body)) continue;
      const name = stringOf(body['set']) ?? stringOf(body['map']) ?? stringOf(body['name']);
      if (name !== null) names.push(name.replace(/^@/, ''));
    }
  }
  return names;
}

function build(listing: Listing): NftRuleset {
  const chains = new Map<string, Chain>();
  const opaque = new Map<string, readonly number[]>();
  const base: BaseChain[] = [];
  const named = new Map<string, NamedSet>();
  for (const raw of listing.chains.values()) {
    if (!listing.tables.has(`${raw.family} ${raw.table}`))
      listing.problems.push(
        `chain ${raw.name} is listed without its table ${raw.family} ${raw.table}: give the whole ruleset, not the listing of a chain`,
      );
    const key = chainKey('nft', raw.family, raw.table, raw.name);
    const sets: SetsOf = (name, field) => namedSet(listing, named, `${raw.family} ${raw.table} ${name}`, field);
    const chain: Chain = {
      backend: 'nft',
      family: raw.family,
      table: raw.table,
      name: raw.name,
      rules: raw.rules.map((body) => ruleOf(body, sets)),
    };
    chains.set(key, chain);
    const hidden = raw.rules.flatMap((body, i) => (isOpaque(body) ? [i] : []));
    if (hidden.length > 0) opaque.set(key, hidden);
    const hooked = baseOf(raw, chain);
    if (hooked !== null && !listing.dormant.has(`${raw.family} ${raw.table}`)) base.push(hooked);
  }
  return { chains, base, problems: listing.problems, opaque };
}

const isOpaque = (body: { readonly [key: string]: Json }): boolean =>
  isList(body['expr']) && body['expr'].some((one) => isRecord(one) && one['xt'] !== undefined);

function ruleOf(body: { readonly [key: string]: Json }, sets: SetsOf): Rule {
  const expressions = isList(body['expr']) ? body['expr'] : [];
  return {
    steps: isList(body['expr'])
      ? expressions.map((one) => stepOf(one, sets))
      : [{ kind: 'unknown', text: 'a rule without expressions' }],
    handle: numberOf(body['handle']),
    number: null,
    text: () => ruleText(expressions, stringOf(body['comment'])),
  };
}

function baseOf(raw: RawChain, chain: Chain): BaseChain | null {
  const hook = stringOf(raw.body['hook']);
  if (hook === null) return null;
  const type = stringOf(raw.body['type']);
  const priority = numberOf(raw.body['prio']);
  const device = raw.body['dev'];
  const known = HOOKS.has(hook) && (type === 'filter' || type === 'nat' || type === 'route') && priority !== null;
  return {
    chain,
    hook: HOOKS.has(hook) ? (hook as Hook) : 'prerouting',
    type: type === 'nat' || type === 'route' ? type : 'filter',
    priority: priority ?? 0,
    policy: stringOf(raw.body['policy']) === 'drop' ? 'drop' : 'accept',
    devices: (isList(device) ? device : [device ?? null]).flatMap((one) => (typeof one === 'string' ? [one] : [])),
    doubt: known ? null : `base chain ${raw.family} ${raw.table} ${raw.name} hangs on ${hook}, type ${type}`,
  };
}

/** A named set or map over the field it is asked with; elements are parsed once, when a question meets the set. */
function namedSet(listing: Listing, named: Map<string, NamedSet>, key: string, field: Field): NamedSet {
  const cacheKey = `${key} ${JSON.stringify(field, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`;
  const known = named.get(cacheKey);
  if (known !== undefined) return known;
  let values: Values | null | undefined;
  let entries: readonly MapEntry[] | null | undefined;
  const raw = (): RawSet | undefined => listing.sets.get(key);
  const sets: SetsOf = (name, of) => namedSet(listing, named, `${key.split(' ').slice(0, 2).join(' ')} ${name}`, of);
  const set: NamedSet = {
    name: key,
    get changing() {
      return raw()?.changing ?? false;
    },
    elements: () => {
      if (values === undefined) {
        values = valuesOfSet(raw(), field);
      }
      return values;
    },
    entries: () => {
      if (entries === undefined) {
        const elements = elementsOf(raw());
        entries = elements === null ? null : mapEntries(elements, field, sets);
      }
      return entries;
    },
  };
  named.set(cacheKey, set);
  return set;
}

/** Elements of a map are `[key, data]`. */
const keyOf = (element: Json): Json => (isList(element) ? (element[0] ?? null) : element);
