import type { YamlPath } from '../../lib/yaml.js';
import { parseCondition } from './condition.js';
import type { Expression, Item, Test } from './expression.js';
import { LanguageError, parseKey, type Scalar, testOf } from './modifiers.js';

/** Takes a mistake: where (path below the detection; `key` where the key is meant), what, and what to do. */
export type Complain = (path: YamlPath, message: string, hint: string | null, key?: 'key') => void;

export interface Detection {
  readonly expression: Expression;
  /** Selections that the condition does not use. */
  readonly unused: readonly string[];
}

const isScalar = (value: unknown): value is Scalar =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

export const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Name of the shared list in `{ list: NAME }`; null: the value is no such map. */
export function listName(value: unknown): string | null {
  if (!isMap(value)) return null;
  const { list } = value;
  return Object.keys(value).length === 1 && typeof list === 'string' ? list : null;
}

function attempt<T>(run: () => T, path: YamlPath, complain: Complain, key?: 'key'): T | null {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof LanguageError)) throw error;
    complain(path, error.message, error.hint, key);
    return null;
  }
}

/** Tests that only a field can have: a record as a whole has no existence, number or network. */
const NEEDS_FIELD: readonly Test['kind'][] = ['exists', 'compare', 'cidr', 'fieldref', 'null', 'boolean'];

/** The tests that an item's value or values make; mistakes are complained of and left out. */
function testsOf(
  value: unknown,
  modifiers: readonly string[],
  path: YamlPath,
  complain: Complain,
): readonly Test[] | null {
  const values = Array.isArray(value) ? value : [value];
  const tests: Test[] = [];
  let sound = true;
  values.forEach((each: unknown, index) => {
    const at = Array.isArray(value) ? [...path, index] : path;
    const list = listName(each);
    if (list !== null) {
      tests.push({ kind: 'list', name: list, modifiers });
      return;
    }
    if (!isScalar(each)) {
      complain(at, 'a value is a text, a number, true, false or null', 'or { list: NAME } for a shared list');
      sound = false;
      return;
    }
    if (each === null && values.length > 1) {
      complain(at, 'null cannot stand in a list of values', 'give it a selection of its own and join them with or');
      sound = false;
      return;
    }
    const test = attempt(() => testOf(each, modifiers), at, complain);
    if (test === null) sound = false;
    else tests.push(test);
  });
  return sound ? tests : null;
}

/** One `key: value` line of a map. */
function parseItem(key: string, value: unknown, path: YamlPath, complain: Complain): Item | null {
  const parsed = attempt(() => parseKey(key), path, complain, 'key');
  if (parsed === null) return null;
  const { field, modifiers } = parsed;
  const all = modifiers.includes('all');
  const tests = testsOf(value, modifiers, path, complain);
  if (tests === null) return null;
  if (all && tests.length < 2 && tests[0]?.kind !== 'list') {
    complain(
      path,
      'the modifier all needs a list of at least two values',
      'add a value, or take the modifier away',
      'key',
    );
    return null;
  }
  const unfit = tests.find((test) => NEEDS_FIELD.includes(test.kind));
  if (field === null && (unfit !== undefined || tests.length === 0)) {
    complain(
      path,
      'a keyword is a text or a number',
      key === '' ? 'write FIELD: VALUE' : `name a field in front of the |: \`FIELD${key}\``,
    );
    return null;
  }
  const found: readonly Test[] = tests.length === 0 ? [{ kind: 'null' }] : tests;
  return { field, key, tests: found, all, negated: modifiers.includes('neq') };
}

/** Sigma 1 had it beside the selections; without aggregations it says nothing. */
const isTimeframe = (name: string, value: unknown): boolean =>
  name === 'timeframe' && typeof value === 'string' && /^\d+[smhdMy]$/.test(value);

/** A selection: a map (and), a list of maps (or), a list of keywords (or), or one keyword. Lines with a mistake are left out. */
export function parseSelection(value: unknown, path: YamlPath, complain: Complain): Expression | null {
  if (isScalar(value)) {
    const item = parseItem('', value, path, complain);
    return item === null ? null : { kind: 'item', ...item };
  }
  const parts: (Expression | null)[] = [];
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every(isScalar)) {
      const item = parseItem('', value, path, complain);
      return item === null ? null : { kind: 'item', ...item };
    }
    value.forEach((each: unknown, index) => {
      parts.push(parseSelection(each, [...path, index], complain));
    });
  } else if (isMap(value))
    for (const [key, each] of Object.entries(value)) {
      const item = parseItem(key, each, [...path, key], complain);
      parts.push(item === null ? null : { kind: 'item', ...item });
    }
  if (parts.length === 0) {
    complain(path, 'the selection is empty', 'give it at least one field and value');
    return null;
  }
  const sound = parts.filter((part) => part !== null);
  const [only] = sound;
  if (only === undefined) return null;
  return sound.length === 1 ? only : { kind: Array.isArray(value) ? 'or' : 'and', parts: sound };
}

function parseConditions(
  value: unknown,
  path: YamlPath,
  names: Parameters<typeof parseCondition>[1],
  complain: Complain,
): { readonly expression: Expression; readonly used: ReadonlySet<string> } | null {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) complain(path, 'the condition is empty', 'name a selection');
  const used = new Set<string>();
  const parts: Expression[] = [];
  list.forEach((each, index) => {
    const at = Array.isArray(value) ? [...path, index] : path;
    if (typeof each !== 'string') {
      complain(at, 'a condition is a text', 'such as: selection and not filter');
      return;
    }
    const parsed = attempt(() => parseCondition(each, names), at, complain);
    if (parsed === null) return;
    parts.push(parsed.expression);
    for (const name of parsed.used) used.add(name);
  });
  const [only] = parts;
  if (parts.length < list.length || only === undefined) return null;
  return { expression: parts.length === 1 ? only : { kind: 'or', parts }, used };
}

/**
 * Parses a `detection`: named selections and a condition. Mistakes go to `complain`; what is returned then holds the rest, so that the rest can
 * be checked too. null: nothing is left. `macros` are shared selections that the condition may name.
 */
export function parseDetection(
  value: unknown,
  path: YamlPath,
  macros: ReadonlySet<string>,
  complain: Complain,
): Detection | null {
  if (!isMap(value)) {
    complain(path, 'a detection is a map of selections and a condition', null);
    return null;
  }
  const selections = new Map<string, Expression>();
  const names = Object.keys(value).filter((name) => name !== 'condition');
  // A selection with a mistake still has its name, so that the condition is not blamed for it.
  for (const name of names) {
    if (isTimeframe(name, value[name]))
      complain([...path, name], 'timeframes are no part of the language', 'a rule speaks of one record', 'key');
    selections.set(name, parseSelection(value[name], [...path, name], complain) ?? NOTHING);
  }
  if (names.length === 0 && macros.size === 0)
    complain(path, 'the detection has no selection', 'add one: `selection: { port: 23 }`');
  if (!Object.hasOwn(value, 'condition'))
    complain(path, 'the detection has no condition', 'add one: `condition: selection`');
  const condition = Object.hasOwn(value, 'condition')
    ? parseConditions(value['condition'], [...path, 'condition'], { selections, macros }, complain)
    : null;
  if (condition === null) return { expression: { kind: 'or', parts: [...selections.values()] }, unused: [] };
  return { expression: condition.expression, unused: names.filter((name) => !condition.used.has(name)) };
}

/** Stands for what could not be parsed; it is never run. */
const NOTHING: Expression = { kind: 'or', parts: [] };
