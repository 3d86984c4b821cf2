import { loadTests, loadTexts } from '../generated/packs.js';
import { SUBJECTS } from './fields.js';
import { Pack } from './pack.js';
import type { Prepared, Rule, RuleSet, RuleTest, RuleText } from './rule.js';

const LINE_FEED = '\n';

/** The texts of rules as they lie in the program: a line each, of the id, a tab and JSON. */
class Texts {
  readonly #tables: string[] = [];
  readonly #known = new Map<string, RuleText | null>();

  add(table: string): void {
    this.#tables.push(LINE_FEED + table);
    this.#known.clear();
  }

  of(id: string): RuleText | null {
    const before = this.#known.get(id);
    if (before !== undefined) return before;
    const found = this.#find(`${LINE_FEED}${id}\t`);
    this.#known.set(id, found);
    return found;
  }

  #find(start: string): RuleText | null {
    for (const table of this.#tables) {
      const at = table.indexOf(start);
      if (at < 0) continue;
      const end = table.indexOf(LINE_FEED, at + 1);
      return JSON.parse(table.slice(at + start.length, end < 0 ? undefined : end)) as RuleText;
    }
    return null;
  }
}

/** The pack that comes with earshot, checked when earshot was built. */
export async function builtinRules(): Promise<RuleSet> {
  const pack = new Pack();
  const texts = new Texts();
  const tests = new Map<string, readonly RuleTest[]>();
  const loaded = new Set<string>();
  const fetch = async (part: 'texts' | 'tests', rules: readonly Rule[]): Promise<void> => {
    if (part === 'tests') {
      const all: Readonly<Record<string, readonly RuleTest[]>> = JSON.parse((await loadTests()).tests);
      for (const [id, examples] of Object.entries(all)) tests.set(id, examples);
      return;
    }
    for (const name of new Set(rules.map((rule) => rule.pack))) {
      const load = loaded.has(name) ? undefined : loadTexts[name];
      if (load === undefined) continue;
      loaded.add(name);
      texts.add((await load()).texts);
    }
  };
  const { index } = pack.stored;
  const prepared: Prepared = {
    subjects: SUBJECTS.filter((subject) => index[subject] !== undefined),
    indexOf: (subject) => pack.indexOf(subject),
    ruleAt: (number) => pack.rule(number),
    summaries: () => pack.summaries,
  };
  return {
    get rules() {
      return pack.rules;
    },
    shared: pack.stored.shared,
    policies: [],
    waivers: [],
    fetch,
    textOf: (id) => texts.of(id),
    testsOf: (id) => tests.get(id) ?? [],
    re2: null,
    prepared,
  };
}
