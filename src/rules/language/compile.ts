import { parseAddress, parsePrefix, prefixContains } from '../../lib/ip/address.js';
import { compileRegex, nativeTest, type RegexTest } from '../../lib/re.js';
import { unreachable } from '../../lib/unreachable.js';
import type { Anchor, Comparison, Expression, Item, Test } from './expression.js';
import { type Scalar, testOf } from './modifiers.js';
import { compilePattern, hasWildcard, type Part, widen } from './pattern.js';
import { everyValue, exists, type Reader, type RecordData, readerOf, textOf } from './values.js';

export type Predicate = (record: RecordData) => boolean;
/** True for a value of a record that satisfies a test. */
export type ValueTest = (value: unknown) => boolean;

/** What an expression is compiled against. */
export interface World {
  /** Values of shared lists, other lists in them already resolved. */
  readonly lists: ReadonlyMap<string, readonly Scalar[]>;
  readonly macros: ReadonlyMap<string, Expression>;
  /** Other names of a field's value (a service's aliases), itself included; null: the field has no such names. */
  readonly namesOf: (field: string) => ((value: string) => readonly string[]) | null;
  /** The RE2 engine; null while no pattern needs it. */
  readonly re2: Parameters<typeof compileRegex>[2];
}

/** A world without anything shared: plain Sigma. */
export const EMPTY_WORLD: World = { lists: new Map(), macros: new Map(), namesOf: () => null, re2: null };

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.length <= 40 && DECIMAL.test(value) ? Number(value) : null;
}

function compare(operator: Comparison, a: number, b: number): boolean {
  switch (operator) {
    case 'lt':
      return a < b;
    case 'lte':
      return a <= b;
    case 'gt':
      return a > b;
    case 'gte':
      return a >= b;
    default:
      return unreachable(operator);
  }
}

function textTest(parts: readonly Part[], cased: boolean): ValueTest {
  const matches = compilePattern(parts, cased);
  return (value) => {
    const text = textOf(value);
    return text !== null && matches(cased ? text : text.toLowerCase());
  };
}

/** What contains, startswith and endswith make of a regular expression, which is looked for anywhere without them. */
function anchored(source: string, anchor: Anchor): string {
  if (anchor === 'start' && !source.startsWith('^')) return `^(?:${source})`;
  return anchor === 'end' && !source.endsWith('$') ? `(?:${source})$` : source;
}

/** Flags of the `re` modifier. */
export const regexFlags = (flags: string) => ({
  i: flags.includes('i'),
  m: flags.includes('m'),
  s: flags.includes('s'),
});

/** The regular expression that a `re` test stands for. */
export const regexSource = (test: Extract<Test, { kind: 're' }>): string => anchored(test.source, test.anchor);

/** A pattern of the built-in pack was looked into when earshot was built. */
const regexTest = (test: Extract<Test, { kind: 're' }>, world: World): RegexTest =>
  test.native === undefined
    ? compileRegex(regexSource(test), regexFlags(test.flags), world.re2)
    : nativeTest(test.native);

function cidrTest(text: string): ValueTest {
  const prefix = parsePrefix(text);
  return (value) => {
    if (prefix === null || typeof value !== 'string') return false;
    const scope = value.indexOf('%');
    const address = parseAddress(scope < 0 ? value : value.slice(0, scope));
    return address !== null && prefixContains(prefix, address);
  };
}

/** A test that looks at one value. null: it looks at the record (`exists`, `null`, `fieldref`). */
function valueTest(test: Test, world: World): ValueTest | null {
  switch (test.kind) {
    case 'text':
      return textTest(test.parts, test.cased);
    case 'boolean': {
      const text = String(test.value);
      return (value) => value === test.value || (typeof value === 'string' && value.toLowerCase() === text);
    }
    case 'compare':
      return (value) => {
        const number = numberOf(value);
        return number !== null && compare(test.operator, number, test.number);
      };
    case 're': {
      let matches: RegexTest | null = null;
      return (value) => {
        const text = textOf(value);
        if (text === null) return false;
        matches ??= regexTest(test, world);
        return matches(text);
      };
    }
    case 'cidr':
      return cidrTest(test.prefix);
    case 'null':
    case 'exists':
    case 'fieldref':
    case 'list':
      return null;
    default:
      return unreachable(test);
  }
}

function relates(anchor: Anchor, text: string, other: string): boolean {
  switch (anchor) {
    case 'whole':
      return text === other;
    case 'start':
      return text.startsWith(other);
    case 'end':
      return text.endsWith(other);
    case 'anywhere':
      return text.includes(other);
    default:
      return unreachable(anchor);
  }
}

function fieldrefTest(read: Reader, test: Extract<Test, { kind: 'fieldref' }>): Predicate {
  const readOther = readerOf(test.field);
  const fold = (value: unknown): string | null => {
    const text = textOf(value);
    return text === null || test.cased ? text : text.toLowerCase();
  };
  return (record) =>
    read(record, (value) => {
      const text = fold(value);
      if (text === null) return false;
      return readOther(record, (other) => {
        const otherText = fold(other);
        return otherText !== null && relates(test.anchor, text, otherText);
      });
    });
}

function nullTest(read: Reader): Predicate {
  return (record) => {
    let any = false;
    const isNull = read(record, (value) => {
      any = true;
      return value === null || value === undefined;
    });
    return isNull || !any;
  };
}

/** The one text a test equals, in lower case; null: it is of another kind. */
export function plainText(test: Test): string | null {
  if (test.kind !== 'text' || test.cased || hasWildcard(test.parts)) return null;
  const [part] = test.parts;
  if (part === undefined) return '';
  return typeof part === 'string' ? part.toLowerCase() : null;
}

