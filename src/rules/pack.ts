import { core, expressions, rows, summaries } from '../generated/packs.js';
import type { Place } from '../lib/errors.js';
import type { RuleSummary } from '../model/report.js';
import { type Code, decode } from './codec.js';
import type { Subject } from './fields.js';
import type { Expression } from './language/expression.js';
import type { IndexKey, IndexParts, Rule, RuleStatus, SeverityByRank, Shared } from './rule.js';
import { SUMMARY_END, summaryIn } from './summaries.js';

/** What judging needs of one rule beside its summary and expression. `severity` and `pack` are numbers of the tables beside it. */
export type Row = readonly [
  aliases: readonly string[],
  status: RuleStatus,
  subject: Subject,
  severity: number,
  pack: number,
  line: number,
];

/**
 * Which rules stand where, for one subject. A table is text that is searched, never parsed: lines of a value (in lower case), a tab, and
 * the numbers of rules with commas; a line feed before the first.
 */
export interface StoredIndex {
  readonly always: readonly number[];
  readonly tables: Readonly<Record<string, string>>;
}

/** What every start reads. */
export interface StoredPack {
  readonly packs: readonly string[];
  readonly severities: readonly SeverityByRank[];
  readonly shared: Shared;
  readonly index: Readonly<Partial<Record<Subject, StoredIndex>>>;
}

const NONE: readonly number[] = [];

/** Finds the rules under a value of one table; what was found once is remembered. */
function finder(table: string): (value: string) => readonly number[] {
  const known = new Map<string, readonly number[]>();
  return (value) => {
    const before = known.get(value);
    if (before !== undefined) return before;
    const start = /[\n\t]/.test(value) ? -1 : table.indexOf(`\n${value}\t`);
    const from = start + value.length + 2;
    const found = start < 0 ? NONE : table.slice(from, table.indexOf('\n', from)).split(',').map(Number);
    known.set(value, found);
    return found;
  };
}

/** The built-in pack as it lies in the program. Its parts are made when they are asked for: a small audit needs a few rules of hundreds. */
export class Pack {
  readonly stored: StoredPack = JSON.parse(core);
  readonly #rules: (StoredRule | undefined)[] = [];
  #all: readonly Rule[] | null = null;
  #rows: readonly string[] | null = null;
  #codes: readonly string[] | null = null;
  #summaries: readonly string[] | null = null;
  #keys: ReadonlyMap<number, readonly IndexKey[]> | null = null;

  // The parts of the rules, in their order.

  get rows(): readonly string[] {
    this.#rows ??= rows.split('\n');
    return this.#rows;
  }

  get codes(): readonly string[] {
    this.#codes ??= expressions.split('\n');
    return this.#codes;
  }

  get summaries(): readonly string[] {
    this.#summaries ??= summaries.split(SUMMARY_END);
    return this.#summaries;
  }

  rule(number: number): StoredRule {
    const rule = this.#rules[number] ?? new StoredRule(this, number);
    this.#rules[number] = rule;
    return rule;
  }

  /** All of them. */
  get rules(): readonly Rule[] {
    this.#all ??= this.rows.map((_, number) => this.rule(number));
    return this.#all;
  }

  /** The index read backwards: where each rule stands. */
  get keys(): ReadonlyMap<number, readonly IndexKey[]> {
    if (this.#keys !== null) return this.#keys;
    const keys = new Map<number, Map<string, string[]>>();
    for (const { tables } of Object.values(this.stored.index))
      for (const [field, table] of Object.entries(tables))
        for (const line of table.trim().split('\n')) {
          const [value = '', numbers = ''] = line.split('\t');
          for (const number of numbers.split(',').map(Number)) {
            const ofRule = keys.get(number) ?? new Map<string, string[]>();
            keys.set(number, ofRule.set(field, [...(ofRule.get(field) ?? []), value]));
          }
        }
    this.#keys = new Map(
      [...keys].map(([number, of]) => [number, [...of].map(([field, values]) => ({ field, values }))]),
    );
    return this.#keys;
  }

  indexOf(subject: Subject): IndexParts {
    const { always, tables } = this.stored.index[subject] ?? { always: NONE, tables: {} };
    return {
      always,
      fields: Object.keys(tables),
      rulesAt: (field) => finder(tables[field] ?? ''),
      ruleAt: (number) => this.rule(number),
    };
  }
}

/** A rule whose parts are made when they are first asked for. */
class StoredRule implements Rule {
  readonly except: readonly Expression[] = [];
  readonly #pack: Pack;
  readonly #number: number;
  #parsedRow: Row | null = null;
  #parsedSummary: RuleSummary | null = null;
  #parsed: Expression | null = null;

  constructor(pack: Pack, number: number) {
    this.#pack = pack;
    this.#number = number;
  }

  get #row(): Row {
    this.#parsedRow ??= JSON.parse(this.#pack.rows[this.#number] ?? '') as Row;
    return this.#parsedRow;
  }

  get #summary(): RuleSummary {
    this.#parsedSummary ??= summaryIn(this.#pack.summaries[this.#number] ?? '');
    return this.#parsedSummary;
  }

  get id(): string {
    return this.#summary.id;
  }

  get aliases(): readonly string[] {
    return this.#row[0];
  }

  get title(): string {
    return this.#summary.title;
  }

  get status(): RuleStatus {
    return this.#row[1];
  }

  get subject(): Subject {
    return this.#row[2];
  }

  get severity(): SeverityByRank {
    return this.#pack.stored.severities[this.#row[3]] ?? 'info';
  }

  get tags(): readonly string[] {
    return this.#summary.tags;
  }

  get pack(): string {
    return this.#pack.stored.packs[this.#row[4]] ?? 'builtin';
  }

  get place(): Place {
    return { file: `rules/${this.pack}.yaml`, line: this.#row[5], column: 5 };
  }

  get keys(): readonly IndexKey[] | null {
    return this.#pack.keys.get(this.#number) ?? null;
  }

  get expression(): Expression {
    this.#parsed ??= decode(JSON.parse(this.#pack.codes[this.#number] ?? '') as Code);
    return this.#parsed;
  }
}
