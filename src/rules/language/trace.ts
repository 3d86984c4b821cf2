import { unreachable } from '../../lib/unreachable.js';
import { compileItem, regexSource, testsOfItem, type World } from './compile.js';
import type { Anchor, Expression, Item, Test } from './expression.js';
import { MANY, type Part, showPattern } from './pattern.js';
import { exists, type RecordData, readerOf, textOf } from './values.js';

/** An expression evaluated part by part. */
export interface Traced {
  readonly kind: Expression['kind'];
  /** What it is, in words: `and`, a selection's name, `port|gte: 6000`. */
  readonly label: string;
  readonly holds: boolean;
  readonly parts: readonly Traced[];
  /** For an item: its line of the rule, and the values that the record has there. */
  readonly item: { readonly item: Item; readonly values: readonly string[] } | null;
}

const VALUES_SHOWN_MAX = 8;

/** The values of a record that an item speaks of, as text; `null` for null, nothing where the field is not there. */
function valuesAt(record: RecordData, field: string): readonly string[] {
  const values: string[] = [];
  readerOf(field)(record, (value) => {
    values.push(textOf(value) ?? (value === null ? 'null' : '{…}'));
    return values.length >= VALUES_SHOWN_MAX;
  });
  return values;
}

const ANCHOR_WORDS: Readonly<Record<Anchor, string>> = {
  whole: 'is',
  start: 'starts with',
  end: 'ends with',
  anywhere: 'contains',
};

/** A test in words: a verb and what it is about (empty: the verb says it all). */
type Words = readonly [verb: string, object: string];

function showParts(parts: readonly Part[]): Words {
  const [first, second, third] = parts;
  if (parts.length === 0) return ['is empty', ''];
  if (parts.length === 1) return first === MANY ? ['is there', ''] : ['is', showPattern(parts)];
  if (parts.length === 2 && typeof first === 'string' && second === MANY) return ['starts with', first];
  if (parts.length === 2 && first === MANY && typeof second === 'string') return ['ends with', second];
  if (parts.length === 3 && first === MANY && typeof second === 'string' && third === MANY) return ['contains', second];
  return ['is like', showPattern(parts)];
}

const COMPARISON_WORDS = { lt: 'is less than', lte: 'is at most', gt: 'is more than', gte: 'is at least' } as const;

function showTest(test: Test): Words {
  switch (test.kind) {
    case 'text':
      return showParts(test.parts);
    case 'boolean':
      return ['is', String(test.value)];
    case 'null':
      return ['is not there', ''];
    case 'exists':
      return [test.value ? 'is given' : 'is not given', ''];
    case 'compare':
      return [COMPARISON_WORDS[test.operator], String(test.number)];
    case 're':
      return ['matches', `/${regexSource(test)}/${test.flags}`];
    case 'cidr':
      return ['is in', test.prefix];
    case 'fieldref':
      return [ANCHOR_WORDS[test.anchor], `the value of ${test.field}`];
    case 'list':
      return ['is in the list', test.name];
    default:
      return unreachable(test);
  }
}

const TESTS_SHOWN_MAX = 6;

/** `a, b or c`. */
const listed = (words: readonly string[], joiner: 'or' | 'and'): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${joiner} ${words[words.length - 1]}`;

/** An item's values in words: `is 21, 23 or 69`. */
export function showItem(item: Item): string {
  const joiner = item.all ? 'and' : 'or';
  const shown = item.tests.slice(0, TESTS_SHOWN_MAX).map(showTest);
  const more = item.tests.length - shown.length;
  const verbs = [...new Set(shown.map(([verb]) => verb))];
  const groups = verbs.map((verb) => {
    const objects = shown.filter((words) => words[0] === verb).map(([, object]) => object);
    const all = more > 0 && verbs.length === 1 ? [...objects, `${more} more`] : objects;
    return `${verb} ${listed(all, joiner)}`.trim();
  });
  if (more > 0 && verbs.length > 1) groups.push(`${more} more`);
  const text = listed(groups, joiner);
  return item.negated ? `not (${text})` : text;
}

/** Evaluates an expression and keeps what each part came to. */
export function trace(expression: Expression, record: RecordData, world: World): Traced {
  switch (expression.kind) {
    case 'and':
    case 'or': {
      const parts = expression.parts.map((part) => trace(part, record, world));
      const holds = expression.kind === 'and' ? parts.every((part) => part.holds) : parts.some((part) => part.holds);
      return {
        kind: expression.kind,
        label: expression.kind === 'and' ? 'all of' : 'one of',
        holds,
        parts,
        item: null,
      };
    }
    case 'not': {
      const part = trace(expression.part, record, world);
      return { kind: 'not', label: 'not', holds: !part.holds, parts: [part], item: null };
    }
    case 'selection': {
      const part = trace(expression.part, record, world);
      return { kind: 'selection', label: expression.name, holds: part.holds, parts: [part], item: null };
    }
    case 'macro': {
      const macro = world.macros.get(expression.name);
      const parts = macro === undefined ? [] : [trace(macro, record, world)];
      return {
        kind: 'macro',
        label: `macro ${expression.name}`,
        holds: parts.some((part) => part.holds),
        parts,
        item: null,
      };
    }
    case 'item': {
      const holds = compileItem(expression, world)(record);
      const values = expression.field === null ? [] : valuesAt(record, expression.field);
      const label = `${expression.field ?? 'any value'} ${showItem(expression)}`;
      return { kind: 'item', label, holds, parts: [], item: { item: expression, values } };
    }
    default:
      return unreachable(expression);
  }
}

/** How to find the values of a record that made an item hold: those that satisfy one of its tests alone. Made once for an item. */
export function valuesFinder(item: Item, world: World): (record: RecordData) => readonly string[] {
  if (item.field === null || item.negated) return () => [];
  const { field } = item;
  const holds = compileItem({ ...item, all: false, tests: testsOfItem(item, world) }, world);
  const read = readerOf(field);
  return (record) => {
    const values: string[] = [];
    read(record, (value) => {
      if (holds({ [field]: value })) values.push(textOf(value) ?? 'null');
      return values.length >= VALUES_SHOWN_MAX;
    });
    if (values.length > 0) return values;
    return exists(record, field) ? valuesAt(record, field) : [];
  };
}
