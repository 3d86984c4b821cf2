import type { NativeRegex } from '../../lib/re.js';
import type { Part } from './pattern.js';

/** What one value of a rule asks of one value of a record. Plain JSON, so that a checked pack can be stored and loaded. */
export type Test =
  | { readonly kind: 'text'; readonly parts: readonly Part[]; readonly cased: boolean }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'exists'; readonly value: boolean }
  | { readonly kind: 'compare'; readonly operator: Comparison; readonly number: number }
  | {
      readonly kind: 're';
      readonly source: string;
      readonly flags: string;
      readonly anchor: Anchor;
      /** What the built-in engine is given, where it was shown to be harmless; absent: not looked into yet, or RE2 is needed. */
      readonly native?: NativeRegex;
    }
  | { readonly kind: 'cidr'; readonly prefix: string }
  | { readonly kind: 'fieldref'; readonly field: string; readonly cased: boolean; readonly anchor: Anchor }
  /** The values of a shared list, each under the item's own modifiers. */
  | { readonly kind: 'list'; readonly name: string; readonly modifiers: readonly string[] };

export type Comparison = 'lt' | 'lte' | 'gt' | 'gte';
/** `whole`: equal (a regular expression: anywhere); `start`, `end`, `anywhere`: what startswith, endswith, contains made of it. */
export type Anchor = 'whole' | 'start' | 'end' | 'anywhere';

/** One line of a map: a field, its modifiers, its values. */
export interface Item {
  /** null: a keyword, which speaks of every value of the record. */
  readonly field: string | null;
  /** The key as written (`port|gte`). */
  readonly key: string;
  readonly tests: readonly Test[];
  /** True: all tests must hold (`|all`). */
  readonly all: boolean;
  /** True: the item holds where the tests do not (`|neq`). */
  readonly negated: boolean;
}

/** A detection, parsed. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly part: Expression }
  | { readonly kind: 'selection'; readonly name: string; readonly part: Expression }
  | { readonly kind: 'macro'; readonly name: string }
  | ({ readonly kind: 'item' } & Item);

/** Every item of an expression, those of macros not followed. */
export function* itemsOf(expression: Expression): Generator<Item> {
  switch (expression.kind) {
    case 'and':
    case 'or':
      for (const part of expression.parts) yield* itemsOf(part);
      return;
    case 'not':
    case 'selection':
      yield* itemsOf(expression.part);
      return;
    case 'item':
      yield expression;
      return;
    case 'macro':
      return;
  }
}
