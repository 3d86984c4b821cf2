import { unreachable } from '../lib/unreachable.js';
import type { Evidence } from '../model/finding.js';
import { compile, type Predicate, type World } from './language/compile.js';
import type { Expression, Item } from './language/expression.js';
import { showItem, valuesFinder } from './language/trace.js';
import type { RecordData } from './language/values.js';
import type { Rule } from './rule.js';

const VALUE_CHARACTERS_MAX = 200;
const EVIDENCE_MAX = 20;

const cut = (text: string): string =>
  text.length <= VALUE_CHARACTERS_MAX ? text : `${text.slice(0, VALUE_CHARACTERS_MAX)}…`;

/** What is made of an item once, however many records it is shown. */
interface Shown {
  readonly field: string;
  readonly why: string;
  readonly valuesOf: (record: RecordData) => readonly string[];
}

/** Tells why rules matched. What it makes of a rule it keeps, so one serves a whole run. */
export class Evidences {
  readonly #world: World;
  readonly #shown = new Map<Item, Shown>();
  readonly #predicates = new Map<Expression, Predicate>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Why a rule matched the record, which it did: each field that it asked for and found, once. */
  of(rule: Rule, record: RecordData): readonly Evidence[] {
    const items: Item[] = [];
    this.#supporting(rule.expression, record, items);
    const evidence: Evidence[] = [];
    const seen = new Set<string>();
    for (const item of items) {
      const { field, why, valuesOf } = this.#show(item);
      if (seen.has(`${field} ${item.key}`) || evidence.length >= EVIDENCE_MAX) continue;
      seen.add(`${field} ${item.key}`);
      const values = valuesOf(record);
      evidence.push({ field, value: cut(values.length === 0 ? 'not there' : [...new Set(values)].join(', ')), why });
    }
    return evidence;
  }

  #show(item: Item): Shown {
    const known = this.#shown.get(item);
    if (known !== undefined) return known;
    const made = { field: item.field ?? 'any value', why: showItem(item), valuesOf: valuesFinder(item, this.#world) };
    this.#shown.set(item, made);
    return made;
  }

  #holds(expression: Expression, record: RecordData): boolean {
    const holds = this.#predicates.get(expression) ?? compile(expression, this.#world);
    this.#predicates.set(expression, holds);
    return holds(record);
  }

  /** The items that made an expression hold; what stands under a `not` shows nothing. `expression` holds: so does each part of an `and`. */
  #supporting(expression: Expression, record: RecordData, items: Item[]): void {
    switch (expression.kind) {
      case 'item':
        items.push(expression);
        return;
      case 'and':
        for (const part of expression.parts) this.#supporting(part, record, items);
        return;
      case 'or':
        for (const part of expression.parts) if (this.#holds(part, record)) this.#supporting(part, record, items);
        return;
      case 'selection':
        this.#supporting(expression.part, record, items);
        return;
      case 'macro': {
        const macro = this.#world.macros.get(expression.name);
        if (macro !== undefined) this.#supporting(macro, record, items);
        return;
      }
      case 'not':
        return;
      default:
        unreachable(expression);
    }
  }
}
