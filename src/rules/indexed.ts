import { unreachable } from '../lib/unreachable.js';
import { isOwn } from './kinds.js';
import { plainText, testsOfItem, type World } from './language/compile.js';
import { type Expression, type Item, itemsOf } from './language/expression.js';
import type { IndexKey, IndexParts, Rule } from './rule.js';

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
/** Fields that have one of few values in most records: they are taken where a rule asks for nothing else. */
const SELDOM_TELLING = [
  'exposure.widest',
  'default',
  'up',
  'bridgePort',
  'read',
  'wildcard',
  'listening',
  'family',
  'namespace.name',
];
/** A value list longer than this is no shorter way. */
const VALUES_MAX = 64;

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
const indexKeysOf = (expression: Expression, world: World): readonly IndexKey[] | null =>
  keysByDiscriminating(expression, world) ?? keysByAnyField(expression, world);

/** The first field of the rule that must have a certain value. */
function keysByAnyField(expression: Expression, world: World): readonly IndexKey[] | null {
  const named = [...itemsOf(expression)].flatMap(({ field }) => (field === null || isOwn(field) ? [] : [field]));
  const telling = named.filter((field) => !SELDOM_TELLING.includes(field));
  for (const field of [...telling, ...SELDOM_TELLING]) {
    const values = required(expression, field, world);
    if (values !== null && values.size <= VALUES_MAX) return [{ field, values: [...values] }];
  }
  return null;
}

function keysByDiscriminating(expression: Expression, world: World): readonly IndexKey[] | null {
  for (const field of DISCRIMINATING) {
    const values = required(expression, field, world);
    if (values !== null && values.size <= VALUES_MAX) return [{ field, values: [...values] }];
  }
  switch (expression.kind) {
    case 'selection':
      return keysByDiscriminating(expression.part, world);
    case 'macro': {
      const macro = world.macros.get(expression.name);
      return macro === undefined ? null : keysByDiscriminating(macro, world);
    }
    case 'and':
      return expression.parts.map((part) => keysByDiscriminating(part, world)).find((keys) => keys !== null) ?? null;
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

/** Which rules, by number, stand under the values of which field; and those that every record is shown to. */
interface Index {
  readonly always: readonly number[];
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;
}

/** Builds the index: each rule stands under the values of one field (or of several, for an `or`). */
export function indexParts(rules: readonly Rule[], world: World): Index & IndexParts {
  const tables = new Map<string, Map<string, number[]>>();
  const always: number[] = [];
  rules.forEach((rule, number) => {
    const keys = rule.keys === undefined ? indexKeysOf(rule.expression, world) : rule.keys;
    if (keys === null) always.push(number);
    for (const { field, values } of keys ?? []) {
      const table = tables.get(field) ?? new Map<string, number[]>();
      tables.set(field, table);
      for (const value of values) {
        const there = table.get(value);
        if (there === undefined) table.set(value, [number]);
        else if (there[there.length - 1] !== number) there.push(number);
      }
    }
  });
  return {
    always,
    tables,
    fields: [...tables.keys()],
    rulesAt: (field) => {
      const table = tables.get(field);
      return (value) => table?.get(value) ?? NONE;
    },
    ruleAt: (number) => {
      const rule = rules[number];
      if (rule === undefined) throw new RangeError(`rule ${number} of ${rules.length}`);
      return rule;
    },
  };
}

const NONE: readonly number[] = [];
