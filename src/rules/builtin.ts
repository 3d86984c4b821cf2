import { core, tests, texts } from '../generated/packs.js';
import { loadRe2 } from '../lib/re.js';
import type { Rule, RuleSet, RuleTest, RuleText, Shared } from './rule.js';

/** The built-in pack as build/packs.mjs stores it. */
export interface StoredPack {
  readonly rules: readonly Rule[];
  readonly shared: Shared;
  /** True: a pattern needs the RE2 engine. */
  readonly re2: boolean;
}

/** The pack that comes with earshot, checked when earshot was built. */
export async function builtinRules(): Promise<RuleSet> {
  const pack: StoredPack = JSON.parse(core);
  return {
    rules: pack.rules,
    shared: pack.shared,
    policies: [],
    waivers: [],
    textOf: (id) => parsed<RuleText>(texts[id]),
    testsOf: (id) => parsed<readonly RuleTest[]>(tests[id]) ?? [],
    re2: pack.re2 ? await loadRe2() : null,
  };
}

const parsed = <T>(text: string | undefined): T | null => (text === undefined ? null : JSON.parse(text));
