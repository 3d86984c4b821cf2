import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fieldTables, servicesPage } from '../../src/rules/docs.js';
import { SUBJECTS } from '../../src/rules/fields.js';
import { loadUserFiles } from '../../src/rules/load.js';
import { EMPTY_RULES } from '../../src/rules/rule.js';
import { lintRules, loadRules, newRule, rulePage, testRules } from '../../src/rules/rules.js';
import { rulesSchema } from '../../src/rules/schema.js';
import { load } from './files.js';

const page = readFileSync('docs/rules.md', 'utf8');
const builtin = () => loadRules({ builtin: true, paths: [], config: null, cwd: '.', open: async () => [] });

describe('docs/rules.md', () => {
  it('begins with a rule that lint and its own examples find nothing wrong with', async () => {
    const first = /```yaml\n(# yaml-language-server[\s\S]*?)```/.exec(page)?.[1] ?? '';
    const loaded = await load({ 'adminer.yaml': first });
    expect(await lintRules(loaded)).toEqual([]);
    expect(loaded.ruleSet.testsOf('no-adminer')).toHaveLength(3);
    expect(await testRules(loaded.ruleSet, loaded.ruleSet.rules, async () => [])).toEqual([]);
  });

  it('has every field of every subject, and services.md every service', () => {
    expect(page).toContain(fieldTables());
    expect(readFileSync('docs/services.md', 'utf8')).toBe(servicesPage());
  });

  it('shows blocks that load', async () => {
    const blocks = [...page.matchAll(/```yaml\n((?:overrides|policy|waivers):[\s\S]*?)```/g)].map(
      (found) => found[1] ?? '',
    );
    expect(blocks).toHaveLength(3);
    const ids = ['telnet-exposed', 'mdns-exposed', 'redis-no-password'];
    const rules = ids.map(
      (id) =>
        `  - { id: ${id}, title: T, subject: listener, severity: low, detection: { s: { port: 1 }, condition: s } }\n`,
    );
    await expect(load({ 'a.yaml': `rules:\n${rules.join('')}${blocks.join('')}` })).resolves.toBeDefined();
  });
});

describe('schemas/rules.schema.json', () => {
  it('is what the code says', () => {
    expect(JSON.parse(readFileSync('schemas/rules.schema.json', 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(rulesSchema())),
    );
  });
});

describe('the catalogue', () => {
  it('has a page for each rule, as `rules show` prints it', async () => {
    const rules = await builtin();
    const files = readdirSync('docs/rules').filter((name) => name !== 'README.md');
    expect(files.sort()).toEqual(rules.rules.map(({ id }) => `${id}.md`).sort());
    for (const rule of rules.rules)
      expect(readFileSync(`docs/rules/${rule.id}.md`, 'utf8')).toBe(await rulePage(rules, rule));
  });
});

describe('rules new', () => {
  it.each(SUBJECTS)('prints a rule for %s that passes its own checks', async (subject) => {
    const loaded = await loadUserFiles(
      EMPTY_RULES,
      [{ file: 'new.yaml', text: await newRule('my-rule', subject) }],
      null,
      async () => [],
    );
    expect(await lintRules(loaded)).toEqual([]);
    expect(await testRules(loaded.ruleSet, loaded.ruleSet.rules, async () => [])).toEqual([]);
  });
});
