import type { World } from './language/compile.js';
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
  }
}

/** True where a rule reads a field in which listeners of one kind differ: each must be shown to it. */
export const readsOwn = (rule: Rule, world: World): boolean =>
  expressionReadsOwn(rule.expression, world) || rule.except.some((except) => expressionReadsOwn(except, world));

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
  if (keys.length !== Object.keys(other).length) return false;
  for (const key of keys) {
    const value = one[key];
    if (value === other[key] && (value !== undefined || Object.hasOwn(other, key))) continue;
    const way = path === '' ? key : `${path}.${key}`;
    if (way !== 'service' && isOwn(way) && Object.hasOwn(other, key)) continue;
    if (!Object.hasOwn(other, key) || !alike(value, other[key], way)) return false;
  }
  return true;
}

/** Kinds that the next listener is held against, the last met first; more would cost more than they save where each is another. */
const KINDS_MAX = 16;

/**
 * Tells the kinds of listeners apart: two are of one kind only if they are alike in every field but those of their own (isOwn), whatever
 * fields they have.
 */
export class Kinds {
  /** One listener of each kind, that of the last one first. */
  readonly #known: { readonly kind: number; readonly like: object; readonly wildcard: boolean }[] = [];
  #count = 0;

  /** The kind of a listener, as a number. `wildcard`: what rules see of its address without reading it. */
  of(listener: object, wildcard: boolean): number {
    const at = this.#known.findIndex((known) => known.wildcard === wildcard && alikeInside(known.like, listener, ''));
    const found = at < 0 ? { kind: this.#count++, like: listener, wildcard } : this.#known[at];
    if (at !== 0 && found !== undefined) {
      if (at > 0) this.#known.splice(at, 1);
      else if (this.#known.length === KINDS_MAX) this.#known.pop();
      this.#known.unshift(found);
    }
    return found?.kind ?? 0;
  }
}
