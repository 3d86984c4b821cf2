import type { StoredPack } from './builtin.js';
import { loadUserFiles, wantsRe2 } from './load.js';
import { EMPTY_RULES, type RuleTest, type RuleText } from './rule.js';
import type { PackFile } from './sources.js';

/** The built-in pack as the build stores it: what every start reads, and by rule id what few do. */
export interface Stored {
  readonly core: StoredPack;
  readonly texts: readonly (readonly [string, RuleText])[];
  readonly tests: readonly (readonly [string, readonly RuleTest[]])[];
}

/**
 * Checks the files of the built-in pack.
 * @throws UsageError with every mistake.
 */
export async function storePack(files: readonly PackFile[]): Promise<Stored> {
  const { ruleSet, parsed } = await loadUserFiles(EMPTY_RULES, files, null, async () => []);
  const re2 =
    ruleSet.rules.some(({ expression }) => wantsRe2(expression)) || Object.values(ruleSet.shared.macros).some(wantsRe2);
  const sorted = [...parsed].sort((a, b) => (a.rule.id < b.rule.id ? -1 : 1));
  return {
    core: { rules: ruleSet.rules, shared: ruleSet.shared, re2 },
    texts: sorted.map(({ rule, text }) => [rule.id, text]),
    tests: sorted.map(({ rule, tests }) => [rule.id, tests]),
  };
}
