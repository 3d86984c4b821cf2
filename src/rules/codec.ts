import { nativeRegex } from '../lib/re.js';
import { unreachable } from '../lib/unreachable.js';
import { regexFlags, regexSource } from './language/compile.js';
import type { Expression, Item, Test } from './language/expression.js';
import type { Part } from './language/pattern.js';

/** An expression as the built-in pack stores it: the common cases short, since every start reads the file. */
export type Code =
  | { readonly and: readonly Code[] }
  | { readonly or: readonly Code[] }
  | { readonly not: Code }
  | { readonly of: Code; readonly name: string }
  | { readonly macro: string }
  | {
      readonly field: string | null;
      readonly tests: readonly (string | Test)[];
      readonly key?: string;
      readonly all?: true;
      readonly negated?: true;
    };

/** A text whose case does not count and that has no wildcard stands as itself. */
function shortTest(test: Test): string | Test {
  const [part] = test.kind === 'text' && !test.cased ? test.parts : [];
  return test.kind === 'text' && test.parts.length === 1 && typeof part === 'string' ? part : test;
}

/** A pattern with what looking into it found: to do that at each start would cost more than all else of the rule. */
function lookedInto(test: Test): Test {
  if (test.kind !== 're') return test;
  const native = nativeRegex(regexSource(test), regexFlags(test.flags));
  return native === null ? test : { ...test, native };
}

function encodeItem({ field, key, tests, all, negated }: Item): Code {
  return {
    field,
    tests: tests.map((test) => shortTest(lookedInto(test))),
    ...(key === (field ?? '') ? {} : { key }),
    ...(all ? { all } : {}),
    ...(negated ? { negated } : {}),
  };
}

export function encode(expression: Expression): Code {
  switch (expression.kind) {
    case 'and':
      return { and: expression.parts.map(encode) };
    case 'or':
      return { or: expression.parts.map(encode) };
    case 'not':
      return { not: encode(expression.part) };
    case 'selection':
      return { of: encode(expression.part), name: expression.name };
    case 'macro':
      return { macro: expression.name };
    case 'item':
      return encodeItem(expression);
    default:
      return unreachable(expression);
  }
}

const longTest = (test: string | Test): Test =>
  typeof test === 'string' ? { kind: 'text', parts: [test satisfies Part], cased: false } : test;

export function decode(code: Code): Expression {
  if ('and' in code) return { kind: 'and', parts: code.and.map(decode) };
  if ('or' in code) return { kind: 'or', parts: code.or.map(decode) };
  if ('not' in code) return { kind: 'not', part: decode(code.not) };
  if ('of' in code) return { kind: 'selection', name: code.name, part: decode(code.of) };
  if ('macro' in code) return { kind: 'macro', name: code.macro };
  const { field, tests, key, all, negated } = code;
  return {
    kind: 'item',
    field,
    key: key ?? field ?? '',
    tests: tests.map(longTest),
    all: all ?? false,
    negated: negated ?? false,
  };
}