/** An item's tests with shared lists spelled out. */
export function testsOfItem(item: Item, world: World): readonly Test[] {
  if (!item.tests.some((test) => test.kind === 'list')) return item.tests;
  return item.tests.flatMap((test) =>
    test.kind === 'list' ? (world.lists.get(test.name) ?? []).map((value) => testOf(value, test.modifiers)) : [test],
  );
}

/** One test as a question about the record. */
function testPredicate(field: string, read: Reader, test: Test, world: World): Predicate {
  if (test.kind === 'exists') return (record) => exists(record, field) === test.value;
  if (test.kind === 'null') return nullTest(read);
  if (test.kind === 'fieldref') return fieldrefTest(read, test);
  const matches = valueTest(test, world);
  if (matches === null) return () => false;
  const names = world.namesOf(field);
  if (names === null || (test.kind !== 'text' && test.kind !== 're')) return (record) => read(record, matches);
  const wanted = plainText(test);
  if (wanted !== null) {
    const spellings = new Set(names(wanted));
    return (record) => read(record, (value) => typeof value === 'string' && spellings.has(value.toLowerCase()));
  }
  return (record) => read(record, (value) => (typeof value === 'string' ? names(value).some(matches) : matches(value)));
}

/** Texts whose case does not count: one walk over the values, one change of case, one look-up for the plain ones. */
function anyText(read: Reader, tests: readonly TextTest[], names: ReturnType<World['namesOf']>): Predicate {
  const plain = new Set<string>();
  const patterns: ((text: string) => boolean)[] = [];
  for (const test of tests) {
    const text = plainText(test);
    if (text === null) patterns.push(compilePattern(test.parts, false));
    else for (const name of names === null ? [text] : names(text)) plain.add(name);
  }
  const matches = (text: string): boolean => {
    if (plain.has(text)) return true;
    for (const pattern of patterns) if (pattern(text)) return true;
    return false;
  };
  return (record) =>
    read(record, (value) => {
      const text = textOf(value);
      if (text === null) return false;
      const lower = text.toLowerCase();
      return matches(lower) || (names !== null && patterns.length > 0 && names(lower).some(matches));
    });
}

type TextTest = Extract<Test, { kind: 'text' }>;

/** An item holds where one of its tests does. */
function anyOf(field: string, read: Reader, tests: readonly Test[], world: World): Predicate {
  const texts = tests.filter((test): test is TextTest => test.kind === 'text' && !test.cased);
  const rest = tests.filter((test) => test.kind !== 'text' || test.cased);
  const makers = rest.map((test) => () => testPredicate(field, read, test, world));
  if (texts.length > 0) makers.unshift(() => anyText(read, texts, world.namesOf(field)));
  const [only] = makers;
  return makers.length === 1 && only !== undefined ? only() : one(makers);
}

/** True where one of several predicates holds. Each is made when it is first asked: most rules are decided by their first part. */
function one(makers: readonly (() => Predicate)[]): Predicate {
  const made: Predicate[] = [];
  return (record) => {
    for (let at = 0; at < makers.length; at++) {
      const predicate = made[at] ?? makers[at]?.();
      if (predicate === undefined) continue;
      made[at] = predicate;
      if (predicate(record)) return true;
    }
    return false;
  };
}

/** True where all of several predicates hold; made as in `one`. */
function every(makers: readonly (() => Predicate)[]): Predicate {
  const made: Predicate[] = [];
  return (record) => {
    for (let at = 0; at < makers.length; at++) {
      const predicate = made[at] ?? makers[at]?.();
      if (predicate === undefined) continue;
      made[at] = predicate;
      if (!predicate(record)) return false;
    }
    return true;
  };
}

/** Keywords: texts looked for in every value of the record, where they may stand anywhere unless a modifier says where. */
function keywordPredicate(item: Item, tests: readonly Test[], world: World): Predicate {
  const placed = /\|(contains|startswith|endswith)\b/.test(item.key);
  const matchers = tests.map((test) => {
    const loose = test.kind === 'text' && !placed ? { ...test, parts: widen(test.parts, true, true) } : test;
    return valueTest(loose, world) ?? (() => false);
  });
  const found = (record: RecordData) => (matches: ValueTest) => everyValue(record, matches);
  return item.all ? (record) => matchers.every(found(record)) : (record) => matchers.some(found(record));
}

/** One line of a map as a question about the record. */
export function compileItem(item: Item, world: World): Predicate {
  const tests = testsOfItem(item, world);
  const { field } = item;
  let holds: Predicate;
  if (field === null) holds = keywordPredicate(item, tests, world);
  else if (item.all) {
    const read = readerOf(field);
    const predicates = tests.map((test) => testPredicate(field, read, test, world));
    holds = (record) => predicates.every((predicate) => predicate(record));
  } else holds = anyOf(field, readerOf(field), tests, world);
  return item.negated ? (record) => !holds(record) : holds;
}

/** Compiles an expression to a closure. Shared selections must be free of cycles. */
export function compile(expression: Expression, world: World): Predicate {
  switch (expression.kind) {
    case 'and':
      return every(expression.parts.map((part) => () => compile(part, world)));
    case 'or':
      return one(expression.parts.map((part) => () => compile(part, world)));
    case 'not': {
      const part = compile(expression.part, world);
      return (record) => !part(record);
    }
    case 'selection':
      return compile(expression.part, world);
    case 'macro': {
      const macro = world.macros.get(expression.name);
      if (macro === undefined) throw new Error(`macro ${expression.name} was not checked`);
      return compile(macro, world);
    }
    case 'item':
      return compileItem(expression, world);
    default:
      return unreachable(expression);
  }
}
