import { expect, it } from 'vitest';
import { lintRules, loadRules, type RuleRequest, testRules } from '../../src/rules/rules.js';

const REQUEST: RuleRequest = { builtin: true, paths: [], config: null, cwd: '.', open: async () => [] };

it('every example of the pack comes out as its rule says', async () => {
  const rules = await loadRules(REQUEST);
  expect(await testRules(rules, rules.rules, async () => [])).toEqual([]);
});

it('the pack passes its own lint', async () => {
  const ruleSet = await loadRules(REQUEST);
  expect(await lintRules({ ruleSet, parsed: [] })).toEqual([]);
});
