import { Re2Missing } from '../lib/re.js';
import { isOwn, mayHold, readsOwn } from './kinds.js';
import { compile, type Predicate, type World } from './language/compile.js';
import { type Reader, type RecordData, readerOf, textOf } from './language/values.js';
import type { IndexParts, Rule } from './rule.js';

/** Takes a rule that could not be asked, because it needs the RE2 engine and that is not loaded. */
export type Later = (rule: Rule) => void;

/** Finds the rules of one subject that match a record, without asking all of them. */
export interface RuleIndex {
  /** In the order of their ids. */
  readonly matching: (record: RecordData, later: Later) => readonly Rule[];
  /** The same for records of which the kind is known (kinds.ts): what does not differ within a kind is asked once. Numbers of kinds are good for what comes back only. */
  readonly byKinds: () => (record: OfKind, kind: number, later: Later) => readonly Rule[];
}

/** A record of which the kind is known. */
export interface OfKind {
  readonly data: RecordData;
  /** Some fields of `data`. Absent: all are there only. */
  readonly own?: RecordData;
}

/** Fields that `own` has. */
const IN_OWN: readonly string[] = ['port', 'queue.full'];

/** A rule as a question, the exceptions of overrides taken off. */
export function predicateOf(rule: Rule, world: World): Predicate {
  const matches = compile(rule.expression, world);
  const exceptions = rule.except.map((expression) => compile(expression, world));
  return exceptions.length === 0
    ? matches
    : (record) => matches(record) && !exceptions.some((exception) => exception(record));
}

/** A compiled rule, made at its first use. */
class Entry {
  readonly rule: Rule;
  readonly order: number;
  readonly #world: World;
  #holds: Predicate | null = null;
  #own: boolean | null = null;

  constructor(rule: Rule, order: number, world: World) {
    this.rule = rule;
    this.order = order;
    this.#world = world;
  }

  get readsOwn(): boolean {
    this.#own ??= readsOwn(this.rule, this.#world);
    return this.#own;
  }

  /** False: it matches no record of the kind of this one. */
  mayMatchKind(record: RecordData): boolean {
    try {
      return mayHold(this.rule, record, this.#world);
    } catch (error) {
      if (!(error instanceof Re2Missing)) throw error;
      return true;
    }
  }

  /** Whether the rule matches; null: that cannot be told without the RE2 engine. */
  ask(record: RecordData): boolean | null {
    this.#holds ??= predicateOf(this.rule, this.#world);
    try {
      return this.#holds(record);
    } catch (error) {
      if (!(error instanceof Re2Missing)) throw error;
      return null;
    }
  }
}

/** A field, and the rules for which it must have one of some values. */
interface Table {
  readonly field: string;
  readonly read: Reader;
  readonly rulesAt: (value: string) => readonly number[];
}

/** What is known of a kind of record. */
interface Known {
  /** Rules that match every record of it. */
  readonly shared: readonly Entry[];
  readonly sharedRules: readonly Rule[];
  /** Rules to be asked about each record. */
  readonly own: readonly Entry[];
}

const NO_RULES: readonly Rule[] = [];

const rulesOf = (entries: readonly Entry[]): readonly Rule[] =>
  entries.length === 0 ? NO_RULES : [...entries].sort((a, b) => a.order - b.order).map(({ rule }) => rule);

/** The index of one subject, over tables that say which rules stand where. */
export class Lookup implements RuleIndex {
  readonly #parts: IndexParts;
  readonly #world: World;
  readonly #tables: readonly Table[];
  readonly #ownTables: readonly Table[];
  readonly #kindTables: readonly Table[];
  readonly #ownIsEnough: boolean;
  readonly #entries = new Map<number, Entry>();

  constructor(parts: IndexParts, world: World) {
    this.#parts = parts;
    this.#world = world;
    this.#tables = parts.fields.map((field) => ({ field, read: readerOf(field), rulesAt: parts.rulesAt(field) }));
    this.#ownTables = this.#tables.filter(({ field }) => isOwn(field));
    this.#ownIsEnough = this.#ownTables.every(({ field }) => IN_OWN.includes(field));
    this.#kindTables = this.#tables.filter(({ field }) => !isOwn(field));
  }

  #entry(number: number): Entry {
    const known = this.#entries.get(number);
    if (known !== undefined) return known;
    const made = new Entry(this.#parts.ruleAt(number), number, this.#world);
    this.#entries.set(number, made);
    return made;
  }

  /** Adds the rules that stand under a value of the record. */
  #near(record: RecordData, tables: readonly Table[], found: Set<number>): Set<number> {
    for (const { read, rulesAt } of tables)
      read(record, (value) => {
        const text = textOf(value);
        if (text !== null) for (const number of rulesAt(text.toLowerCase())) found.add(number);
        return false;
      });
    return found;
  }

  matching(record: RecordData, later: Later): readonly Rule[] {
    const holding: Entry[] = [];
    for (const number of this.#near(record, this.#tables, new Set(this.#parts.always))) {
      const entry = this.#entry(number);
      const holds = entry.ask(record);
      if (holds === null) later(entry.rule);
      else if (holds) holding.push(entry);
    }
    return rulesOf(holding);
  }

  /** Asks, about the first record of a kind, what is the same for all of them. */
  #learn({ data }: OfKind): Known {
    const shared: Entry[] = [];
    const own: Entry[] = [];
    for (const number of this.#near(data, this.#kindTables, new Set(this.#parts.always))) {
      const entry = this.#entry(number);
      const holds = entry.readsOwn ? null : entry.ask(data);
      if (holds === true) shared.push(entry);
      else if (holds === null && entry.mayMatchKind(data)) own.push(entry);
    }
    return { shared, sharedRules: rulesOf(shared), own };
  }

  byKinds(): ReturnType<RuleIndex['byKinds']> {
    const kinds = new Map<number, Known>();
    return (record, kind, later) => {
      const known = kinds.get(kind) ?? this.#learn(record);
      kinds.set(kind, known);
      return this.#matching(record, known, later);
    };
  }

  #matching(record: OfKind, { shared, sharedRules, own }: Known, later: Later): readonly Rule[] {
    const near = this.#near((this.#ownIsEnough ? record.own : null) ?? record.data, this.#ownTables, new Set<number>());
    if (near.size + own.length === 0) return sharedRules;
    const asked = new Set(own);
    for (const number of near) asked.add(this.#entry(number));
    const holding: Entry[] = [];
    for (const entry of asked) {
      const holds = entry.ask(record.data);
      if (holds === null) later(entry.rule);
      else if (holds) holding.push(entry);
    }
    return holding.length === 0 ? sharedRules : rulesOf([...shared, ...holding]);
  }
}
