import { Re2Missing } from '../lib/re.js';
import { unreachable } from '../lib/unreachable.js';
import { compile, plainText, testsOfItem, type World } from './language/compile.js';
import type { Expression, Item } from './language/expression.js';
import { type Reader, type RecordData, readerOf, textOf } from './language/values.js';
import type { IndexKey, Rule } from './rule.js';

/**
 * Finds the rules of one subject that match a record, without asking all of them. A rule that could not be asked, because it needs the RE2
 * engine and that is not loaded, is handed to `later`.
 */
export interface RuleIndex {
  readonly matching: (record: RecordData, later: (rule: Rule) => void) => readonly Rule[];
}

/** Fields that tell records apart, the best first. */
const DISCRIMINATING = [
  'service.name',
  'port',
  'owners.name',
  'owners.exeState',
  'owners.exeWritable',
  'owners.posesAsKernel',
  'owners.package.modified',
  'owners.setuid',
  'owners.parents',
  'exposure.ipv6Wider',
  'queue.full',
  'protocol',
  'etherType',
  'ipProtocol',
  'name',
  'type',
];
/** A value list longer than this is no shorter way. */
const VALUES_MAX = 64;

/** A compiled rule, made at its first use. */
interface Entry {
  readonly rule: Rule;
  readonly order: number;
  holds: ((record: RecordData) => boolean) | null;
}

/**
 * The values of which `field` must have one for the expression to hold: exact texts in lower case. null: it can hold with others.
 * An `and` needs what any part needs; an `or` what its parts need together.
 */
function required(expression: Expression, field: string, world: World): ReadonlySet<string> | null {
  switch (expression.kind) {
    case 'item':
      return expression.field === field ? exactValues(expression, world) : null;
    case 'selection':
      return required(expression.part, field, world);
    case 'macro': {
      const macro = world.macros.get(expression.name);
      return macro === undefined ? null : required(macro, field, world);
    }
    case 'and': {
      let best: ReadonlySet<string> | null = null;
      for (const part of expression.parts) {
        const set = required(part, field, world);
        if (set !== null && (best === null || set.size < best.size)) best = set;
      }
      return best;
    }
    case 'or': {
      const all = new Set<string>();
      for (const part of expression.parts) {
        const set = required(part, field, world);
        if (set === null) return null;
        for (const value of set) all.add(value);
      }
      return all;
    }
    case 'not':
      return null;
    default:
      return unreachable(expression);
  }
}

function exactValues(item: Item, world: World): ReadonlySet<string> | null {
  if (item.negated) return null;
  const tests = testsOfItem(item, world);
  const names = world.namesOf(item.field ?? '');
  const values = new Set<string>();
  for (const test of tests) {
    const text = test.kind === 'boolean' ? String(test.value) : plainText(test);
    if (text === null) return null;
    for (const name of names === null ? [text] : names(text)) values.add(name);
    if (item.all) break;
  }
  return values;
}

/** Where a rule stands in the index: a record must have a value of one of these keys. null: every record is shown to it. */
export function indexKeysOf(expression: Expression, world: World): readonly IndexKey[] | null {
  for (const field of DISCRIMINATING) {
    const values = required(expression, field, world);
    if (values !== null && values.size <= VALUES_MAX) return [{ field, values: [...values] }];
  }
  switch (expression.kind) {
    case 'selection':
      return indexKeysOf(expression.part, world);
    case 'macro': {
      const macro = world.macros.get(expression.name);
      return macro === undefined ? null : indexKeysOf(macro, world);
    }
    case 'and':
      return expression.parts.map((part) => indexKeysOf(part, world)).find((keys) => keys !== null) ?? null;
    case 'or': {
      const parts = expression.parts.map((part) => indexKeysOf(part, world));
      return parts.every((keys) => keys !== null) ? parts.flat() : null;
    }
    case 'item':
    case 'not':
      return null;
    default:
      return unreachable(expression);
  }
}

/** Builds the index: each rule stands under the values of one field, or among those that every record is shown to. */
export function buildIndex(rules: readonly Rule[], world: World): RuleIndex {
  const tables = new Map<string, { readonly read: Reader; readonly byValue: Map<string, Entry[]> }>();
  const always: Entry[] = [];
  rules.forEach((rule, order) => {
    const entry: Entry = { rule, order, holds: null };
    const keys = rule.keys === undefined ? indexKeysOf(rule.expression, world) : rule.keys;
    if (keys === null) always.push(entry);
    for (const { field, values } of keys ?? []) {
      const table = tables.get(field) ?? { read: readerOf(field), byValue: new Map<string, Entry[]>() };
      tables.set(field, table);
      for (const value of values) {
        const there = table.byValue.get(value);
        if (there === undefined) table.byValue.set(value, [entry]);
        else if (there[there.length - 1] !== entry) there.push(entry);
      }
    }
  });
  return {
    matching: (record, later) => matchingRules(record, tables, always, (entry) => ask(entry, record, world, later)),
  };
}

/** True where the rule matches; compiled when it is first asked. */
function ask(entry: Entry, record: RecordData, world: World, later: (rule: Rule) => void): boolean {
  entry.holds ??= predicateOf(entry.rule, world);
  try {
    return entry.holds(record);
  } catch (error) {
    if (!(error instanceof Re2Missing)) throw error;
    later(entry.rule);
    return false;
  }
}

/** A rule as a question, the exceptions of overrides taken off. */
export function predicateOf(rule: Rule, world: World): (record: RecordData) => boolean {
  const matches = compile(rule.expression, world);
  const exceptions = rule.except.map((expression) => compile(expression, world));
  return exceptions.length === 0
    ? matches
    : (record) => matches(record) && !exceptions.some((exception) => exception(record));
}

const NONE: readonly Rule[] = [];

function matchingRules(
  record: RecordData,
  tables: ReadonlyMap<string, { readonly read: Reader; readonly byValue: ReadonlyMap<string, readonly Entry[]> }>,
  always: readonly Entry[],
  holds: (entry: Entry) => boolean,
): readonly Rule[] {
  let found: Entry[] | null = null;
  const take = (entry: Entry): void => {
    if (found?.includes(entry) === true || !holds(entry)) return;
    found ??= [];
    found.push(entry);
  };
  for (const entry of always) take(entry);
  for (const { read, byValue } of tables.values())
    read(record, (value) => {
      const text = textOf(value);
      const entries = text === null ? undefined : byValue.get(text.toLowerCase());
      if (entries !== undefined) for (const entry of entries) take(entry);
      return false;
    });
  const matched = found as Entry[] | null;
  if (matched === null) return NONE;
  return matched.sort((a, b) => a.order - b.order).map(({ rule }) => rule);
}
