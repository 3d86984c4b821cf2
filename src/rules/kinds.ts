import { unreachable } from '../lib/unreachable.js';
import { compile, type World } from './language/compile.js';
import type { Expression, Item } from './language/expression.js';
import type { RecordData } from './language/values.js';
import type { Rule } from './rule.js';

/**
 * Fields in which listeners of one kind differ from each other. A host with thousands of listeners has few kinds of them: a rule that reads
 * none of these fields says the same of all listeners of a kind.
 */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  'id',
  'address',
  'addresses',
  'means',
  'port',
  'portCandidates',
  'clients',
  'queue',
]);
/** Names the port or the process in words. */
const OWN_INSIDE = 'service.evidence';

/** True where a field, or something in it, is a listener's own. `field` may be any dotted way, also one that is no field. */
export function isOwn(field: string): boolean {
  const dot = field.indexOf('.');
  if (OWN_FIELDS.has(dot < 0 ? field : field.slice(0, dot))) return true;
  return field === 'service' || field === OWN_INSIDE || field.startsWith(`${OWN_INSIDE}.`);
}

const itemReadsOwn = ({ field, tests }: Item): boolean =>
  field === null || isOwn(field) || tests.some((test) => test.kind === 'fieldref' && isOwn(test.field));

function expressionReadsOwn(expression: Expression, world: World): boolean {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.parts.some((part) => expressionReadsOwn(part, world));
    case 'not':
    case 'selection':
      return expressionReadsOwn(expression.part, world);
    case 'macro': {
      const macro = world.macros.get(expression.name);
      return macro === undefined || expressionReadsOwn(macro, world);
    }
    case 'item':
      return itemReadsOwn(expression);
    default:
      return unreachable(expression);
  }
}

/** True where a rule reads a field in which listeners of one kind differ: each must be shown to it. */
export const readsOwn = (rule: Rule, world: World): boolean =>
  expressionReadsOwn(rule.expression, world) || rule.except.some((except) => expressionReadsOwn(except, world));

/** False where the rule cannot match any record of the kind of this one, whatever stands in the fields of its own. */
export const mayHold = (rule: Rule, record: RecordData, world: World): boolean =>
  partMayHold(rule.expression, record, world);

function partMayHold(expression: Expression, record: RecordData, world: World): boolean {
  switch (expression.kind) {
    case 'and':
      return expression.parts.every((part) => partMayHold(part, record, world));
    case 'or':
      return expression.parts.some((part) => partMayHold(part, record, world));
    case 'selection':
      return partMayHold(expression.part, record, world);
    case 'macro': {
      const macro = world.macros.get(expression.name);
      return macro === undefined || partMayHold(macro, record, world);
    }
    case 'not':
      return expressionReadsOwn(expression.part, world) || compile(expression, world)(record);
    case 'item':
      return itemReadsOwn(expression) || compile(expression, world)(record);
    default:
      return unreachable(expression);
  }
}

/** True where two values are alike, but for what is a listener's own in them. `path`: where they stand. */
function alike(one: unknown, other: unknown, path: string): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one))
    return Array.isArray(other) && one.length === other.length && one.every((each, at) => alike(each, other[at], path));
  return !Array.isArray(other) && alikeInside(one, other, path);
}

function alikeInside(first: object, second: object, path: string): boolean {
  const one = first as RecordData;
  const other = second as RecordData;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && alikeIn(keys, one, other, path);
}

function alikeIn(keys: readonly string[], one: RecordData, other: RecordData, path: string): boolean {
  for (const key of keys) {
    const value = one[key];
    const there = other[key];
    if (value === there && value !== undefined) continue;
    if (!Object.hasOwn(other, key)) return false;
    const way = path === '' ? key : `${path}.${key}`;
    if ((way === 'service' || !isOwn(way)) && !alike(value, there, way)) return false;
  }
  return true;
}

/** Kinds that the next listener is held against, the last met first; more would cost more than they save where each is another. */
const KINDS_MAX = 16;

/** One listener of a kind. */
interface Example {
  readonly kind: number;
  readonly listener: RecordData;
  readonly wildcard: boolean;
  /** All keys, in order. */
  readonly keys: readonly string[];
  /** Those of its keys that are to be looked at. */
  readonly telling: readonly string[];
}

function exampleOf(kind: number, listener: RecordData, wildcard: boolean): Example {
  const keys = Object.keys(listener);
  const telling = keys.filter((key) => key === 'service' || !isOwn(key));
  return { kind, listener, wildcard, keys, telling };
}

const same = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((key, at) => key === other[at]);

/**
 * Tells the kinds of listeners apart: two are of one kind only if they are alike in every field but those of their own (isOwn), whatever
 * fields they have.
 */
export class Kinds {
  /** That of the last listener first. */
  readonly #examples: Example[] = [];
  #count = 0;

  /** The kind of a listener, as a number. `wildcard`: what rules see of its address without reading it. */
  of(whole: object, wildcard: boolean): number {
    const listener = whole as RecordData;
    const known = this.#find(listener, wildcard);
    if (known !== null) return known.kind;
    const made = exampleOf(this.#count++, listener, wildcard);
    if (this.#examples.length === KINDS_MAX) this.#examples.pop();
    this.#examples.unshift(made);
    return made.kind;
  }

  #find(listener: RecordData, wildcard: boolean): Example | null {
    const keys = Object.keys(listener);
    for (let at = 0; at < this.#examples.length; at++) {
      const example = this.#examples[at];
      if (example === undefined || example.wildcard !== wildcard || !same(example.keys, keys)) continue;
      if (!alikeIn(example.telling, example.listener, listener, '')) continue;
      if (at > 0) this.#examples.unshift(...this.#examples.splice(at, 1));
      return example;
    }
    return null;
  }
}
