import { core, expressions, loadTests, loadTexts } from '../generated/packs.js';
import type { Place } from '../lib/errors.js';
import { type Code, decode } from './codec.js';
import type { Subject } from './fields.js';
import type { Expression } from './language/expression.js';
import type { IndexKey, Rule, RuleSet, RuleStatus, RuleTest, RuleText, SeverityByRank, Shared } from './rule.js';

/** One rule, as short as every start can read it. `severity` and `pack` are numbers of the tables beside it. */
export type Row = readonly [
  id: string,
  aliases: readonly string[],
  title: string,
  status: RuleStatus,
  subject: Subject,
  severity: number,
  tags: readonly string[],
  pack: number,
  line: number,
  keys: readonly IndexKey[] | null,
];

/** The built-in pack as build/packs.mjs stores it. */
export interface StoredPack {
  readonly packs: readonly string[];
  readonly severities: readonly SeverityByRank[];
  readonly rows: readonly Row[];
  readonly shared: Shared;
}

/**
 * A rule whose parts are made when they are first asked for. Every start makes all of them, so they are made cheaply: getters of a class, which
 * are made once, and no destructuring, which runs an iterator.
 */
class StoredRule implements Rule {
  readonly except: readonly Expression[] = [];
  private readonly row: Row;
  private readonly stored: StoredPack;
  private readonly code: string;
  private parsed: Expression | null = null;

  constructor(row: Row, stored: StoredPack, code: string) {
    this.row = row;
    this.stored = stored;
    this.code = code;
  }

  get id(): string {
    return this.row[0];
  }

  get aliases(): readonly string[] {
    return this.row[1];
  }

  get title(): string {
    return this.row[2];
  }

  get status(): RuleStatus {
    return this.row[3];
  }

  get subject(): Subject {
    return this.row[4];
  }

  get severity(): SeverityByRank {
    return this.stored.severities[this.row[5]] ?? 'info';
  }

  get tags(): readonly string[] {
    return this.row[6];
  }

  get pack(): string {
    return this.stored.packs[this.row[7]] ?? 'builtin';
  }

  get place(): Place {
    return { file: `rules/${this.pack}.yaml`, line: this.row[8], column: 5 };
  }

  get keys(): readonly IndexKey[] | null {
    return this.row[9];
  }

  get expression(): Expression {
    this.parsed ??= decode(JSON.parse(this.code) as Code);
    return this.parsed;
  }
}

/** The pack that comes with earshot, checked when earshot was built. */
export async function builtinRules(): Promise<RuleSet> {
  const stored: StoredPack = JSON.parse(core);
  const lines = expressions.split('\n');
  const texts = new Map<string, RuleText>();
  const tests = new Map<string, readonly RuleTest[]>();
  const loaded = new Set<string>();
  const fetch = async (part: 'texts' | 'tests', rules: readonly Rule[]): Promise<void> => {
    if (part === 'tests') {
      const all: Readonly<Record<string, readonly RuleTest[]>> = JSON.parse((await loadTests()).tests);
      for (const [id, examples] of Object.entries(all)) tests.set(id, examples);
      return;
    }
    for (const pack of new Set(rules.map((rule) => rule.pack))) {
      const load = loaded.has(pack) ? undefined : loadTexts[pack];
      if (load === undefined) continue;
      loaded.add(pack);
      const all: Readonly<Record<string, RuleText>> = JSON.parse((await load()).texts);
      for (const [id, text] of Object.entries(all)) texts.set(id, text);
    }
  };
  return {
    rules: stored.rows.map((row, index) => new StoredRule(row, stored, lines[index] ?? '')),
    shared: stored.shared,
    policies: [],
    waivers: [],
    fetch,
    textOf: (id) => texts.get(id) ?? null,
    testsOf: (id) => tests.get(id) ?? [],
    re2: null,
  };
}
