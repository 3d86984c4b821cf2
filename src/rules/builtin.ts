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

/** A rule whose expression is parsed when it is first asked for. A class, since its getter then costs nothing to make. */
class StoredRule implements Rule {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly title: string;
  readonly status: RuleStatus;
  readonly subject: Subject;
  readonly severity: SeverityByRank;
  readonly tags: readonly string[];
  readonly except: readonly Expression[] = [];
  readonly pack: string;
  readonly keys: readonly IndexKey[] | null;
  readonly #line: number;
  readonly #code: string;
  #expression: Expression | null = null;

  constructor(row: Row, stored: StoredPack, code: string) {
    const [id, aliases, title, status, subject, severity, tags, pack, line, keys] = row;
    this.id = id;
    this.aliases = aliases;
    this.title = title;
    this.status = status;
    this.subject = subject;
    this.severity = stored.severities[severity] ?? 'info';
    this.tags = tags;
    this.pack = stored.packs[pack] ?? 'builtin';
    this.keys = keys;
    this.#line = line;
    this.#code = code;
  }

  get expression(): Expression {
    this.#expression ??= decode(JSON.parse(this.#code) as Code);
    return this.#expression;
  }

  get place(): Place {
    return { file: `rules/${this.pack}.yaml`, line: this.#line, column: 5 };
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
