import { core, expressions, loadTests, loadTexts } from '../generated/packs.js';
import type { Rank } from '../model/exposure.js';
import type { Severity } from '../model/finding.js';
import type { Subject } from './fields.js';
import type { Expression } from './language/expression.js';
import type { IndexKey, Rule, RuleSet, RuleStatus, RuleTest, RuleText, Shared } from './rule.js';

/** One rule, as short as every start can read it. */
export type Row = readonly [
  id: string,
  aliases: readonly string[],
  title: string,
  status: RuleStatus,
  subject: Subject,
  severity: Severity | Readonly<Partial<Record<Rank, Severity>>>,
  tags: readonly string[],
  pack: number,
  line: number,
  keys: readonly IndexKey[] | null,
];

/** The built-in pack as build/packs.mjs stores it. */
export interface StoredPack {
  readonly packs: readonly string[];
  readonly rows: readonly Row[];
  readonly shared: Shared;
}

/** A rule whose expression is parsed when it is first asked for. */
function toRule(row: Row, packs: readonly string[], text: string): Rule {
  const [id, aliases, title, status, subject, severity, tags, packIndex, line, keys] = row;
  const pack = packs[packIndex] ?? 'builtin';
  let parsed: Expression | null = null;
  return {
    id,
    aliases,
    title,
    status,
    subject,
    severity,
    tags,
    get expression() {
      parsed ??= JSON.parse(text) as Expression;
      return parsed;
    },
    except: [],
    pack,
    place: { file: `rules/${pack}.yaml`, line, column: 5 },
    keys,
  };
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
    rules: stored.rows.map((row, index) => toRule(row, stored.packs, lines[index] ?? '')),
    shared: stored.shared,
    policies: [],
    waivers: [],
    fetch,
    textOf: (id) => texts.get(id) ?? null,
    testsOf: (id) => tests.get(id) ?? [],
    re2: null,
  };
}
